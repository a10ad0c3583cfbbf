package simulator

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// problem is a reply that is not what was asked for (RFC 9457).
type problem struct {
	status     int
	detail     string
	retryAfter string // the header, unless empty
}

func (p *problem) Error() string { return fmt.Sprintf("%d: %s", p.status, p.detail) }

func badRequest(format string, args ...any) error {
	return &problem{status: http.StatusBadRequest, detail: fmt.Sprintf(format, args...)}
}

// parameters are what a caller asked for.
type parameters url.Values

func (p parameters) get(name string) string { return url.Values(p).Get(name) }

// time reads a time of the API: RFC 3339 in UTC with Z.
func (p parameters) time(name string) (time.Time, error) {
	text := p.get(name)
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || !strings.HasSuffix(text, "Z") {
		return time.Time{}, badRequest("%s is %q: give a time like 2024-04-25T08:05:00Z", name, text)
	}
	return t, nil
}

// window reads from and to.
func (p parameters) window() (from, to time.Time, err error) {
	if from, err = p.time("from"); err != nil {
		return from, to, err
	}
	if to, err = p.time("to"); err != nil {
		return from, to, err
	}
	if to.Before(from) {
		return from, to, badRequest("from is %s, after to, %s: exchange them", p.get("from"), p.get("to"))
	}
	return from, to, nil
}

// day reads a day of the world's calendar.
func (p parameters) day() (time.Time, error) {
	day, err := time.Parse(time.DateOnly, p.get("day"))
	if err != nil {
		return day, badRequest("day is %q: give a day like 2024-04-25", p.get("day"))
	}
	return day, nil
}

// limitMax is the largest number of rows on a page, and the default.
const limitMax = 10_000

func (p parameters) limit() (int, error) {
	text := p.get("limit")
	if text == "" {
		return limitMax, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 || limit > limitMax {
		return 0, badRequest("limit is %q: give a number from 1 to %d", text, limitMax)
	}
	return limit, nil
}

// cursor reads where to go on; none stands for the beginning.
func (p parameters) cursor(w *World, listing string) (cursor, error) {
	text := p.get("cursor")
	if text == "" {
		return 0, nil
	}
	c, ok := w.parseCursor(text, listing)
	if !ok {
		return 0, badRequest("cursor is not one of this listing: begin again without a cursor")
	}
	return c, nil
}
