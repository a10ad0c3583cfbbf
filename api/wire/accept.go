package wire

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// acceptable settles the type of the answer before anything is done for it. What the
// library below then reads is one plain type.
func (v *visit) acceptable() *Problem {
	offered := []string{typeJSON}
	if v.tabular {
		offered = append(offered, typeCSV)
	}
	accept := strings.Join(v.r.Header.Values("Accept"), ",")
	v.r.Header.Set("Accept", typeJSON)
	if v.raw || accept == "" {
		return nil
	}
	chosen := negotiate(accept, offered)
	if chosen == "" {
		return Refuse(http.StatusNotAcceptable, "not-acceptable", "This call answers "+strings.Join(offered, " or ")+".")
	}
	v.r.Header.Set("Accept", chosen)
	return nil
}

// negotiate returns which of the offered types the caller likes best, the first of
// equals; empty if none will do. Source: RFC 9110, 12.5.1; ranges that cannot be read
// are left out.
func negotiate(accept string, offered []string) (best string) {
	bestQuality := 0
	for _, one := range offered {
		if quality := qualityOf(accept, one); quality > bestQuality {
			best, bestQuality = one, quality
		}
	}
	return best
}

// qualityOf is how much a type is liked, in thousandths: that of the narrowest range
// that it is in.
func qualityOf(accept, offered string) (quality int) {
	narrowest := 0
	for one := range strings.SplitSeq(accept, ",") {
		name, parameters, err := mime.ParseMediaType(one)
		if err != nil {
			continue
		}
		width := narrowness(name, offered)
		if width > narrowest {
			narrowest, quality = width, thousandths(parameters["q"])
		}
	}
	return quality
}

// TakesGzip says whether the caller reads gzip. Source: RFC 9110, 12.5.3.
func TakesGzip(r *http.Request) bool {
	accept := strings.Join(r.Header.Values("Accept-Encoding"), ",")
	if accept == "gzip" {
		return true
	}
	named, others := -1, 0
	for one := range strings.SplitSeq(accept, ",") {
		name, parameters, err := mime.ParseMediaType(one)
		switch {
		case err != nil:
		case name == "gzip":
			named = thousandths(parameters["q"])
		case name == "*":
			others = thousandths(parameters["q"])
		}
	}
	return named > 0 || named < 0 && others > 0
}

// narrowness is 3 of the type itself, 2 of its family, 1 of any, 0 if it is not in it.
func narrowness(name, offered string) int {
	family, _, _ := strings.Cut(offered, "/")
	switch name {
	case offered:
		return 3
	case family + "/*":
		return 2
	case "*/*":
		return 1
	}
	return 0
}

// thousandths reads a quality such as 0.5; none, or what is none, is 1000.
func thousandths(q string) int {
	whole, fraction, _ := strings.Cut(q, ".")
	n, err := strconv.Atoi(whole + (fraction + "000")[:3])
	if q == "" || err != nil || n < 0 || n > 1000 {
		return 1000
	}
	return n
}
