package wire

import (
	"net/url"
	"testing"
)

func TestWhatIsNoText(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"/v1/seasons/s1?name=%C3%A9": true,
		"/v1/seasons/%00":            false,
		"/v1/seasons/%FF":            false,
		"/v1/seasons?name=a%00":      false,
		"/v1/seasons?a%00=b":         false,
		"/v1/seasons?name=%FF%FE":    false,
		"/v1/seasons?name=%zz":       false,
	} {
		parsed, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if readable(parsed) != want {
			t.Errorf("%s: %t", address, !want)
		}
	}
	for body, want := range map[string]bool{
		`{"a":"é"}`: true, `{"a":"\\u0000"}`: true, `\`: true, `"\\\u0000"`: false, `{"a":"\u0000"}`: false, `{"\u0000":1}`: false, "\"\xff\"": false,
	} {
		if readableJSON([]byte(body)) != want {
			t.Errorf("%s: %t", body, !want)
		}
	}
}
