package api_test

import (
	"encoding/json"
	"net/url"
	"regexp"
	"testing"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/internal/apitest"
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
