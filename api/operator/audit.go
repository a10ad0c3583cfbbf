package operator

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
)

// verifying is how long computing the log again may take.
const verifying = 2 * time.Minute

func registerAudit(s *wire.Service) {
	wire.Read(s, get("/audit", "list-audit-entries", "List the audit log",
		"Calls that were refused or changed something, the newest first."), operators, listAudit)
	verification := get("/audit/verification", "verify-audit-log", "Verify the audit log",
		"Computes every digest of the log again, and names the first entry that is not as it was written.")
	verification.Metadata = map[string]any{wire.Long: verifying}
	wire.Read(s, verification, operators, verifyAudit)
}

// AuditQuery says which entries are meant: those to which all of it applies.
type AuditQuery struct {
	Actor     string    `query:"actor" maxLength:"512" example:"https://issuer.example ada" doc:"Only calls of this token's holder: issuer, blank, subject."`
	Address   string    `query:"address" maxLength:"64" example:"192.0.2.0/24" doc:"Only calls from this address, or from this network."`
	Operation string    `query:"operation" maxLength:"100" example:"list-devices" doc:"Only calls of this operation."`
	Class     int       `query:"class" minimum:"1" maximum:"5" example:"4" doc:"Only calls answered so: the first digit of the status."`
	Since     time.Time `query:"since" example:"2026-11-21T09:00:00Z" doc:"Only calls recorded then or later."`
	Until     time.Time `query:"until" example:"2026-11-22T09:00:00Z" doc:"Only calls recorded before."`
}

func (q AuditQuery) filter() (f audit.Filter, err error) {
	f = audit.Filter{Actor: q.Actor, Operation: q.Operation, Class: q.Class, Since: q.Since, Until: q.Until}
	if q.Address != "" {
		f.Address, err = audit.ParseAddress(q.Address)
	}
	return f, err
}

type listAuditIn struct {
	AuditQuery
	wire.Paging
}

// Entry is a call in the log.
type Entry struct {
	Number     int64        `json:"number" example:"41" doc:"Its place in the log, from 1 on without a gap."`
	RecordedAt time.Time    `json:"recorded_at" doc:"When it was put on record, by the database's clock."`
	At         time.Time    `json:"at" doc:"When the call was answered, by the server's clock."`
	RequestID  string       `json:"request_id" doc:"Name of the request, as its caller was told."`
	Address    string       `json:"address,omitempty" example:"192.0.2.7" doc:"Where it came from."`
	Actor      string       `json:"actor,omitempty" example:"https://issuer.example ada" doc:"Issuer and subject of the token; absent if none was believed."`
	Person     int64        `json:"person,omitempty" example:"3" doc:"Who acted, as a person."`
	Supplier   *uuid.UUID   `json:"supplier_id,omitempty" format:"uuid" doc:"The supplier of the token."`
	Operation  string       `json:"operation" example:"list-devices" doc:"What was called; empty if there is no such operation."`
	Method     string       `json:"method" example:"GET" doc:"The method."`
	Target     string       `json:"target" example:"/v1/devices" doc:"Path and query."`
	Status     int          `json:"status" example:"404" doc:"What was answered."`
	Kind       string       `json:"kind,omitempty" example:"not-found" doc:"Kind of the problem."`
	Calls      int64        `json:"calls" example:"1" minimum:"1" doc:"How many calls of this caller it stands for, answered alike from at to recorded_at: above 1 if they were over their limit, or it failed on our side. The rest is the first call's."`
	BodySHA256 string       `json:"body_sha256,omitempty" doc:"SHA-256 of the request's body, in hexadecimal digits."`
	Digest     audit.Digest `json:"digest" doc:"SHA-256 over the entry and all before it, in hexadecimal digits."`
}

func viewEntry(r audit.Record) Entry {
	e := Entry{
		Number: r.Number, RecordedAt: r.RecordedAt, At: r.At, RequestID: r.RequestID, Address: r.Address, Actor: r.Actor, Person: r.Person,
		Operation: r.Operation, Method: r.Method, Target: r.Target, Status: r.Status, Kind: r.Kind, Calls: r.Calls, BodySHA256: hex.EncodeToString(r.BodySHA256), Digest: r.Digest,
	}
	if r.Supplier != uuid.Nil {
		e.Supplier = &r.Supplier
	}
	return e
}

// EntryPage is a page of the log; as a table, with the columns of the command line.
type EntryPage struct {
	wire.Page[Entry]
	records []audit.Record
}

// Header names the columns.
func (EntryPage) Header() []string { return audit.Columns() }

// Rows yields a row an entry.
func (p EntryPage) Rows(yield func([]string) bool) {
	for _, r := range p.records {
		if !yield(r.Row()) {
			return
		}
	}
}

func listAudit(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *listAuditIn) (*table[EntryPage], error) {
	start, err := before(in.Paging)
	if err != nil {
		return nil, err
	}
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	records, err := audit.List(ctx, tx, filter, start, in.Limit+1)
	if err != nil {
		return nil, err
	}
	page := wire.PageOf(records, in.Limit, func(last audit.Record) string { return cursorAt(last.Number) })
	p := EntryPage{Page: wire.Page[Entry]{Items: make([]Entry, len(page.Items)), NextCursor: page.NextCursor}, records: page.Items}
	for i, r := range page.Items {
		p.Items[i] = viewEntry(r)
	}
	return &table[EntryPage]{page.NextCursor, p}, nil
}

// Verification is what a verification of the log found.
type Verification struct {
	OK      bool         `json:"ok" doc:"Nothing was found to be wrong."`
	Entries int64        `json:"entries" example:"41" doc:"That were read: with a fault, up to that."`
	Head    int64        `json:"head" example:"41" doc:"Number of the newest entry without a fault, 0 if there is none."`
	Digest  audit.Digest `json:"digest" doc:"Its digest. Keep both elsewhere: they tell later whether the log was cut off or rewritten."`
	Heads   int          `json:"heads_compared" example:"3" doc:"Heads on record that had to be in the log still."`
	Fault   string       `json:"fault,omitempty" example:"entry 7: it is missing: entry 6 is followed by entry 8" doc:"The first entry that is not as it was written, and what differs."`
}

func verifyAudit(ctx context.Context, tx pgx.Tx, _ auth.Caller, _ *struct{}) (*answer[Verification], error) {
	report, err := audit.Verify(ctx, tx)
	if err != nil {
		return nil, err
	}
	v := Verification{OK: report.OK(), Entries: report.Entries, Head: report.Head.Number, Digest: report.Head.Digest, Heads: report.Heads}
	if !v.OK {
		v.Fault = report.Fault.String()
	}
	return &answer[Verification]{v}, nil
}
