package svm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
)

// control calls one of the front's control_ methods, and ends the test if it fails.
// A nil out drops the answer.
func (r *Runtime) control(out any, method string, params ...any) {
	r.call(out, "control_"+method, params...)
}

func (r *Runtime) call(out any, method string, params ...any) {
	if err := call(r.URL, out, method, params...); err != nil {
		r.fail("%s: %v", method, err)
	}
}

func call(url string, out any, method string, params ...any) error {
	request, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": append([]any{}, params...)})
	if err != nil {
		return err
	}
	response, err := http.Post(url, "application/json", bytes.NewReader(request)) //nolint:gosec // our own loopback address
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("answered with %s", response.Status)
	}
	answer := struct {
		Result any
		Error  *struct{ Message string }
	}{Result: out}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return err
	}
	if answer.Error != nil {
		return fmt.Errorf("refused: %s", answer.Error.Message)
	}
	return nil
}
