package wire

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/uptally/uptally/api/audit"
)

// Names of headers, spelt as package http keeps them: any other spelling of one is spelt
// anew for each answer.
var (
	// RequestID names a request in our records.
	RequestID = http.CanonicalHeaderKey("X-Request-ID")
	entityTag = http.CanonicalHeaderKey("ETag")
)

// send sends the answer; of one that the caller has already, only that. Where nothing
// else is said, the front has said no-store.
func (v *visit) send() {
	header := v.w.Header()
	maps.Copy(header, v.answer.header)
	if v.answer.status == 0 { // an operation that answered nothing
		v.answer.status = http.StatusNoContent
	}
	if !v.who.acts && !v.secret && v.answer.status == http.StatusOK {
		tag := tagOf(v.answer.body.Bytes())
		header.Set(entityTag, tag)
		header.Set("Cache-Control", v.caching())
		header.Add("Vary", "Accept, Authorization")
		if matches(v.r.Header.Get("If-None-Match"), tag) {
			header.Del("Content-Type")
			v.w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	header.Set("Content-Length", strconv.Itoa(v.answer.body.Len())) // if it is compressed on its way, that is taken out
	v.w.WriteHeader(v.answer.status)
	_, _ = v.w.Write(v.answer.body.Bytes()) // whoever hung up does not need it
}

func (v *visit) caching() string {
	if v.who.public {
		return "public, no-cache"
	}
	return "private, no-cache"
}

// tagOf is the entity tag of a body: weak, as the same may be sent compressed.
func tagOf(body []byte) string {
	digest := sha256.Sum256(body)
	var text [32]byte
	hex.Encode(text[:], digest[:16])
	return `W/"` + string(text[:]) + `"`
}

// matches says whether a list of tags has the tag, by weak comparison (RFC 9110, 8.8.3.2).
func matches(list, tag string) bool {
	if list == "" {
		return false
	}
	bare := strings.TrimPrefix(tag, "W/")
	for one := range strings.SplitSeq(list, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.TrimPrefix(one, "W/") == bare {
			return true
		}
	}
	return false
}

// record counts the call, and puts it on record if it was refused or failed. A change is
// on record already, with the change.
func (v *visit) record(ctx context.Context) {
	if v.s.Served != nil {
		v.s.Served(v.op.OperationID, v.kind(), v.answer.status, v.s.Now().Sub(v.begun))
	}
	if !v.audited && v.answer.status >= http.StatusBadRequest {
		v.s.Audit.Refused(ctx, v.entry(nil))
	}
}

// entry is the call for the audit log.
func (v *visit) entry(body []byte) audit.Entry {
	entry := audit.Entry{
		RequestID: v.requestID(), Address: v.address.String(), Operation: v.op.OperationID, Method: v.r.Method,
		Target: v.r.URL.RequestURI(), Status: v.answer.status, BodySHA256: body,
		Person: v.call.acting.Person, Supplier: v.call.me.Supplier,
	}
	if v.call.me.Subject != "" {
		entry.Actor = v.call.me.Actor()
	}
	entry.Kind = v.kind()
	return entry
}

// kind is that of the problem which is the answer, "" if it is none.
func (v *visit) kind() string {
	if v.answer.status < http.StatusBadRequest {
		return ""
	}
	return kindIn(v.answer.body.Bytes())
}

// kindIn reads the kind off a problem that was rendered.
func kindIn(body []byte) string {
	_, rest, found := strings.Cut(string(body[:min(len(body), 200)]), `"type":"`+ProblemPrefix)
	if !found {
		return ""
	}
	kind, _, _ := strings.Cut(rest, `"`)
	return kind
}
