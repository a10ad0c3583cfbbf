package audit

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// tampering is done by the owner with no trigger in the way, to a log of 9 entries,
// the first 6 of which are on record as a head.
var tamperings = []struct{ name, statements, blames string }{
	{"the time", `UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE number = 4`, "entry 4: its columns give"},
	{"the time of recording", `UPDATE audit_entry SET recorded_at = recorded_at - interval '1 microsecond' WHERE number = 4`, "entry 4: its columns give"},
	{"the request", `UPDATE audit_entry SET request_id = '' WHERE number = 4`, "entry 4: its columns give"},
	{"the address", `UPDATE audit_entry SET address = '192.0.2.8' WHERE number = 4`, "entry 4: its columns give"},
	{"no address", `UPDATE audit_entry SET address = NULL WHERE number = 4`, "entry 4: its columns give"},
	{"the actor", `UPDATE audit_entry SET actor = 'bob' WHERE number = 1`, "entry 1: its columns give"},
	{"the person", `UPDATE audit_entry SET person = 8 WHERE number = 9`, "entry 9: its columns give"},
	{"the supplier", `UPDATE audit_entry SET supplier_id = gen_random_uuid() WHERE number = 4`, "entry 4: its columns give"},
	{"the operation", `UPDATE audit_entry SET operation = 'other' WHERE number = 4`, "entry 4: its columns give"},
	{"the method", `UPDATE audit_entry SET method = 'GET' WHERE number = 4`, "entry 4: its columns give"},
	{"the target", `UPDATE audit_entry SET target = '/' WHERE number = 4`, "entry 4: its columns give"},
	{"the status", `UPDATE audit_entry SET status = 200 WHERE number = 4`, "entry 4: its columns give"},
	{"the kind", `UPDATE audit_entry SET kind = 'x' WHERE number = 4`, "entry 4: its columns give"},
	{"the body", `UPDATE audit_entry SET body_sha256 = NULL WHERE number = 4`, "entry 4: its columns give"},
	{"a letter from field to field", `UPDATE audit_entry SET operation = 'freeze-walle', method = 'tPOST' WHERE number = 4`, "entry 4: its columns give"},
	{"the digest", `UPDATE audit_entry SET digest = previous_digest WHERE number = 4`, "entry 4: its columns give"},
	{"the previous digest", `UPDATE audit_entry SET previous_digest = digest WHERE number = 4`, "entry 4: it follows digest"},
	{"the first removed", `DELETE FROM audit_entry WHERE number = 1`, "entry 1: it is missing"},
	{"one removed", `DELETE FROM audit_entry WHERE number = 4`, "entry 4: it is missing"},
	{"one removed, and those after it moved up", `DELETE FROM audit_entry WHERE number = 4;
		UPDATE audit_entry SET number = number + 999 WHERE number > 4; UPDATE audit_entry SET number = number - 1000 WHERE number > 999`, "entry 4: it follows digest"},
	{"the end cut off past a head", `DELETE FROM audit_entry WHERE number > 5`, "entry 6: it is gone"},
	{"all removed", `DELETE FROM audit_entry`, "entry 6: it is gone"},
	{"one inserted", `UPDATE audit_entry SET number = number + 1000 WHERE number >= 4; UPDATE audit_entry SET number = number - 999 WHERE number > 999;
		INSERT INTO audit_entry (number, at, recorded_at, request_id, actor, operation, method, target, status, kind, previous_digest, digest)
		SELECT 4, at, recorded_at, 'forged', actor, operation, method, target, status, kind, digest, digest FROM audit_entry WHERE number = 3`, "entry 4: its columns give"},
	{"one appended", `INSERT INTO audit_entry (number, at, recorded_at, request_id, actor, operation, method, target, status, kind, previous_digest, digest)
		SELECT 10, at, recorded_at, 'forged', actor, operation, method, target, status, kind, digest, digest FROM audit_entry WHERE number = 9`, "entry 10: its columns give"},
	{"two in the other order", `UPDATE audit_entry SET number = 999 WHERE number = 4; UPDATE audit_entry SET number = 4 WHERE number = 5;
		UPDATE audit_entry SET number = 5 WHERE number = 999`, "entry 4: it follows digest"},
	{"one twice", `ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_pkey CASCADE;
		ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_number_digest_key CASCADE; UPDATE audit_entry SET number = 4 WHERE number = 5`, "entry 4: it "},
	{"a number that is none", `ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_number_check; ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_check; UPDATE audit_entry SET number = 0 WHERE number = 4`, "entry 0: its number is none"},
	{"a number that is gone", `ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_pkey CASCADE; ALTER TABLE audit_entry ALTER number DROP NOT NULL;
		UPDATE audit_entry SET number = NULL WHERE number = 4`, "entry 0: its number is none"},
	{"a digest that is gone", `ALTER TABLE audit_entry ALTER digest DROP NOT NULL; UPDATE audit_entry SET digest = NULL WHERE number = 4`, "entry 4: its columns give"},
	{"what computes digests, for one's own", `CREATE OR REPLACE FUNCTION audit_digest(e audit_entry) RETURNS bytea LANGUAGE sql AS 'SELECT e.digest';
		UPDATE audit_entry SET status = 200 WHERE number = 4`, "entry 4: its columns give"},
	{"the end written anew past a head", `UPDATE audit_entry SET actor = 'bob' WHERE number = 6; UPDATE audit_entry e SET digest = audit_digest(e) WHERE number = 6;
		UPDATE audit_entry SET previous_digest = (SELECT digest FROM audit_entry WHERE number = 6) WHERE number = 7;
		UPDATE audit_entry e SET digest = audit_digest(e) WHERE number = 7; DELETE FROM audit_entry WHERE number > 7`, "entry 6: its digest is"},
}

