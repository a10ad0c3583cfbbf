package uptime

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// FuzzDecodeHeartbeatPage holds the decoder against a reference on encoding/json
// that follows the same rules in the plainest way: both must refuse, or both
// accept and read the same.
func FuzzDecodeHeartbeatPage(f *testing.F) {
	const at = "2024-04-25T08:05:12Z"
	for _, body := range []string{
		`{"heartbeats":[` + row(idA, at) + `,` + row(idB, at) + `],"next_cursor":"eyJhIjoxfQ"}`,
		`{"heartbeats":[{"at":"` + at + `","device_id":"` + idA + `"}, {"device_id": "` + idB + `", "at": "2024-02-29T23:59:59.125Z", "x": [1.5e-3, {"y": null}]}]}`,
		`{"next_cursor":"\ud800\n","heartbeats":[{"device\u005fid":"\u0035` + idA[1:] + `","at":"` + at + `"}],"next_cursor":null}`,
		`{"heartbeats":[` + row(idA, "2023-02-29T08:05:12Z") + `]}`,
		`{"heartbeats":null,"Heartbeats":[]}`,
		"{\"heartbeats\":[],\"\xff\":\"\xc3\x28\",\"next_cursor\":\"\xff\"}",
		` { } x`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var page HeartbeatPage
		err := page.Decode(body)
		if err != nil && strings.Contains(err.Error(), "nested deeper") {
			return // encoding/json goes deeper before it refuses
		}
		rows, next, ok := referencePage(body)
		switch {
		case ok != (err == nil):
			t.Fatalf("error %v, but the reference accepts: %v", err, ok)
		case err != nil && !errors.Is(err, ErrMalformed):
			t.Fatalf("error %v, want ErrMalformed", err)
		}
		checkRows(t, page.Heartbeats, rows)
		if page.Next != next {
			t.Errorf("cursor %q, want %q", page.Next, next)
		}
	})
}

// referencePage reads a page with encoding/json.
func referencePage(body []byte) (rows []Heartbeat, next string, ok bool) {
	fields, ok := referenceObject(body)
	found := false
	for _, field := range fields {
		switch field.key {
		case "heartbeats":
			var raws []json.RawMessage
			ok = ok && json.Unmarshal(field.value, &raws) == nil
			found, rows = raws != nil, nil
			for _, raw := range raws {
				beat, valid := referenceRow(raw)
				rows, ok = append(rows, beat), ok && valid
			}
		case "next_cursor":
			next = ""
			ok = ok && json.Unmarshal(field.value, &next) == nil
		}
	}
	if !ok || !found {
		return nil, "", false
	}
	return rows, next, true
}

var (
	referenceID      = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	referenceInstant = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`)
)

func referenceRow(raw []byte) (beat Heartbeat, ok bool) {
	fields, ok := referenceObject(raw)
	var hasDevice, hasAt bool
	for _, field := range fields {
		var text *string
		switch field.key {
		case "device_id":
			ok = ok && json.Unmarshal(field.value, &text) == nil
			if hasDevice = text != nil; hasDevice {
				ok = ok && referenceID.MatchString(*text)
				beat.Device, _ = uuid.Parse(*text)
			}
		case "at":
			ok = ok && json.Unmarshal(field.value, &text) == nil
			if hasAt = text != nil; hasAt {
				at, err := time.Parse(time.RFC3339Nano, *text)
				ok = ok && err == nil && referenceInstant.MatchString(*text)
				beat.At = at.Unix()
			}
		}
	}
	return beat, ok && hasDevice && hasAt
}

type referenceField struct {
	key   string
	value json.RawMessage
}

// referenceObject returns an object's fields as they stand, repeats and all.
func referenceObject(raw []byte) (fields []referenceField, ok bool) {
	if !json.Valid(raw) {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if token, _ := decoder.Token(); token != json.Delim('{') {
		return nil, false
	}
	for decoder.More() {
		key, err := decoder.Token()
		field := referenceField{}
		if field.key, ok = key.(string); err != nil || !ok || decoder.Decode(&field.value) != nil {
			return nil, false
		}
		fields = append(fields, field)
	}
	return fields, true
}
