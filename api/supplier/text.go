package supplier

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// How values stand in tables.

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func instantOr(t *time.Time) string {
	if t == nil {
		return ""
	}
	return instant(*t)
}

func textOr(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func digits[N int | int32 | int64](n N) string { return strconv.FormatInt(int64(n), 10) }

func codes(all []string) string { return strings.Join(all, ";") }

// parseInteger reads what digits wrote.
func parseInteger(text string) (int64, error) { return strconv.ParseInt(text, 10, 64) }

func hexOf[H ~[32]byte](hash H) string { return hex.EncodeToString(hash[:]) }
