package main

import (
	"context"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/audit"
)

type auditCommands struct {
	List   auditList   `cmd:"" help:"List the calls that were refused or changed something, the newest first."`
	Verify auditVerify `cmd:"" help:"Compute every digest of the log again."`
}

type auditList struct {
	Caller    string  `placeholder:"ACTOR" help:"Only calls of one token's holder: issuer, blank, subject."`
	Address   string  `placeholder:"ADDRESS" help:"Only calls from an address, or from a network such as 192.0.2.0/24."`
	Operation string  `placeholder:"ID" help:"Only calls of one operation."`
	Class     int     `placeholder:"DIGIT" help:"Only calls answered so: 2, 4 or 5 for 2xx, 4xx or 5xx."`
	Since     instant `placeholder:"TIME" help:"Only calls recorded then or later."`
	Until     instant `placeholder:"TIME" help:"Only calls recorded before."`
	Before    int64   `placeholder:"NUMBER" help:"Only entries of lower numbers: where the last list ended."`
	Limit     int     `default:"50" help:"Most entries."`
	CSV       bool    `name:"csv" help:"Print CSV."`
}

// filter is what the flags ask for.
func (c auditList) filter() (f audit.Filter, err error) {
	f = audit.Filter{Actor: c.Caller, Operation: c.Operation, Class: c.Class, Since: c.Since.Time, Until: c.Until.Time}
	switch {
	case c.Class < 0 || c.Class > 5:
		return f, usage("--class %d: give the first digit of a status, 1 to 5", c.Class)
	case c.Limit < 1:
		return f, usage("--limit %d: give 1 or more", c.Limit)
	case c.Address != "":
		f.Address, err = audit.ParseAddress(c.Address)
	}
	return f, err
}

// Run lists the entries.
func (c auditList) Run(ctx context.Context, a *app) error {
	filter, err := c.filter()
	if err != nil {
		return err
	}
	var records []audit.Record
	if err := a.read(ctx, func(tx pgx.Tx) (err error) {
		records, err = audit.List(ctx, tx, filter, c.Before, c.Limit)
		return err
	}); err != nil {
		return err
	}
	if c.CSV {
		return printRecords(a.out, records)
	}
	views := make([]entryView, len(records))
	for i, r := range records {
		views[i] = viewEntry(r)
	}
	return a.show(views, func(out io.Writer) {
		g := newGrid(">entry", "recorded", ">status", "method", "target", "operation", "actor", "address", "kind", ">calls")
		for _, v := range views {
			g.add(v.Number, utc(v.RecordedAt), v.Status, v.Method, v.Target, v.Operation, v.Actor, v.Address, v.Kind, v.Calls)
		}
		g.print(out)
	})
}

func printRecords(out io.Writer, records []audit.Record) error {
	w := csv.NewWriter(out)
	if err := w.Write(audit.Columns()); err != nil {
		return err
	}
	for _, r := range records {
		if err := w.Write(r.Row()); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// entryView is an entry as --json prints it.
type entryView struct {
	Number     int64        `json:"number"`
	RecordedAt time.Time    `json:"recorded_at"`
	At         time.Time    `json:"at"`
	RequestID  string       `json:"request_id"`
	Address    string       `json:"address"`
	Actor      string       `json:"actor"`
	Person     int64        `json:"person,omitempty"`
	Supplier   *uuid.UUID   `json:"supplier_id,omitempty"`
	Operation  string       `json:"operation"`
	Method     string       `json:"method"`
	Target     string       `json:"target"`
	Status     int          `json:"status"`
	Kind       string       `json:"kind,omitempty"`
	Calls      int64        `json:"calls"`
	BodySHA256 string       `json:"body_sha256,omitempty"`
	Digest     audit.Digest `json:"digest"`
}

func viewEntry(r audit.Record) entryView {
	v := entryView{
		Number: r.Number, RecordedAt: r.RecordedAt, At: r.At, RequestID: r.RequestID, Address: r.Address, Actor: r.Actor, Person: r.Person,
		Operation: r.Operation, Method: r.Method, Target: r.Target, Status: r.Status, Kind: r.Kind, Calls: r.Calls, BodySHA256: hex.EncodeToString(r.BodySHA256), Digest: r.Digest,
	}
	if r.Supplier != uuid.Nil {
		v.Supplier = &r.Supplier
	}
	return v
}

type auditVerify struct {
	Head []string `placeholder:"NUMBER:DIGEST" help:"Entry that must still be in the log with this digest, as the server's log told it; repeat for several."`
}

// auditVerifyView is what a verification of the log found.
type auditVerifyView struct {
	OK      bool         `json:"ok"`
	Entries int64        `json:"entries"`
	Head    int64        `json:"head"`
	Digest  audit.Digest `json:"digest"`
	Heads   int          `json:"heads_compared"`
	Fault   string       `json:"fault,omitempty"`
}

// Run reads the whole log; a fault is an error after it has been printed.
func (c auditVerify) Run(ctx context.Context, a *app) error {
	known, err := parseHeads(c.Head)
	if err != nil {
		return err
	}
	var report audit.Report
	if err := a.read(ctx, func(tx pgx.Tx) (err error) {
		report, err = audit.Verify(ctx, tx, known...)
		return err
	}); err != nil {
		return err
	}
	view := auditVerifyView{OK: report.OK(), Entries: report.Entries, Head: report.Head.Number, Digest: report.Head.Digest, Heads: report.Heads}
	if !view.OK {
		view.Fault = report.Fault.String()
	}
	if err := a.show(view, view.print); err != nil {
		return err
	}
	if !view.OK {
		return fmt.Errorf("%w in the audit log: from there on it is not as it was written", errFaulty)
	}
	return nil
}

func (v auditVerifyView) print(out io.Writer) {
	if v.Fault != "" {
		fmt.Fprintln(out, v.Fault)
		return
	}
	fmt.Fprintf(out, "%s entries without a fault, %d heads compared; head is entry %d, %s\n", count(v.Entries), v.Heads, v.Head, v.Digest)
}

// parseHeads reads NUMBER:DIGEST.
func parseHeads(texts []string) ([]audit.Head, error) {
	heads := make([]audit.Head, len(texts))
	for i, text := range texts {
		number, digest, _ := strings.Cut(text, ":")
		n, err := strconv.ParseInt(number, 10, 64)
		if err = errors.Join(err, heads[i].Digest.UnmarshalText([]byte(digest))); err != nil || n < 1 {
			return nil, usage("--head %q: give the number of an entry, a colon, and its digest of 64 hexadecimal digits", text)
		}
		heads[i].Number = n
	}
	return heads, nil
}
