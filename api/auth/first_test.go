package auth_test

import (
	"testing"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
)

func TestFirst(t *testing.T) {
	key, _ := devissuer.NewKey()
	i := devissuer.New(key, devissuer.LocalURL)
	v, err := auth.New(t.Context(), auth.Config{Issuers: []auth.Issuer{i.Trusted()}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := i.Token(devissuer.Claims{Subject: "ada", Roles: []auth.Role{auth.Rewards}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := v.Verify(t.Context(), tok)
	t.Log(c, err)
	if err != nil {
		t.Fatal(err)
	}
}
func BenchmarkVerifySeen(b *testing.B) {
	key, _ := devissuer.NewKey()
	i := devissuer.New(key, devissuer.LocalURL)
	v, _ := auth.New(b.Context(), auth.Config{Issuers: []auth.Issuer{i.Trusted()}}, nil)
	tok, _ := i.Token(devissuer.Claims{Subject: "ada", Roles: []auth.Role{auth.Rewards}})
	b.ReportAllocs()
	for b.Loop() {
		_, _ = v.Verify(b.Context(), tok)
	}
}
