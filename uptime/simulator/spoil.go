package simulator

import (
	"net"
	"net/http"
	"strconv"
)

// spoil sends a page as the fault has it.
func (s *service) spoil(rw http.ResponseWriter, r *http.Request, page []byte, what fault, draw uint64) {
	variant := draw>>63 == 1
	switch what {
	case cutOff:
		cut(rw, page, variant)
	case notJSON:
		notAPage(rw, variant)
	case reset:
		resetConnection(rw)
	case endless:
		neverEnd(rw, r, page)
	}
}

// cut sends half of a page: as if it were whole, or of the length announced and
// then no more.
func cut(rw http.ResponseWriter, page []byte, hangUp bool) {
	rw.Header().Set("Content-Type", "application/json")
	if hangUp {
		rw.Header().Set("Content-Length", strconv.Itoa(len(page)))
	}
	_, _ = rw.Write(page[:len(page)/2])
	if hangUp {
		panic(http.ErrAbortHandler)
	}
}

// notAPage sends something with status 200 that is no page.
func notAPage(rw http.ResponseWriter, html bool) {
	if html {
		rw.Header().Set("Content-Type", "text/html")
		_, _ = rw.Write([]byte("<html><body>We will be back soon.</body></html>\n"))
		return
	}
	rw.Header().Set("Content-Type", "application/json")
	_, _ = rw.Write([]byte(`["maintenance"]`))
}

// resetConnection ends the connection by a TCP reset, before any reply.
func resetConnection(rw http.ResponseWriter) {
	connection, _, err := http.NewResponseController(rw).Hijack()
	if err != nil { // HTTP/2, or a recorder: hang up
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = connection.Close()
}

// neverEnd sends a page but for its end, and then spaces until the caller hangs up.
func neverEnd(rw http.ResponseWriter, r *http.Request, page []byte) {
	rw.Header().Set("Content-Type", "application/json")
	_, err := rw.Write(page[:len(page)-1])
	spaces := make([]byte, 64<<10)
	for i := range spaces {
		spaces[i] = ' '
	}
	for err == nil && r.Context().Err() == nil {
		_, err = rw.Write(spaces)
	}
}
