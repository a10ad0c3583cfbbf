package rewards_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const hour = time.Hour

func text(n int64) string { return strconv.FormatInt(n, 10) }

// sumOf adds numbers up.
func sumOf(t *testing.T, numbers []string) string {
	t.Helper()
	var sum int64
	for _, number := range numbers {
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return text(sum)
}

// sortedLines are the lines of a text, in order.
func sortedLines(text string) string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// firstPaid is the first row of lines with an amount.
func (w *town) firstPaid(lines string) int {
	w.t.Helper()
	row := slices.IndexFunc(w.column(lines, "amount"), func(amount string) bool { return amount != "0" })
	if row < 0 {
		w.t.Fatal("nobody is paid")
	}
	return row
}

// quote writes a text as JSON.
func quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(quoted)
}

// escape writes a text into an address.
func escape(text string) string { return url.QueryEscape(text) }
