package finance

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger"
)

// LedgerJournal is one act on record.
type LedgerJournal struct {
	Journal   int64      `json:"journal" example:"7" doc:"Its number: 1, 2, 3 … without a gap."`
	Act       ledger.Act `json:"act" enum:"fund,seal,correct,prepare,settle,return" doc:"What it records."`
	Key       string     `json:"key" doc:"Its idempotency key."`
	Actor     string     `json:"actor" doc:"Who posted it."`
	Reason    string     `json:"reason" doc:"Why, in their words."`
	Season    string     `json:"season,omitempty" example:"ignition-s1" doc:"Code of the season that it is of."`
	Revision  int        `json:"revision,omitempty" example:"2" doc:"Revision of the season that it posted."`
	Transfers int64      `json:"transfers" doc:"How many it has."`
	Total     wire.Money `json:"total" doc:"The sum of their amounts."`
	PostedAt  time.Time  `json:"posted_at" doc:"When it was posted."`
	Digest    string     `json:"digest" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 over the journal before and this one's contents."`
}

// LedgerJournals is a page of journals.
type LedgerJournals struct {
	wire.Page[LedgerJournal]
}

// Header returns the columns of the table.
func (LedgerJournals) Header() []string {
	return []string{"journal", "act", "key", "actor", "reason", "season", "revision", "transfers", "total", "posted_at", "digest"}
}

// Rows yields a journal a row; what people typed is quoted within its cell.
func (j LedgerJournals) Rows(yield func([]string) bool) {
	for _, item := range j.Items {
		revision := ""
		if item.Revision != 0 {
			revision = strconv.Itoa(item.Revision)
		}
		if !yield([]string{
			strconv.FormatInt(item.Journal, 10), string(item.Act), quoted(item.Key), quoted(item.Actor), quoted(item.Reason), item.Season, revision,
			strconv.FormatInt(item.Transfers, 10), item.Total.Amount, item.PostedAt.Format(time.RFC3339Nano), item.Digest,
		}) {
			return
		}
	}
}

func viewJournals(ctx context.Context, tx pgx.Tx, journals ...ledger.Journal) ([]LedgerJournal, error) {
	actors := make([]int64, len(journals))
	for i, j := range journals {
		actors[i] = j.Actor
	}
	names, err := readNames(ctx, tx, actors...)
	views := make([]LedgerJournal, len(journals))
	for i, j := range journals {
		views[i] = LedgerJournal{
			j.Number, j.Act, j.Key, names.of(j.Actor), j.Reason, j.Season, j.Revision, j.Count, wire.MoneyOf(j.Total), j.PostedAt, j.Digest.String(),
		}
	}
	return views, err
}

func registerJournals(s *wire.Service) {
	type output struct {
		NextCursor string `header:"Next-Cursor" doc:"Cursor of the next page; absent on the last."`
		Body       LedgerJournals
	}
	wire.Read(s, reading("list-ledger-journals", "/ledger/journals", "List the journals",
		"Every act on record, the newest first."), books,
		func(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *Paging) (*output, error) {
			below, err := numberOf(in.Cursor)
			if err != nil {
				return nil, err
			}
			journals, err := ledger.JournalsBefore(ctx, tx, below, in.Limit+1)
			if err != nil {
				return nil, err
			}
			views, err := viewJournals(ctx, tx, journals...)
			page := wire.PageOf(views, in.Limit, func(last LedgerJournal) string { return cursorAt(last.Journal) })
			return &output{page.NextCursor, LedgerJournals{page}}, err
		})
	registerHead(s)
	registerVerification(s)
}

// LedgerHead is the newest journal.
type LedgerHead struct {
	Number   int64      `json:"number" example:"7" doc:"Number of the newest journal; 0 if nothing was posted yet."`
	Digest   string     `json:"digest" pattern:"^[0-9a-f]{64}$" doc:"Its digest: whoever keeps it can tell later whether the past was rewritten."`
	PostedAt *time.Time `json:"posted_at,omitempty" doc:"When it was posted."`
}

func registerHead(s *wire.Service) {
	type output struct{ Body LedgerHead }
	wire.Read(s, reading("get-ledger-head", "/ledger/head", "Read the head of the ledger",
		"The newest journal and its digest, unsigned: heads are signed outside of the database's reach, on the command line."), books,
		func(ctx context.Context, tx pgx.Tx, _ auth.Caller, _ *struct{}) (*output, error) {
			j, found, err := ledger.NewestJournal(ctx, tx)
			head := LedgerHead{Number: j.Number, Digest: j.Digest.String()}
			if found {
				head.PostedAt = &j.PostedAt
			}
			return &output{head}, err
		})
}

// LedgerVerification is what was found when the ledger was last verified.
type LedgerVerification struct {
	OK        bool      `json:"ok" doc:"No fault was found."`
	At        time.Time `json:"at" doc:"When it was."`
	Journals  int64     `json:"journals" doc:"How many were verified."`
	Transfers int64     `json:"transfers" doc:"How many were verified."`
	Accounts  int64     `json:"accounts" doc:"How many were verified."`
	Head      int64     `json:"head" doc:"Number of the newest journal then."`
	Digest    string    `json:"digest" pattern:"^[0-9a-f]{64}$" doc:"Its digest."`
	FaultsAll int64     `json:"fault_count" doc:"How many faults were found."`
	Faults    []string  `json:"faults" nullable:"false" doc:"The first hundred of them."`
}

func registerVerification(s *wire.Service) {
	type output struct{ Body LedgerVerification }
	wire.Read(s, reading("get-ledger-verification", "/ledger/verification", "Read the last verification of the ledger",
		"A nightly job computes every digest and every balance again, and puts on record what it found."), books,
		func(ctx context.Context, tx pgx.Tx, _ auth.Caller, _ *struct{}) (*output, error) {
			v, err := ledger.LastVerification(ctx, tx)
			if err != nil {
				return nil, err
			}
			return &output{LedgerVerification{
				v.Faults == 0, v.At, v.Journals, v.Transfers, v.Accounts, v.Head.Number, v.Head.Digest.String(), v.Faults, orEmpty(v.First),
			}}, nil
		})
}

// orEmpty is the list, which JSON must show as one.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
