package appeal

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

func checkReason(reason string) error {
	if !writable(reason, ReasonMax) {
		return fmt.Errorf("%w: reason: say why in 1 to %d characters", ErrText, ReasonMax)
	}
	return nil
}

// writable reports whether people can read the text and the database keep it: UTF-8
// with something in it, and no control characters but line feeds and tabs.
func writable(text string, charactersMax int) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= charactersMax && strings.TrimSpace(text) != "" &&
		!strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' })
}
