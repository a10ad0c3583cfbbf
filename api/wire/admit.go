package wire

import (
	"errors"
	"strings"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/limit"
)

// admit says why the request may not go on; nil lets it in. Who calls is known from the
// token alone. A caller who is known pays from their own budget, wherever they call
// from; anybody else, and whoever is refused, from their address's.
func (v *visit) admit() *Problem {
	v.address = limit.Address(v.r, v.s.Proxies)
	problem := v.identify()
	key := limit.Actor(v.call.me.Actor())
	if problem != nil || v.who.public {
		key = limit.Network(v.address)
	}
	switch {
	case !v.charge(key):
		return errLimited
	case problem != nil:
		return problem
	case v.who.public:
	case !v.scoped():
		return errScope
	case len(v.who.roles) > 0 && !v.call.me.Has(v.who.roles...):
		return errRole
	}
	if !readable(v.r.URL) {
		return errUnreadable
	}
	return v.acceptable()
}

// identify checks the token of a request that needs one.
func (v *visit) identify() *Problem {
	if v.who.public {
		return nil
	}
	headers := v.r.Header.Values("Authorization")
	if len(headers) == 0 {
		return errNoToken
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if len(headers) > 1 || !strings.EqualFold(scheme, "Bearer") {
		return errUnauthorised
	}
	caller, err := v.s.Verifier.Verify(v.r.Context(), token)
	switch {
	case errors.Is(err, auth.ErrIssuerDown):
		v.s.Log.Warn("issuer unreachable", "error", err) // ours to mend: the caller can but wait
		return errIssuerDown
	case err != nil:
		return errUnauthorised
	}
	v.call.me = caller
	return nil
}

// scoped says whether the token has the scope that the call needs. Whoever may write
// may read.
func (v *visit) scoped() bool {
	return v.call.me.May(auth.ScopeWrite) || !v.who.acts && v.call.me.May(auth.ScopeRead)
}

// charge takes one call from a key's budget, and tells what is left of it.
func (v *visit) charge(key limit.Key) bool {
	kind := limit.Read
	if v.who.acts {
		kind = limit.Write
	}
	ok, budget, remaining, reset := v.s.Limits.Allow(key, kind, v.begun)
	limit.SetHeaders(v.w.Header(), kind, ok, budget, remaining, reset)
	return ok
}
