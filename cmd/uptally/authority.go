package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
)

// authority is what an act asks of the person who does it.
type authority int

const (
	ordinary    authority = iota // no half of an act of two people: a name on record is enough
	rewardsAct                   // decides on what is credited, by one or by two people
	financeAct                   // moves money or says where it goes, by one or by two people
	operatorAct                  // lets writing go on
)

// rolesOf are the roles of which a token needs one for an act. Anywhere but on the
// embedded database, all acts but ordinary ones need a token, also the maker's half of
// an act of two people: by a mere name, one human could do both.
var rolesOf = map[authority][]auth.Role{
	ordinary:    {auth.Rewards, auth.Finance, auth.Operator},
	rewardsAct:  {auth.Rewards},
	financeAct:  {auth.Finance},
	operatorAct: {auth.Operator},
}

// tokenVariable holds the token of who acts. It is no flag: arguments can be read by
// others.
const tokenVariable = "UPTALLY_TOKEN"

// holder returns who holds the token of the environment, verified and allowed the act;
// nil if there is none, and none is needed.
func (a *app) holder(ctx context.Context, db *database, need authority) (*auth.Caller, error) {
	token, _ := a.lookup(tokenVariable)
	if token == "" {
		if need != ordinary && db.embedded == nil {
			return nil, fmt.Errorf("%w: on a database of your own this act needs a token: put an access token with the role %q into %s, "+
				"and name its issuer in --auth; only on the embedded database is --actor enough", errNotAllowed, rolesOf[need][0], tokenVariable)
		}
		return nil, nil
	}
	verifier, err := a.tokens(ctx, db)
	if err != nil {
		return nil, err
	}
	caller, err := verifier.Verify(ctx, token)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", tokenVariable, err)
	}
	switch {
	case !caller.May(auth.ScopeWrite):
		return nil, fmt.Errorf("%w: the token in %s does not carry the scope %s, which every write needs", errNotAllowed, tokenVariable, auth.ScopeWrite)
	case !caller.Has(rolesOf[need]...):
		return nil, fmt.Errorf("%w: the token in %s has the roles %q, and this act needs %q", errNotAllowed, tokenVariable, caller.Roles, rolesOf[need])
	case caller.Machine && need != ordinary:
		return nil, fmt.Errorf("%w: the token in %s is a machine's, and this act needs a human's", errNotAllowed, tokenVariable)
	}
	return &caller, nil
}

// tokens returns the verifier of tokens: of the issuers that --auth names, and on the
// embedded database of the built-in development issuer.
func (a *app) tokens(ctx context.Context, db *database) (*auth.Verifier, error) {
	if a.verifier != nil {
		return a.verifier, nil
	}
	config, err := a.issuers(db.embedded != nil)
	if err != nil {
		return nil, err
	}
	a.verifier, err = auth.New(ctx, config, nil)
	return a.verifier, err
}

func (a *app) issuers(development bool) (auth.Config, error) {
	var config auth.Config
	if a.Auth != "" {
		file, err := os.ReadFile(a.Auth)
		if err != nil {
			return config, usage("--auth: %w", err)
		}
		if config, err = auth.LoadConfig(file); err != nil {
			return config, fmt.Errorf("--auth %s: %w", a.Auth, err)
		}
	}
	if development {
		issuer, err := developmentIssuer(a.Data)
		if err != nil {
			return config, err
		}
		config.Issuers = append(config.Issuers, issuer.Trusted())
	}
	if len(config.Issuers) == 0 {
		return config, usage("no issuer of tokens is known: name a file of them with --auth or UPTALLY_AUTH")
	}
	return config, nil
}

// developmentIssuer is the issuer of a data folder. Whoever may read its key may change
// the database anyway.
func developmentIssuer(data string) (*devissuer.Issuer, error) {
	if err := os.MkdirAll(data, 0o755); err != nil {
		return nil, fmt.Errorf("data folder: %w; name another with --data", err)
	}
	return devissuer.Load(filepath.Join(data, "issuer"))
}
