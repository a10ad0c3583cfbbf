package supplier

import (
	"context"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
)

// Me is whom a token names.
type Me struct {
	Issuer   string      `json:"issuer" doc:"Who issued the token." example:"https://issuer.example"`
	Subject  string      `json:"subject" doc:"Whom it was issued to." example:"auth0|5f7c8ec7c33c6c004bbafe82"`
	Machine  bool        `json:"machine" doc:"Whether that is a program with credentials of its own."`
	Roles    []auth.Role `json:"roles" nullable:"false" doc:"What the token's holder may act as."`
	Supplier *uuid.UUID  `json:"supplier" format:"uuid" nullable:"true" doc:"The supplier whom the holder acts for; null if none."`
	Scopes   []string    `json:"scopes" nullable:"false" doc:"What the token may be used for."`
}

type meOut struct{ Body Me }

func registerMe(s *wire.Service) {
	op := get("get-me", "/v1/me", "Tell who I am", "What the access token says of its holder: nothing is read from anywhere else.")
	wire.Signed(s, op, func(_ context.Context, _ wire.Reader, me auth.Caller, _ *struct{}) (*meOut, error) {
		out := &meOut{Me{Issuer: me.Issuer, Subject: me.Subject, Machine: me.Machine, Roles: append([]auth.Role{}, me.Roles...),
			Scopes: append([]string{}, me.Scopes...)}}
		if me.Supplier != uuid.Nil {
			out.Body.Supplier = &me.Supplier
		}
		return out, nil
	})
}
