package auth

import (
	"errors"
	"fmt"
)

// ErrToken says that a token is refused; every reason below is one.
var ErrToken = errors.New("token refused")

// ErrIssuerDown says that a token can be neither trusted nor refused now, as its
// issuer's keys cannot be had: to be tried again in a few seconds. It is no ErrToken.
var ErrIssuerDown = errors.New("the keys of the token's issuer cannot be had now")

// reason is why a token is refused. It tells nothing of the token itself.
type reason string

func (r reason) Error() string { return ErrToken.Error() + ": " + string(r) }

// Is makes every reason an ErrToken.
func (r reason) Is(target error) bool { return target == ErrToken }

// Why a token is refused. Each is an ErrToken.
var (
	ErrTooLong       error = reason("it is longer than 8 KiB")
	ErrMalformed     error = reason("it is no signed JWT: three parts of base64url, and plain JSON objects in them")
	ErrHeader        error = reason("its header asks for what is not supported: keys of its own, extensions, or another content")
	ErrType          error = reason("its header names another type than an access token")
	ErrAlgorithm     error = reason("its algorithm is not one that is pinned for its issuer")
	ErrNoKeyID       error = reason("its header names no key")
	ErrUnknownKey    error = reason("its issuer publishes no key of that name")
	ErrUnknownIssuer error = reason("its issuer is not configured")
	ErrSignature     error = reason("its signature does not match")
	ErrNoExpiry      error = reason("it never expires, or its times are no numbers")
	ErrExpired       error = reason("it has expired")
	ErrNotYetValid   error = reason("it is not valid yet")
	ErrIssuedAhead   error = reason("it was issued in the future")
	ErrAudience      error = reason("it is meant for another audience")
	ErrIDToken       error = reason("it is an ID token, which says who signed in, and no access token")
	ErrSubject       error = reason("it names no subject, or one that is no name")
	ErrScope         error = reason("it carries no scope of this service")
	ErrClaims        error = reason("its roles are neither a string nor a list of strings")
	ErrSupplier      error = reason("its supplier is no UUID, or it has the role supplier and names none")
)

// because gives a reason its detail, which must hold nothing of the token.
func because(why error, detail string, args ...any) error {
	return fmt.Errorf("%w (%s)", why, fmt.Sprintf(detail, args...))
}
