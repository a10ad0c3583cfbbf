package wire

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/uptally/uptally/api/audit"
)

// OwnWork is the kind of what one person may not do, as they did the first half of it.
const OwnWork = "own-work"

// ProblemPrefix begins the type of every problem; its kind follows.
const ProblemPrefix = "urn:uptally:problem:"

// Problem is what went wrong, as RFC 9457 has it. Type is stable, Detail is for people.
type Problem struct {
	Type   string       `json:"type" example:"urn:uptally:problem:not-found" doc:"What kind of problem it is; stable."`
	Title  string       `json:"title" example:"Not found" doc:"The kind in words."`
	Status int          `json:"status" example:"404" doc:"The HTTP status."`
	Detail string       `json:"detail,omitempty" doc:"What went wrong here, and what to do."`
	Errors []FieldError `json:"errors,omitempty" doc:"What is wrong with which part of the request."`

	header http.Header
}

// FieldError is what is wrong with one part of a request.
type FieldError struct {
	Location string `json:"location,omitempty" example:"query.limit" doc:"The part: path, query, header or body, and the names below."`
	Message  string `json:"message" doc:"What is wrong with it."`
}

// Error says what went wrong.
func (p *Problem) Error() string { return strings.TrimSpace(p.Title + ": " + p.Detail) }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns the headers that the answer carries beside.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType is that of problems, whatever was asked for.
func (p *Problem) ContentType(string) string { return typeProblem }

// Kind returns the stable name of the kind.
func (p *Problem) Kind() string { return strings.TrimPrefix(p.Type, ProblemPrefix) }

// with returns a copy of the problem that carries one more header.
func (p *Problem) with(name, value string) *Problem {
	copied := *p
	copied.header = p.header.Clone()
	if copied.header == nil {
		copied.header = http.Header{}
	}
	copied.header.Set(name, value)
	return &copied
}

// Refuse returns a problem: kind is a stable name in kebab-case.
func Refuse(status int, kind, detail string) *Problem {
	title := strings.ReplaceAll(kind, "-", " ")
	return &Problem{
		Type: ProblemPrefix + kind, Title: strings.ToUpper(title[:1]) + title[1:], Status: status, Detail: detail,
	}
}

// Because returns the problem with what is wrong with which part.
func (p *Problem) Because(errors ...FieldError) *Problem {
	copied := *p
	copied.Errors = slices.Clip(copied.Errors)
	for _, e := range errors {
		copied.Errors = append(copied.Errors, FieldError{e.Location, OverHTTP(e.Message)})
	}
	return &copied
}

// Problems that are the same wherever they come from.
var (
	// NotFound is the one answer for what is not there and for what is another's.
	NotFound = Refuse(http.StatusNotFound, "not-found", "There is nothing at this address that you may see.")
	// BadCursor refuses a cursor that no page gave.
	BadCursor = Refuse(http.StatusUnprocessableEntity, "invalid-request", "The request is not valid.").
			Because(FieldError{"query.cursor", "not a cursor: take next_cursor of the page before, or leave it out"})

	errUnauthorised = Refuse(http.StatusUnauthorized, "token-refused",
		"Send a valid access token for this API: Authorization: Bearer ….").with("WWW-Authenticate", `Bearer error="invalid_token"`)
	errNoToken = Refuse(http.StatusUnauthorized, "token-missing",
		"Send an access token for this API: Authorization: Bearer ….").with("WWW-Authenticate", "Bearer")
	errIssuerDown = Refuse(http.StatusServiceUnavailable, "issuer-unreachable",
		"The keys of the token's issuer cannot be read at present; try again.").with("Retry-After", "5")
	errScope = Refuse(http.StatusForbidden, "scope-missing",
		"The token lacks the scope that this call needs.").with("WWW-Authenticate", `Bearer error="insufficient_scope"`)
	errRole     = Refuse(http.StatusForbidden, "role-missing", "The token's roles do not allow this call.")
	errPerson   = Refuse(http.StatusForbidden, "person-unknown", "Nobody on record goes by this token's subject: have it linked to a person first.")
	errMachine  = Refuse(http.StatusForbidden, "human-needed", "A machine's token does not decide: call with a human's.")
	errNoKey    = Refuse(http.StatusBadRequest, "idempotency-key-missing", "Send an Idempotency-Key of 1 to 255 printable characters with every call that changes something; repeat it if you repeat the call.")
	errOtherKey = Refuse(http.StatusUnprocessableEntity, "idempotency-key-reused", "This Idempotency-Key was used for another request: use a new one.")
	errInFlight = Refuse(http.StatusConflict, "idempotency-in-flight", "A call with this Idempotency-Key is under way: ask again.").with("Retry-After", "1")
	errLimited  = Refuse(http.StatusTooManyRequests, "rate-limited", "Too many calls: wait as long as Retry-After says.")
	errTooLarge = Refuse(http.StatusRequestEntityTooLarge, "body-too-large", "The body is larger than this call takes.")
	errEncoded  = Refuse(http.StatusUnsupportedMediaType, "encoding-unsupported", "Send the body without a Content-Encoding.")
	errTimeout  = Refuse(http.StatusServiceUnavailable, "timed-out", "It took too long; nothing was changed. Try again, or ask for less.").with("Retry-After", "5")
	errUnknown  = Refuse(http.StatusServiceUnavailable, "outcome-unknown", "The database did not say whether this was done: repeat it with the same Idempotency-Key.").with("Retry-After", "5")
	errHalted   = Refuse(http.StatusServiceUnavailable, audit.KindHalted, "Changes are halted by the operators; reading goes on.").with("Retry-After", "60")
	errInternal = Refuse(http.StatusInternalServerError, "internal", "It failed on our side; it was recorded. Try again later.")
)

