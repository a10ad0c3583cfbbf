package wire

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
)

// Paging is what an operation that lists takes.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Most items of the page."`
	Cursor string `query:"cursor" maxLength:"512" pattern:"^[A-Za-z0-9_-]*$" doc:"Where the page begins: next_cursor of the page before. Keep the other parameters as they were."`
}

// Page is one page of a list.
type Page[T any] struct {
	Items      []T    `json:"items" nullable:"false" doc:"The items, in order."`
	NextCursor string `json:"next_cursor,omitempty" doc:"Cursor of the next page; absent on the last."`
}

// PageOf returns the page of at most limit items: items must be one more than that if
// there is a next page, which begins after the last item that is kept, at the cursor
// of it.
func PageOf[T any](items []T, limit int, cursor func(last T) string) Page[T] {
	page := Page[T]{Items: items}
	if len(items) > limit {
		page.Items = items[:limit]
		page.NextCursor = cursor(items[limit-1])
	}
	if page.Items == nil {
		page.Items = []T{}
	}
	return page
}

// Cursor encodes where a page begins.
func Cursor(parts ...string) string {
	text, _ := json.Marshal(parts) // strings cannot fail
	return base64.RawURLEncoding.EncodeToString(text)
}

// ParseCursor decodes a cursor of so many parts; an empty one is nil. What Cursor did
// not make is refused with a problem.
func ParseCursor(cursor string, parts int) ([]string, error) {
	if cursor == "" {
		return nil, nil
	}
	var decoded []string
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(text, &decoded)
	}
	noText := func(part string) bool { return strings.Contains(part, "\x00") } // the database keeps none
	if err != nil || len(decoded) != parts || slices.ContainsFunc(decoded, noText) {
		return nil, BadCursor
	}
	return decoded, nil
}
