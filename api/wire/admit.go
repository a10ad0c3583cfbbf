package wire

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/limit"
)

// admit says why the request may not go on; nil lets it in.
func (v *visit) admit() *Problem {
	v.address = limit.Address(v.r, v.s.Proxies)
	if problem := v.identify(); problem != nil {
		return problem
	}
	switch {
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

// identify says who calls, which is known from the token alone, and charges them. A
// caller whose token was good before pays from their own budget, wherever they call
// from; anybody else from their address's.
func (v *visit) identify() *Problem {
	if v.who.public {
		return v.charge(limit.Network(v.address))
	}
	token, problem := bearer(v.r.Header)
	caller, memory := v.s.Verifier.Recall(token)
	if memory == auth.Unknown {
		return v.meet(token, problem)
	}
	v.call.me = caller
	if problem := v.charge(limit.Actor(caller.Actor())); problem != nil || memory == auth.Verified {
		return problem
	}
	return v.verify(token)
}

// meet identifies a caller who is not known. Their address pays before anything is done
// for them, as checking a token is work that anybody can make us do; whoever turns out
// to be known to an issuer pays from their own budget instead.
func (v *visit) meet(token string, problem *Problem) *Problem {
	stranger := limit.Network(v.address)
	if limited := v.charge(stranger); limited != nil || problem != nil {
		return cmp.Or(limited, problem)
	}
	if problem := v.verify(token); problem != nil {
		return problem
	}
	v.s.Limits.Restore(stranger, v.budget(), v.s.Now())
	return v.charge(limit.Actor(v.call.me.Actor()))
}

// bearer returns the token of a request.
func bearer(header http.Header) (string, *Problem) {
	headers := header.Values("Authorization")
	if len(headers) == 0 {
		return "", errNoToken
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if len(headers) > 1 || !strings.EqualFold(scheme, "Bearer") {
		return "", errUnauthorised
	}
	return token, nil
}

// verify checks the token.
func (v *visit) verify(token string) *Problem {
	caller, err := v.s.Verifier.Verify(v.r.Context(), token)
	v.call.me = caller
	switch {
	case errors.Is(err, auth.ErrIssuerDown):
		v.s.Log.Warn("issuer unreachable", "error", err) // ours to mend: the caller can but wait
		return errIssuerDown
	case err != nil:
		return errUnauthorised
	}
	return nil
}

// scoped says whether the token has the scope that the call needs. Whoever may write
// may read.
func (v *visit) scoped() bool {
	return v.call.me.May(auth.ScopeWrite) || !v.who.acts && v.call.me.May(auth.ScopeRead)
}

// budget is the one that the call is charged to.
func (v *visit) budget() limit.Kind {
	if v.who.acts {
		return limit.Write
	}
	return limit.Read
}

// charge takes one call from a key's budget, and tells what is left of it; the problem is
// that nothing is.
func (v *visit) charge(key limit.Key) *Problem {
	kind := v.budget()
	ok, budget, remaining, reset := v.s.Limits.Allow(key, kind, v.begun)
	limit.SetHeaders(v.w.Header(), kind, ok, budget, remaining, reset)
	if !ok {
		return errLimited
	}
	return nil
}
