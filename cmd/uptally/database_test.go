package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/uptally/uptally/internal/embedpg"
	"github.com/uptally/uptally/migrations"
)

// A short command that started the server ends while a longer one uses it.
func TestServerIsNotTakenFromAnotherCommand(t *testing.T) {
	data := dataFolder(t)
	short, err := openEmbedded(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	long, err := openEmbedded(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	if short.embedded.Reused() || !long.embedded.Reused() {
		t.Fatal("the first does not own the server that the second uses")
	}
	waiting, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- short.close(t.Context(), func(format string, args ...any) { waiting <- fmt.Sprintf(format, args...) })
	}()
	select {
	case said := <-waiting:
		if !strings.Contains(said, "waiting") {
			t.Errorf("said %q", said)
		}
	case err := <-ended:
		t.Fatalf("the server was stopped while another command uses it (%v)", err)
	}
	if err := long.pool.Ping(t.Context()); err != nil {
		t.Errorf("the server is gone: %v", err)
	}
	if err := long.close(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Suppliers read as their own role and as no other, whatever URL somebody gives: under
// the policies of any other role, each of them would see every row.
func TestSuppliersReadAsTheirOwnRole(t *testing.T) {
	data := dataFolder(t)
	server := startPostgres(t, data)
	uptally(t, "--data", data, "person", "list").must(t, 0) // migrates it
	served, err := connect(t.Context(), server.URL(migrations.AppRole))
	if err != nil {
		t.Fatal(err)
	}
	defer served.pool.Close()
	for role, want := range map[string]error{
		migrations.SupplierRole: nil, migrations.AppRole: migrations.ErrTooPowerful, embedpg.Owner: migrations.ErrTooPowerful,
	} {
		pool, err := (&app{}).supplierPool(t.Context(), served, server.URL(role))
		if !errors.Is(err, want) {
			t.Errorf("as %s: %v, want %v", role, err, want)
		}
		if err == nil {
			pool.Close()
		}
	}
}
