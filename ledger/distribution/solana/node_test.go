package solana

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// token stands in the URL of every node of the tests; no error may show it.
const secretToken = "s3cr3t-t0k3n-0f-the-pr0vider"

// request is what a node was asked.
type request struct {
	Method string            `json:"method"`
	Params []json.RawMessage `json:"params"`
}

// node is an HTTP server that gives the answers of a script one after the other, the
// last for ever, and keeps what it was asked.
type node struct {
	URL string

	mutex    sync.Mutex
	script   []http.HandlerFunc
	requests []request
}

func startNode(t *testing.T, script ...http.HandlerFunc) *node {
	t.Helper()
	n := &node{script: script}
	server := httptest.NewServer(n)
	t.Cleanup(server.Close)
	n.URL = server.URL + "/" + secretToken
	return n
}

func (n *node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	n.mutex.Lock()
	defer n.mutex.Unlock()
	var asked request
	_ = json.Unmarshal(body, &asked)
	n.requests = append(n.requests, asked)
	answer := n.script[0]
	if len(n.script) > 1 {
		n.script = n.script[1:]
	}
	answer(w, r)
}

func (n *node) asked() []request {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.requests
}

// client returns a client that pauses for no time to speak of.
func (n *node) client(t *testing.T) *Client {
	t.Helper()
	c, err := Dial(n.URL, Options{PerSecond: 100_000, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	c.calls.pause = time.Microsecond
	t.Cleanup(c.Close)
	return c
}

// Answers of a node.

func body(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

func result(text string) http.HandlerFunc {
	return body(`{"jsonrpc":"2.0","result":` + text + `,"id":1}`)
}

func rpcError(code int, message string) http.HandlerFunc {
	return body(fmt.Sprintf(`{"jsonrpc":"2.0","error":{"code":%d,"message":%q},"id":1}`, code, message))
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		fmt.Fprint(w, "<html>not for machines</html>")
	}
}

// cut is an answer of which only a part arrives.
func cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	fmt.Fprint(w, `{"jsonrpc":"2.0","result":{"val`)
}

// hangUp ends the connection without an answer.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
