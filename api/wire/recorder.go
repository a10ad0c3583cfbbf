package wire

import (
	"bytes"
	"net/http"
	"sync"
)

// recorder keeps an answer until it is sure that it is the answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// largest is the most bytes of a body whose memory is used again.
const largest = 1 << 20

var recorders = sync.Pool{New: func() any { return &recorder{header: http.Header{}} }}

func newRecorder() *recorder { return recorders.Get().(*recorder) }

// recycle lets the recorder be used for another answer.
func (r *recorder) recycle() {
	if r.body.Cap() <= largest {
		r.reset()
		recorders.Put(r)
	}
}

func (r *recorder) reset() {
	clear(r.header)
	r.status = 0
	r.body.Reset()
}

// Header is part of http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader is part of http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

// Write is part of http.ResponseWriter.
func (r *recorder) Write(data []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(data)
}
