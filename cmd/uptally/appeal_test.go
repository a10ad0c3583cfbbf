package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/appeal"
	"github.com/uptally/uptally/internal/embedpg"
)

// An appeal is listed, shown and answered by command lines.
func TestAppealsByCommandLine(t *testing.T) {
	data := dataFolder(t)
	server := startPostgres(t, data)
	as := func(actor string, args ...string) result {
		return uptally(t, append([]string{"--data", data, "--actor", actor, "appeal"}, args...)...)
	}
	as("ada", "list").must(t, 0) // which makes the database
	uptally(t, "--data", data, "--actor", "anne", "hold", "add", "--from", "2024-04-25", "--to", "2024-04-26", "--reason", "so that anne is a person").must(t, 0)
	id := uuid.New()
	connection, err := pgx.Connect(t.Context(), server.URL(embedpg.Owner))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(context.WithoutCancel(t.Context()))
	if _, err := connection.Exec(t.Context(), `SET session_replication_role = replica`); err != nil {
		t.Fatal(err)
	}
	if _, err := connection.Exec(t.Context(), `
		INSERT INTO appeal (id, supplier_id, season, revision, device, device_id, first_slot, end_slot, outcome, notes, amount, reason, evidence,
			within_days, answer_days, opened_by, recorded_at, due_at)
		SELECT $1, '9d2a0000-0000-4000-8000-000000000001', 's1', 1, 0, gen_random_uuid(), 5714208, 5714496, 6, 32, 0, 'it ran all day', '{https://example.org/log}',
			30, 14, person_id, now() - interval '20 days', now() - interval '6 days' FROM person_name WHERE name = 'anne'`, id); err != nil {
		t.Fatal(err)
	}

	listed := as("ada", "list").must(t, 0).out
	if !strings.Contains(listed, "open, overdue") || !strings.Contains(listed, "s1/r1") || !strings.Contains(listed, "owner_changed") {
		t.Errorf("listed:\n%s", listed)
	}
	if v := decode[[]appealView](t, as("ada", "list", "--state", "refused", "--json").must(t, 0)); len(v) != 0 {
		t.Errorf("refused: %+v", v)
	}
	if v := decode[[]appealView](t, as("ada", "list", "--due-before", "2024-05-01", "--json").must(t, 0)); len(v) != 0 {
		t.Errorf("due in 2024: %+v", v)
	}
	as("ada", "show", uuid.NewString()).must(t, 3)
	as("ada", "answer", id.String(), "--reason", "no").must(t, 2)
	as("ada", "answer", id.String(), "--accept", "--reason", "you are right").must(t, 2)
	as("ada", "answer", id.String(), "--accept", "--reason", "you are right", "--verdict", "7").must(t, 2)
	as("ada", "answer", id.String(), "--refuse", "--reason", "no", "--dry-run").must(t, 0)
	as("anne", "answer", id.String(), "--refuse", "--reason", "no").must(t, 4)
	v := decode[appealView](t, as("ada", "answer", id.String(), "--refuse", "--reason", "the log is of another device", "--json").must(t, 0))
	if v.State != appeal.Refused || v.OpenedBy != "anne" || v.Answer == nil || v.Answer.AnsweredBy != "ada" || v.Overdue {
		t.Errorf("answered: %+v", v)
	}
	as("ada", "answer", id.String(), "--refuse", "--reason", "no").must(t, 5)
	shown := as("grace", "show", id.String()).must(t, 0).out
	for _, want := range []string{": refused, due ", "by anne", "because: it ran all day", "evidence: https://example.org/log", "refused by ada", "what came of it: -"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not in:\n%s", want, shown)
		}
	}
}

// The key of webhooks is that of the file, that of the environment, or on the embedded
// database one that is made; no refusal tells it.
func TestTheKeyOfWebhooks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := strings.Repeat("A", 43) + "="
	file := filepath.Join(dir, "key")
	if err := os.WriteFile(file, []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	environment := map[string]string{}
	a := &app{globals: globals{Data: dir}, lookup: func(name string) (string, bool) { v, ok := environment[name]; return v, ok }}
	own, embedded := &database{}, &database{embedded: &embedpg.Server{}}
	id := uuid.UUID{1}
	if s, err := (supplierFlags{}).webhooks(a, own); s != nil || err != nil {
		t.Errorf("without a key: %v (%v)", s, err)
	}
	given, err := supplierFlags{WebhookKey: file}.webhooks(a, own)
	if err != nil {
		t.Fatal(err)
	}
	environment["UPTALLY_WEBHOOK_KEY"] = key
	if s, err := (supplierFlags{}).webhooks(a, own); err != nil || s.Secret(id, 1) != given.Secret(id, 1) {
		t.Errorf("of the environment: %v", err)
	}
	environment["UPTALLY_WEBHOOK_KEY"] = "geheim"
	if _, err := (supplierFlags{}).webhooks(a, own); exitCode(err) != exitUsage || strings.Contains(err.Error(), "geheim") {
		t.Errorf("of no key: %v", err)
	}
	delete(environment, "UPTALLY_WEBHOOK_KEY")
	made, err := supplierFlags{}.webhooks(a, embedded)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := (supplierFlags{WebhookLoopback: true}).webhooks(a, embedded); err != nil || again.Secret(id, 1) != made.Secret(id, 1) || made.Secret(id, 1) == given.Secret(id, 1) {
		t.Errorf("made: %v", err)
	}
	if _, err := (supplierFlags{WebhookKey: file, WebhookLoopback: true}).webhooks(a, own); exitCode(err) != exitNotAllowed {
		t.Errorf("loopback on a database of one's own: %v", err)
	}
	for _, f := range []supplierFlags{{AppealWithin: 0, AppealAnswer: 14}, {AppealWithin: 30, AppealAnswer: 366}} {
		if _, err := f.terms(); exitCode(err) != exitUsage {
			t.Errorf("%+v: %v", f, err)
		}
	}
	if _, err := (supplierFlags{WalletHold: -1}).wallets(); exitCode(err) != exitUsage {
		t.Errorf("a hold below zero: %v", err)
	}
}