func TestVerifyNamesWhatWasTamperedWith(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if report := b.verify(); !report.OK() || report != (Report{}) {
		t.Fatalf("an empty log: %+v", report)
	}
	b.append(calls(6)...)
	mark := func(every time.Duration, want bool) {
		b.do(func(tx pgx.Tx) error {
			head, marked, err := Mark(t.Context(), tx, every)
			if marked != want || marked && head.Number != 6 {
				t.Errorf("marked %v: %+v", marked, head)
			}
			return err
		})
	}
	mark(time.Hour, true)
	mark(0, false) // is marked
	b.append(calls(3)...)
	mark(time.Hour, false) // too soon
	if report := b.verify(); !report.OK() || report.Entries != 9 || report.Heads != 1 {
		t.Fatalf("before any tampering: %+v", report)
	}
	for _, c := range tamperings {
		t.Run(c.name, func(t *testing.T) {
			b.forged(t, func(tx pgx.Tx) {
				forge(t, tx, c.statements)
				report, err := Verify(t.Context(), tx)
				if err != nil || !strings.HasPrefix(report.Fault.String(), c.blames) {
					t.Errorf("got %v, %v, want %s", report.Fault, err, c.blames)
				}
			})
		})
	}
}

// Whoever owns the database takes the heads on record away, too.
func TestAHeadKnownFromElsewhereTells(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.append(calls(3)...)
	known := b.verify().Head
	b.append(call(3))
	if report := b.verify(known, Head{}); !report.OK() || report.Heads != 1 {
		t.Errorf("a head that is there: %+v", report)
	}
	b.forged(t, func(tx pgx.Tx) {
		forge(t, tx, `DELETE FROM audit_entry WHERE number > 2`)
		if report, err := Verify(t.Context(), tx); err != nil || !report.OK() {
			t.Errorf("by itself the rest should hold: %+v, %v", report, err)
		}
		report, err := Verify(t.Context(), tx, known, Head{Number: 9})
		if err != nil || !strings.HasPrefix(report.Fault.String(), "entry 3: it is gone: its digest is known as "+known.Digest.String()) {
			t.Errorf("got %v, %v", report.Fault, err)
		}
	})
	if report := b.verify(Head{Number: 2, Digest: known.Digest}); report.Fault.Entry != 2 || !strings.Contains(report.Fault.What, "is known as") {
		t.Errorf("another digest: %+v", report)
	}
}
