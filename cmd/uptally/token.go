package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
)

type tokenCommand struct {
	Subject  string        `placeholder:"NAME" help:"Who holds it; by default --actor, whose person the holder is."`
	Role     []string      `enum:"supplier,rewards,finance,operator" placeholder:"ROLE" help:"What the holder may be: supplier, rewards, finance or operator; once for each."`
	Supplier uuid.UUID     `placeholder:"ID" help:"Whose data a supplier may see."`
	Scope    []string      `placeholder:"SCOPE" help:"What the token is good for; by default uptally:read and uptally:write."`
	For      time.Duration `default:"1h" help:"How long it counts, at most 24h."`
}

// tokenView is a token as --json prints it.
type tokenView struct {
	Token   string    `json:"access_token"`
	Subject string    `json:"subject"`
	Issuer  string    `json:"issuer"`
	Expires time.Time `json:"expires_at"`
}

// Run signs a token, which is all that stdout gets. Nothing is written to the database.
func (c tokenCommand) Run(_ context.Context, a *app) error {
	claims, err := c.claims(a)
	if err != nil {
		return err
	}
	issuer, err := developmentIssuer(a.Data)
	if err != nil {
		return err
	}
	signed, err := issuer.Token(claims)
	if err != nil {
		return err
	}
	if len(claims.Roles) == 0 {
		a.say("It has no role, so it is good for what everybody may read; give --role.")
	}
	view := tokenView{Token: signed, Subject: claims.Subject, Issuer: issuer.URL(), Expires: time.Now().Add(c.For).UTC().Truncate(time.Second)}
	return a.show(view, func(out io.Writer) { fmt.Fprintln(out, signed) })
}

// claims are what the flags say of the holder, checked.
func (c tokenCommand) claims(a *app) (devissuer.Claims, error) {
	claims := devissuer.Claims{Subject: c.Subject, Supplier: c.Supplier, Scopes: c.Scope, Lifetime: c.For}
	if claims.Subject == "" {
		claims.Subject = a.Actor
	}
	for _, role := range c.Role {
		claims.Roles = append(claims.Roles, auth.Role(role))
	}
	isSupplier := slices.Contains(claims.Roles, auth.Supplier)
	switch {
	case a.DatabaseURL != "":
		return claims, fmt.Errorf("%w: the development issuer signs for the embedded database alone; "+
			"for a database of your own, get a token from an issuer that --auth names", errNotAllowed)
	case strings.TrimSpace(claims.Subject) == "":
		return claims, usage("--subject is empty: say who holds the token")
	case isSupplier != (c.Supplier != uuid.Nil):
		return claims, usage("--role supplier and --supplier ID go together: a supplier sees one supplier's data")
	case c.For <= 0:
		return claims, usage("--for %s: give how long the token counts, such as 1h", c.For)
	}
	return claims, nil
}
