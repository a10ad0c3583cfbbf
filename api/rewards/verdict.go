package rewards

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/uptime"
)

// importMax bounds a file of verdicts, in bytes: some hundred thousand rows.
const importMax = 64 << 20

func (d *desk) verdicts() {
	wire.Read(d.Service, reading("/verdicts", "list-verdicts", "List the verdicts",
		"All verdicts, or a device's, the last first, in the order that counts: of a device, only the first of them does."), payers, d.listVerdicts)
	wire.Act(d.Service, making("/verdicts", "add-verdicts", "Record verdicts",
		"Records verdicts by hand, all of them or none. Each stands over every earlier one on its device."), team, d.addVerdicts)
	op := acting("/verdicts/import", "import-verdicts", "Import a file of verdicts",
		"Records the verdicts of a file, all of them or none. Rows that say what was entered last on their device are left out.")
	op.MaxBodyBytes, op.Metadata = importMax, map[string]any{wire.Long: computing}
	wire.Act(d.Service, op, team, d.importVerdicts)
	d.describeImport(op.Path)
}

// Verdict is what a device was found to be.
type Verdict struct {
	DeviceID    uuid.UUID `json:"device_id" format:"uuid" example:"1c7a0c1e-53f0-4f3a-8f0e-0a3b5b7c9d11" doc:"The device."`
	Verdict     string    `json:"verdict" enum:"spoofed,genuine" example:"spoofed" doc:"What it was found to be."`
	EffectiveAt time.Time `json:"effective_at" example:"2024-04-23T06:00:00Z" doc:"From when it holds."`
	Reason      string    `json:"reason" example:"pow_hash_rate_mismatch" doc:"Why."`
	Evidence    string    `json:"evidence" example:"run 17" doc:"What shows it."`
	DecidedAt   time.Time `json:"decided_at" example:"2024-04-23T06:00:00Z" doc:"When it was decided."`
	ByHand      bool      `json:"by_hand" example:"false" doc:"Whether a person entered it."`
	Person      *string   `json:"person" example:"ada" doc:"Who entered it; null: the network decided."`
	Seq         int64     `json:"seq" example:"4711" doc:"Its number, of those by hand or of the network's log."`
}

func viewVerdict(v uptime.Verdict, person *string) Verdict {
	return Verdict{
		DeviceID: v.DeviceID, Verdict: string(v.Kind), EffectiveAt: v.EffectiveAt.UTC(), DecidedAt: v.DecidedAt.UTC(),
		Reason: v.Reason, Evidence: v.Evidence, ByHand: v.ByHand, Person: person, Seq: v.Seq,
	}
}

// verdictPage is a page of verdicts.
type verdictPage struct{ wire.Page[Verdict] }

// Header names the columns; the first five are those of a file of verdicts.
func (verdictPage) Header() []string {
	return []string{"device_id", "verdict", "effective_at", "reason", "evidence", "decided_at", "by_hand", "person", "seq"}
}

// Rows yields a row a verdict.
func (p verdictPage) Rows(yield func([]string) bool) {
	for _, v := range p.Items {
		person := ""
		if v.Person != nil {
			person = *v.Person
		}
		row := []string{
			v.DeviceID.String(), v.Verdict, v.EffectiveAt.Format(time.RFC3339Nano), v.Reason, v.Evidence,
			v.DecidedAt.Format(time.RFC3339Nano), strconv.FormatBool(v.ByHand), person, strconv.FormatInt(v.Seq, 10),
		}
		if !yield(row) {
			return
		}
	}
}

type listVerdicts struct {
	Device uuid.UUID `query:"device" format:"uuid" example:"1c7a0c1e-53f0-4f3a-8f0e-0a3b5b7c9d11" doc:"Only those on this device."`
	ManyRows
}

