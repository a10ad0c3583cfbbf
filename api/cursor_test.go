package api_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/apitest/town"
)

// withCursor returns the paths that take a cursor, with something in their places.
func withCursor(t *testing.T, s *apitest.Server) (paths []string) {
	t.Helper()
	text, err := s.API.Specification()
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]struct {
			Get struct{ Parameters []struct{ Name string } }
		}
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	places := map[string]string{"{season}": "spring", "{id}": "1", "{revision}": "1", "{number}": "1"}
	for path, item := range document.Paths {
		for _, parameter := range item.Get.Parameters {
			if parameter.Name == "cursor" {
				paths = append(paths, regexp.MustCompile(`\{\w+\}`).ReplaceAllStringFunc(path, func(place string) string {
					if known, found := places[place]; found {
						return known
					}
					return uuid.NameSpaceDNS.String()
				}))
			}
		}
	}
	if len(paths) < 10 {
		t.Fatalf("%d paths take a cursor", len(paths))
	}
	return paths
}

// A cursor that a caller made is read or refused, whatever stands in it: never an error
// of the database.
func TestCursorsMadeByHand(t *testing.T) {
	t.Parallel()
	s := apitest.New(t)
	everybody := s.With(devissuer.Claims{Subject: "ada", Roles: auth.Roles(), Supplier: uuid.New()})
	values := []string{"", "x", "0", "-1", "1", "2147483648", "9223372036854775807", "true", "spring", "2024-04-25", "0000-01-01",
		"2024-04-25T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", uuid.NameSpaceDNS.String(),
		"\x00", "a\x00b", "device_id", "\u202e"}
	for _, path := range withCursor(t, s) {
		for parts := 1; parts <= 4; parts++ {
			for i := range values {
				for step := range 2 { // all parts the same, then others beside
					cursor := make([]string, parts)
					for k := range cursor {
						cursor[k] = values[(i+k*step*5)%len(values)]
					}
					if got := everybody.Get(path + "?cursor=" + url.QueryEscape(wire.Cursor(cursor...))); got.Status >= 500 {
						t.Errorf("%s %q: %d %s", path, cursor, got.Status, got.Body)
					}
				}
			}
		}
	}
}

// Names of devices have no bound, cursors do: a list by name goes on all the same.
func TestCursorsOfLongNames(t *testing.T) {
	t.Parallel()
	w := town.New(t)
	owner := w.Of(w.Owner)
	type page struct {
		Items []struct {
			DeviceID uuid.UUID `json:"device_id"`
		}
		Next string `json:"next_cursor"`
	}
	var all page
	owner.Get("/v1/devices?owned=all&limit=200").Want(t, http.StatusOK).Into(t, &all)
	for _, name := range []string{strings.Repeat("<", 5000), strings.Repeat("\U0001F5A5", 300)} {
		if _, err := w.DB.Owner.Exec(t.Context(), `UPDATE supplier_device SET device_name = $1 || device_id`, name); err != nil {
			t.Fatal(err)
		}
		devices := map[uuid.UUID]bool{}
		for next, more := "", true; more; more = next != "" {
			var got page
			owner.Get("/v1/devices?owned=all&limit=1&sort=name&cursor="+url.QueryEscape(next)).Want(t, http.StatusOK).Into(t, &got)
			devices[got.Items[0].DeviceID], next = true, got.Next
		}
		if len(devices) != len(all.Items) || len(devices) < 2 {
			t.Errorf("%d devices, one at a time; %d at once", len(devices), len(all.Items))
		}
	}
}
