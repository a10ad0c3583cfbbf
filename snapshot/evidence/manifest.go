package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/uptally/uptally/ledger"
	"github.com/uptally/uptally/snapshot"
)

// Format is the format of bundles that this package writes, and the only one that it
// reads. Whatever a bundle's reader must know of changes it.
const Format = "uptally-evidence/1"

// The members, in their order. The manifest is the last: it speaks of all others.
const (
	readmeMember   = "README.md"
	seasonMember   = "season.json"
	rulesetMember  = "ruleset.toml"
	windowsMember  = "windows.json"
	holdsMember    = "holds.json"
	releasedMember = "released_changes.json"
	importsMember  = "imports.json"
	coverageTable  = "coverage.parquet"
	chunksTable    = "chunks.parquet"
	devicesTable   = "devices.parquet"
	changesTable   = "changes.parquet"
	verdictsTable  = "verdicts.parquet"
	minutesTable   = "job_minutes.parquet"
	linesTable     = "lines.parquet"
	manifestMember = "manifest.json"
)

var memberNames = []string{
	readmeMember, seasonMember, rulesetMember, windowsMember, holdsMember, releasedMember, importsMember, coverageTable,
	chunksTable, devicesTable, changesTable, verdictsTable, minutesTable, linesTable, manifestMember,
}

// manifest says what the bundle is of, what the snapshot came to, and what the
// members are.
type manifest struct {
	Format        string        `json:"format"`
	Of            head          `json:"of"`
	Digest        string        `json:"digest"` // of the snapshot, in hex
	Pool          ledger.Amount `json:"pool"`
	Points        string        `json:"points"` // Σ points of the lines
	Allocated     ledger.Amount `json:"allocated"`
	Residual      ledger.Amount `json:"residual"`
	Drawn         ledger.Amount `json:"drawn"`
	Lines         int64         `json:"lines"`
	Suppliers     int64         `json:"suppliers"`
	Devices       int64         `json:"devices"`
	ObservedSlots int32         `json:"observed_slots"`
	SeasonSlots   int32         `json:"season_slots"`
	Coverage      coverage      `json:"coverage"`
	Correction    *correction   `json:"correction"`
	Groups        []group       `json:"groups"`
	Members       []member      `json:"members"`
}

// head names the revision. Every table repeats it, so that members of two bundles
// cannot be mixed up.
type head struct {
	Season   string         `json:"season"`
	Revision int            `json:"revision"`
	State    snapshot.State `json:"state"` // when the bundle was written
	Estimate bool           `json:"estimate"`
	AsOf     moment         `json:"as_of"`
	Corrects string         `json:"corrects"` // the revision sealed before it, or ""
	Imports  string         `json:"imports"`  // SHA-256 of imports.json, in hex: no digest is over it
}

// coverage adds up the table of coverage.
type coverage struct {
	Hours    int64 `json:"hours"`
	Closed   int64 `json:"closed"`
	Reopened int64 `json:"reopened"`
}

// correction is what binds a revision that follows a sealed one: the rate that the
// first sealed one fixed, and how the last sealed one stood.
type correction struct {
	Points    string        `json:"points"` // Σ points that fixed the rate
	Digest    string        `json:"digest"`
	Allocated ledger.Amount `json:"allocated"`
	Residual  ledger.Amount `json:"residual"`
	Drawn     ledger.Amount `json:"drawn"`
}

// group is some 16,000 devices that are scored together.
type group struct {
	Inputs    string        `json:"inputs"` // digest of what its lines follow from
	Digest    string        `json:"digest"` // of that and of the lines
	Points    string        `json:"points"`
	Allocated ledger.Amount `json:"allocated"`
	Rows      groupRows     `json:"rows"`
}

// groupRows are how many rows of each table are the group's.
type groupRows struct {
	Chunks     int64 `json:"chunks"`
	Devices    int64 `json:"devices"`
	Changes    int64 `json:"changes"`
	Verdicts   int64 `json:"verdicts"`
	JobMinutes int64 `json:"job_minutes"`
	Lines      int64 `json:"lines"`
}

// of returns the rows of the table.
func (r *groupRows) of(table string) *int64 {
	switch table {
	case chunksTable:
		return &r.Chunks
	case devicesTable:
		return &r.Devices
	case changesTable:
		return &r.Changes
	case verdictsTable:
		return &r.Verdicts
	case minutesTable:
		return &r.JobMinutes
	}
	return &r.Lines
}

// groupTables are the tables that have a row group a group of devices.
var groupTables = []string{chunksTable, devicesTable, changesTable, verdictsTable, minutesTable, linesTable}

// member is a file of the bundle. A table comes in parts, one a group of devices (the
// coverage in one) and its footer.
type member struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	Rows   int64  `json:"rows"`
	Parts  []part `json:"parts"`
}

type part struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// seasonDocument is season.json.
type seasonDocument struct {
	Code     string        `json:"code"`
	FirstDay moment        `json:"first_day"` // midnight UTC
	LastDay  moment        `json:"last_day"`  // midnight UTC, inclusive
	Pool     ledger.Amount `json:"pool"`
}

// windowDocument is one grace window of windows.json; its fields are those of
// snapshot.Window.
type windowDocument struct {
	From           moment            `json:"from"`
	To             moment            `json:"to"`
	Cause          string            `json:"cause"`
	Lookback       int               `json:"lookback"`
	MinBefore      snapshot.Fraction `json:"min_before"`
	Sustain        int               `json:"sustain"`
	ReconnectBy    moment            `json:"reconnect_by"`
	Credit         snapshot.Credit   `json:"credit"`
	Cap            *int              `json:"cap"`
	RequireGenuine bool              `json:"require_genuine"`
}

// intervalDocument is an interval, [from, to): a metadata hold of holds.json, a span of
// imports.json.
type intervalDocument struct {
	From moment `json:"from"`
	To   moment `json:"to"`
}

// importDocument is one archive of imports.json: heartbeats that were not pulled, but
// merged from files, by two people.
type importDocument struct {
	Source         string             `json:"source"`          // as the archive's own manifest tells
	ManifestSHA256 string             `json:"manifest_sha256"` // that manifest has the hash of each file
	Files          int64              `json:"files"`
	Complete       []intervalDocument `json:"complete"` // the spans that it covers
}

// moment is an instant as documents have it: in UTC, whatever it was read in.
type moment struct{ time.Time }

// MarshalJSON returns RFC 3339 with as many places as it takes.
func (m moment) MarshalJSON() ([]byte, error) { return m.UTC().MarshalJSON() }

// encode writes a document in the one way in which bundles have it.
func encode(document any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		panic(err) // no document holds what cannot be encoded
	}
	return text.Bytes()
}

// encodeHead writes a head on one line, as tables repeat it.
func encodeHead(h head) string {
	text, err := json.Marshal(h)
	if err != nil {
		panic(err) // a head holds nothing that cannot be encoded
	}
	return string(text)
}

// decode reads a document, which must be written as encode would.
func decode[T any](text []byte) (document T, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&document); err != nil {
		return document, err
	}
	should := encode(document)
	for i := range min(len(text), len(should)) {
		if text[i] != should[i] {
			return document, fmt.Errorf("byte %d, in line %d, is not as its values are written", i, 1+bytes.Count(text[:i], []byte("\n")))
		}
	}
	if len(text) != len(should) {
		return document, errors.New("its end is not as its values are written")
	}
	return document, nil
}
