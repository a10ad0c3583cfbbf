package wire

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/uptally/uptally/api/auth"
)

// Scheme is the name of the security scheme in the specification.
const Scheme = "token"

// describe completes what the specification says of an operation: who may call it, by
// which headers, and what it may be answered.
func describe[O any](op *huma.Operation, who admission) {
	op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusTooManyRequests, http.StatusUnprocessableEntity, http.StatusNotAcceptable,
		http.StatusServiceUnavailable)
	if op.Security == nil && !who.public {
		op.Security = []map[string][]string{{Scheme: scopes(who)}}
	}
	if who.public {
		op.Security = []map[string][]string{{}}
	} else {
		op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusForbidden)
	}
	if who.acts || strings.Contains(op.Path, "{") {
		op.Errors = append(op.Errors, http.StatusNotFound)
	}
	if who.acts {
		op.Errors = append(op.Errors, http.StatusConflict, http.StatusRequestEntityTooLarge,
			http.StatusUnsupportedMediaType)
	}
	if len(who.roles) > 0 {
		if op.Extensions == nil {
			op.Extensions = map[string]any{}
		}
		op.Extensions["x-roles"] = who.roles
	}
	tagged := !who.acts && !holdsSecret(op)
	if tagged {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "If-None-Match", In: "header", Description: "ETag of what you have: 304 if it is still so.",
			Schema: &huma.Schema{Type: "string", MaxLength: new(200)},
		})
	}
	status := strconv.Itoa(statusOf(op))
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	op.Responses[status] = &huma.Response{Description: http.StatusText(statusOf(op)), Headers: answerHeaders(who, tagged)}
	if tagged {
		op.Responses["304"] = &huma.Response{Description: "What you have is still so."}
	}
	if isBytes[O]() {
		op.Responses[status].Content = map[string]*huma.MediaType{
			"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary", Description: "A file; its own type is in Content-Type."}},
		}
	}
	if tabular[O]() {
		op.Responses[status].Content = map[string]*huma.MediaType{
			typeJSON: {}, // its schema follows from the type
			typeCSV:  {Schema: &huma.Schema{Type: "string", Description: "The same as a table: a header, then a row an item."}},
		}
	}
}

// scopes is what a token needs, for the specification.
func scopes(who admission) []string {
	if who.acts {
		return []string{auth.ScopeWrite}
	}
	return []string{auth.ScopeRead}
}

func keyParameter() *huma.Param {
	return &huma.Param{
		Name: "Idempotency-Key", In: "header", Required: true, Example: "5f0c1c9e-6a51-4f0e-9d0a-3a1f6f0f4a11",
		Description: "A name of your choice for this call, such as a UUID. The same call with the same key is answered again, and not done again.",
		Schema:      &huma.Schema{Type: "string", MinLength: new(1), MaxLength: new(255), Pattern: "^[!-~]+$"},
	}
}

func answerHeaders(who admission, tagged bool) map[string]*huma.Param {
	text := func(description string) *huma.Param {
		return &huma.Param{Description: description, Schema: &huma.Schema{Type: "string"}}
	}
	headers := map[string]*huma.Param{
		"X-Request-Id": text("Name of the request in our records."),
		"RateLimit":    text("What is left of the limit, and for how long."),
	}
	if who.acts {
		headers["Idempotency-Replayed"] = text("true if this is the answer of an earlier call with the same key.")
	}
	if tagged {
		headers["ETag"] = text("Changes with the answer.")
	}
	return headers
}
