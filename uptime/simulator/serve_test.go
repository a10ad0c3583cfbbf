package simulator

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestServeUntilTheContextIsDone(t *testing.T) {
	h := newWorld(t, 5, 1).Handler(Options{})
	for _, addr := range []string{"127.0.0.1:0", "localhost:0"} {
		ctx, cancel := context.WithCancel(t.Context())
		base, wait, err := Serve(ctx, addr, h)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(base, "http://127.0.0.1:") {
			t.Errorf("base URL %s", base)
		}
		reply, err := http.Get(base + changesPath)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(reply.Body)
		_ = reply.Body.Close()
		if err != nil || reply.StatusCode != http.StatusOK || len(body) < 1000 {
			t.Errorf("%d, %d bytes, %v", reply.StatusCode, len(body), err)
		}
		cancel()
		if err := wait(); err != nil {
			t.Errorf("stopped with %v", err)
		}
		if _, err := http.Get(base + changesPath); err == nil {
			t.Error("still serving")
		}
	}
}

func TestServeRefusesOtherMachines(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:80", "example.org:80"} {
		if _, _, err := Serve(t.Context(), addr, nil); !errors.Is(err, ErrNotLoopback) {
			t.Errorf("%s: %v", addr, err)
		}
	}
	if _, _, err := Serve(t.Context(), "127.0.0.1", nil); err == nil {
		t.Error("served without a port")
	}
}

func TestServeNamesAPortThatIsTaken(t *testing.T) {
	base, _, err := Serve(t.Context(), "127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	addr := strings.TrimPrefix(base, "http://")
	if _, _, err := Serve(t.Context(), addr, nil); err == nil || !strings.Contains(err.Error(), addr) {
		t.Errorf("taken port: %v", err)
	}
}