// kinds of what huma itself refuses, by status.
var kinds = map[int]string{
	http.StatusBadRequest:            "malformed",
	http.StatusNotFound:              "not-found",
	http.StatusMethodNotAllowed:      "method-not-allowed",
	http.StatusNotAcceptable:         "not-acceptable",
	http.StatusRequestTimeout:        "timed-out",
	http.StatusRequestEntityTooLarge: "body-too-large",
	http.StatusUnsupportedMediaType:  "media-type-unsupported",
	http.StatusUnprocessableEntity:   "invalid-request",
}

func init() {
	// The library's hook for errors of one's own: problems are built in one place.
	huma.NewError = newProblem
	// A name in another case is another name. Otherwise {"hours":72,"HOURS":1} would be
	// checked by its first member, and read by its last, as encoding/json takes both.
	huma.ValidateStrictCasing = true
}

// newProblem is the problem of an error that huma found. Values are not echoed: they
// may be long, and are the caller's own anyway.
func newProblem(status int, message string, causes ...error) huma.StatusError {
	kind, known := kinds[status]
	if !known && status >= http.StatusInternalServerError {
		return errInternal
	}
	if !known {
		kind = strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "-")
	}
	if kind == "" {
		return &Problem{} // what huma derives the schema from
	}
	if message == "validation failed" {
		message = "The request is not valid."
	}
	problem := Refuse(status, kind, message)
	for _, cause := range causes {
		problem.Errors = append(problem.Errors, fieldError(cause))
	}
	return problem
}

func fieldError(cause error) FieldError {
	var detailer huma.ErrorDetailer
	if errors.As(cause, &detailer) {
		detail := detailer.ErrorDetail()
		return FieldError{Location: bounded(detail.Location), Message: bounded(detail.Message)}
	}
	return FieldError{Message: bounded(cause.Error())}
}

// bounded cuts what may hold the caller's own text.
func bounded(text string) string {
	const longest = 300
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "") + "…"
}

// Meaning is what an error of the domain is over HTTP.
type Meaning struct {
	Status int
	Kind   string
	// Plain says that the error's text holds nothing but what the caller sent, so that
	// suppliers may read it.
	Plain bool
}

// problemOf returns the problem that an error of a handler is, and whether it is
// known. Staff read the text of an error, as OverHTTP has it; others only of a plain one.
func (s *Service) problemOf(err error, staff bool) (*Problem, bool) {
	if problem, is := errors.AsType[*Problem](err); is {
		return problem, true
	}
	meaning, known := s.Meaning(err)
	if !known {
		return errInternal, false
	}
	if meaning.Kind == NotFound.Kind() && !staff {
		return NotFound, true
	}
	detail := ""
	if staff || meaning.Plain {
		detail = OverHTTP(fmt.Sprint(err))
	}
	return Refuse(meaning.Status, meaning.Kind, detail), true
}
