package uptime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
)

const readBytesMin = 64 << 10

var errBodyTooLarge = errors.New("the body is larger than allowed")

// readBody reads the whole body, decompressed, into the buffer.
//
//	connection ──► sentBody: bounds and remembers ──► gunzip ──► bounded buffer
//
// A connection that fails is the network's fault, and bytes that arrive whole but
// cannot be decompressed are a malformed page.
func (f *Feed) readBody(ctx context.Context, reply *http.Response, token string, buffer *[]byte) *failure {
	sent := &sentBody{body: reply.Body, left: f.config.MaxBodyBytes}
	read, err := f.decompress(reply.Header.Get("Content-Encoding"), sent, (*buffer)[:0])
	*buffer = read
	switch {
	case sent.err != nil:
		return networkFailure(ctx, fmt.Errorf("the body was cut off: %w", sent.err), token)
	case errors.Is(err, errBodyTooLarge):
		err = fmt.Errorf("%w; MaxBodyBytes is %d", err, f.config.MaxBodyBytes)
	}
	if err != nil {
		return &failure{kind: ErrMalformed, cause: err.Error(), again: true}
	}
	return nil
}

func (f *Feed) decompress(encoding string, sent io.Reader, buffer []byte) ([]byte, error) {
	switch strings.ToLower(encoding) {
	case "", "identity":
		return readAll(buffer, sent, f.config.MaxBodyBytes)
	case "gzip":
	default:
		return buffer, fmt.Errorf("Content-Encoding %q; want gzip or identity", encoding)
	}
	reader, _ := f.gunzips.Get().(*gzip.Reader)
	if reader == nil {
		reader = new(gzip.Reader)
	}
	defer f.gunzips.Put(reader)
	if err := reader.Reset(sent); err != nil {
		return buffer, fmt.Errorf("gzip: %w", err)
	}
	return readAll(buffer, reader, f.config.MaxBodyBytes)
}

// sentBody is a body as it was sent: it ends with errBodyTooLarge after so many
// bytes, and remembers why the connection failed.
type sentBody struct {
	body io.Reader
	left int64
	err  error // of the connection
}

func (s *sentBody) Read(p []byte) (int, error) {
	n, err := s.body.Read(p)
	if s.left -= int64(n); s.left < 0 {
		return n, errBodyTooLarge
	}
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// readAll appends all that the reader gives to the buffer, at most so many bytes.
func readAll(buffer []byte, reader io.Reader, bytesMax int64) ([]byte, error) {
	for {
		if len(buffer) == cap(buffer) {
			buffer = slices.Grow(buffer, max(len(buffer), readBytesMin))
		}
		n, err := reader.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		switch {
		case int64(len(buffer)) > bytesMax:
			return buffer, errBodyTooLarge
		case err == io.EOF:
			return buffer, nil
		case err != nil:
			return buffer, err
		}
	}
}
