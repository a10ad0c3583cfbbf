package replay_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/replay"
	"github.com/uptally/uptally/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func callOf(actor, key, body string) replay.Call {
	return replay.Call{Actor: actor, Key: key, Request: replay.RequestOf(uuid.Nil, http.MethodPost, "/v1/x", "application/json", []byte(body))}
}

// keep makes a call and keeps an answer to it.
func keep(t *testing.T, db *pgtest.DB, call replay.Call, answer string) {
	t.Helper()
	err := pgx.BeginFunc(t.Context(), db.App, func(tx pgx.Tx) error {
		if kept, err := replay.Begin(t.Context(), tx, call); err != nil || kept != nil {
			t.Errorf("a new call: %v, %v", kept, err)
		}
		return replay.Keep(t.Context(), tx, call, replay.Answer{Status: 201, Header: http.Header{"Location": {"/v1/x/1"}}, Body: []byte(answer)})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// begin begins a call in a transaction of its own, and gives it up.
func begin(ctx context.Context, db *pgtest.DB, call replay.Call) (kept *replay.Answer, err error) {
	tx, err := db.App.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, tx.Rollback(ctx)) }()
	return replay.Begin(ctx, tx, call)
}

func TestKeptAnswerIsOfItsCall(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	keep(t, db, callOf("ada", "k", "one"), "\x00bytes")
	kept, err := begin(t.Context(), db, callOf("ada", "k", "one"))
	if err != nil || kept == nil || kept.Status != 201 || string(kept.Body) != "\x00bytes" || kept.Header.Get("Location") != "/v1/x/1" {
		t.Errorf("kept %+v, error %v", kept, err)
	}
	if _, err := begin(t.Context(), db, callOf("ada", "k", "two")); !errors.Is(err, replay.ErrOther) {
		t.Errorf("another body: %v", err)
	}
	for _, other := range []replay.Call{callOf("bob", "k", "one"), callOf("ada", "K", "one")} {
		if kept, err := begin(t.Context(), db, other); kept != nil || err != nil {
			t.Errorf("%s %s: %v, %v", other.Actor, other.Key, kept, err)
		}
	}
}

func TestAnswerWithoutABody(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	call := callOf("ada", "k", "one")
	err := pgx.BeginFunc(t.Context(), db.App, func(tx pgx.Tx) error {
		return replay.Keep(t.Context(), tx, call, replay.Answer{Status: 204, Header: http.Header{}})
	})
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := begin(t.Context(), db, call); err != nil || kept == nil || kept.Status != 204 || len(kept.Body) != 0 {
		t.Errorf("kept %+v, error %v", kept, err)
	}
}

func TestCallUnderWay(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	first, err := db.App.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := replay.Begin(t.Context(), first, callOf("ada", "k", "one")); err != nil {
		t.Fatal(err)
	}
	if _, err := begin(t.Context(), db, callOf("ada", "k", "one")); !errors.Is(err, replay.ErrInFlight) {
		t.Errorf("while it is under way: %v", err)
	}
	if err := first.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if kept, err := begin(t.Context(), db, callOf("ada", "k", "one")); kept != nil || err != nil {
		t.Errorf("given up: %v, %v", kept, err)
	}
}

func TestForgetting(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	keep(t, db, callOf("ada", "old", "one"), "old")
	keep(t, db, callOf("ada", "new", "one"), "new")
	if _, err := db.Owner.Exec(t.Context(), `UPDATE api_replay SET recorded_at = recorded_at - interval '48 hours' WHERE key = 'old'`); err != nil {
		t.Fatal(err)
	}
	err := pgx.BeginFunc(t.Context(), db.App, func(tx pgx.Tx) error {
		forgotten, err := replay.Forget(t.Context(), tx)
		if forgotten != 1 {
			t.Errorf("forgot %d", forgotten)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if kept, err := begin(t.Context(), db, callOf("ada", "new", "one")); kept == nil || err != nil {
		t.Errorf("the new one: %v, %v", kept, err)
	}
}

// TestRequestsDiffer shows that no part of a request can pass for another's.
func TestRequestsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[[32]byte]string{}
	for _, parts := range [][4]string{
		{"POST", "/a", "t", "b"}, {"POST", "/at", "", "b"}, {"POST", "/a", "", "tb"}, {"POST/", "a", "t", "b"}, {"POST", "/a", "tb", ""},
	} {
		request := replay.RequestOf(uuid.Nil, parts[0], parts[1], parts[2], []byte(parts[3]))
		if other, twice := seen[request]; twice {
			t.Errorf("%q is as %s", parts, other)
		}
		seen[request] = parts[1]
	}
}