func (d *desk) listVerdicts(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *listVerdicts) (*table[verdictPage], error) {
	before, err := parseVerdictPlace(in.Cursor)
	if err != nil {
		return nil, err
	}
	records, err := uptime.VerdictsBefore(ctx, tx, orNone(in.Device), before, in.Limit+1)
	if err != nil {
		return nil, err
	}
	people := make([]*int64, len(records))
	for i := range records {
		people[i] = records[i].PersonID
	}
	names, err := readNames(ctx, tx, people...)
	if err != nil {
		return nil, err
	}
	views := make([]Verdict, len(records))
	for i, r := range records {
		views[i] = viewVerdict(r.Verdict, names.orNone(r.PersonID))
	}
	page := wire.PageOf(views, in.Limit, func(v Verdict) string {
		return wire.Cursor(v.DecidedAt.Format(time.RFC3339Nano), strconv.FormatBool(v.ByHand), strconv.FormatInt(v.Seq, 10))
	})
	return &table[verdictPage]{page.NextCursor, verdictPage{page}}, nil
}

// parseVerdictPlace reads where a page begins; nil: with the last verdict of all.
func parseVerdictPlace(cursor string) (*uptime.VerdictPlace, error) {
	at, err := wire.ParseCursor(cursor, 3)
	if err != nil || at == nil {
		return nil, err
	}
	var (
		p    uptime.VerdictPlace
		errs [3]error
	)
	p.DecidedAt, errs[0] = time.Parse(time.RFC3339Nano, at[0])
	p.ByHand, errs[1] = strconv.ParseBool(at[1])
	p.Seq, errs[2] = strconv.ParseInt(at[2], 10, 64)
	if errors.Join(errs[:]...) != nil {
		return nil, wire.BadCursor
	}
	return &p, nil
}

// Entry is a verdict as a person enters it.
type Entry struct {
	DeviceID    uuid.UUID `json:"device_id" format:"uuid" example:"1c7a0c1e-53f0-4f3a-8f0e-0a3b5b7c9d11" doc:"The device."`
	Verdict     string    `json:"verdict" enum:"spoofed,genuine" example:"spoofed" doc:"What it is found to be."`
	EffectiveAt time.Time `json:"effective_at" example:"2024-04-23T06:00:00Z" doc:"From when it holds."`
	Reason      string    `json:"reason" minLength:"1" maxLength:"2000" pattern:"^[^\\x00]*[^\\x00\\s][^\\x00]*$" example:"pow_hash_rate_mismatch" doc:"Why; one line."`
	Evidence    string    `json:"evidence" minLength:"1" maxLength:"2000" example:"run 17" doc:"What shows it; one line."`
}

func entriesOf(entries []Entry) ([]uptime.VerdictEntry, error) {
	all := make([]uptime.VerdictEntry, len(entries))
	for i, e := range entries {
		if err := moments(fmt.Sprintf("body.verdicts[%d].effective_at", i), &e.EffectiveAt); err != nil {
			return nil, err
		}
		all[i] = uptime.VerdictEntry{
			DeviceID: e.DeviceID, Kind: uptime.VerdictKind(e.Verdict), EffectiveAt: e.EffectiveAt, Reason: e.Reason, Evidence: e.Evidence,
		}
	}
	return all, nil
}

type addVerdicts struct {
	Body addVerdictsBody
}

// addVerdictsBody is what addVerdicts takes.
type addVerdictsBody struct {
	Verdicts []Entry `json:"verdicts" minItems:"1" maxItems:"1000" nullable:"false" doc:"The verdicts, in order: the last on a device is the one that counts."`
}

func (d *desk) addVerdicts(ctx context.Context, a wire.Acting, in *addVerdicts) (*made[wire.Page[Verdict]], error) {
	entries, err := entriesOf(in.Body.Verdicts)
	if err != nil {
		return nil, err
	}
	added, err := uptime.AddVerdicts(ctx, a.Tx, entries, a.Person)
	if err != nil {
		return nil, err
	}
	names, err := readNames(ctx, a.Tx, &a.Person)
	if err != nil {
		return nil, err
	}
	page := wire.Page[Verdict]{Items: make([]Verdict, len(added))}
	for i, v := range added {
		page.Items[i] = viewVerdict(v, names.orNone(&a.Person))
	}
	return &made[wire.Page[Verdict]]{prefix + "/verdicts", page}, nil
}
