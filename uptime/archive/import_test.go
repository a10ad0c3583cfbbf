package archive_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/internal/archivetest"
	"github.com/uptally/uptally/uptime"
	"github.com/uptally/uptally/uptime/archive"
	"github.com/uptally/uptally/uptime/simulator"
)

// What is imported is observed and up where the archive says so, counted to the
// last heartbeat, and shows where it came from.
func TestAnArchiveIsAccountedFor(t *testing.T) {
	o := open(t)
	o.register(2)
	complete := []uptime.Span{
		uptime.SpanOf(april(26, 1, 0), april(26, 1, 10)), uptime.SpanOf(april(24, 23, 35), april(25, 0, 35)), uptime.SpanOf(april(26, 0, 55), april(26, 1, 0)),
	}
	dir := folder(t, map[string][]byte{
		"b.json.gz": archivetest.Compress(t, page(0, april(24, 23, 35), 0, april(24, 23, 35), 1, april(25, 0, 34), 7, april(25, 0, 0))),
		"a.json":    page(1, april(26, 1, 9), 0, april(26, 1, 10), 0, april(24, 23, 34), 0, april(25, 0, 35), 1, april(26, 0, 55), 0, april(27, 9, 0)),
		"c.json":    page(),
	}, complete...)
	proposed, preview, err := o.propose(dir)
	o.check(err)
	o.nothingMerged("a proposal")
	if proposed.Files != 3 || proposed.Heartbeats != 10 || proposed.OutOfWindow != 4 || preview != (archive.Preview{Unknown: 1, Hours: 4}) {
		t.Errorf("proposed %+v, %+v", proposed, preview)
	}
	record, err := o.approve(dir, proposed.ID, o.grace)
	o.check(err)
	slices.SortFunc(complete, func(a, b uptime.Span) int { return int(a.From - b.From) })
	if record.Accepted != 5 || record.Unknown != 1 || record.Late != 0 || !slices.Equal(record.Spans, complete) ||
		record.ProposedBy != o.ada || *record.ApprovedBy != o.grace || record.ApprovedAt.Before(record.ProposedAt) || record.Source == "" {
		t.Errorf("merged %+v", record)
	}
	want := []string{
		"2024-04-24 23:00 000000011111 000000011111", "2024-04-25 00:00 111111100000 111111100000",
		"2024-04-26 00:00 000000000001 000000000001", "2024-04-26 01:00 110000000000 110000000000",
	}
	if got := o.texts(`SELECT to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI ') || observed || ' ' || final FROM uptime_coverage ORDER BY hour`); !slices.Equal(got, want) {
		t.Errorf("coverage\n%q, want\n%q", got, want)
	}
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		block, err := uptime.ReadBlock(ctx, tx, uptime.SpanOf(april(24, 0, 0), april(28, 0, 0)), 0, 1)
		if err != nil {
			return err
		}
		var lanes uptime.Lanes
		block.Transpose(0, &lanes)
		for device, want := range [][]time.Time{{april(24, 23, 35)}, {april(25, 0, 30), april(26, 0, 55), april(26, 1, 5)}} {
			var up []time.Time
			for k := range lanes.Timeline(device).Slots(uptime.SpanOf(april(24, 0, 0), april(28, 0, 0))) {
				up = append(up, k.Start())
			}
			if !slices.Equal(up, want) {
				t.Errorf("device %d is up at %v, want %v", device, up, want)
			}
		}
		pulls, err := uptime.Pulls(ctx, tx, uptime.SpanOf(april(24, 0, 0), april(28, 0, 0)), false, 10)
		heartbeats := int64(0)
		for _, p := range pulls {
			heartbeats += p.Heartbeats
			if p.Archive == nil || *p.Archive != record.ID || p.OutOfWindow != 0 {
				t.Errorf("pull %+v", p)
			}
		}
		if len(pulls) != 4 || heartbeats != record.Heartbeats-record.OutOfWindow { // one of the spans holds a midnight
			t.Errorf("%d pulls of %d heartbeats", len(pulls), heartbeats)
		}
		all, err2 := archive.List(ctx, tx)
		if len(all) != 1 || all[0].ManifestSHA256 != proposed.ManifestSHA256 || all[0].Accepted != 5 {
			t.Errorf("on record: %+v", all)
		}
		return errors.Join(err, err2)
	})
}

// A slot that ended less than a day ago is observed, and read again from the network.
func TestYoungSlotsOfAnArchiveAreReadAgain(t *testing.T) {
	o := open(t)
	o.register(1)
	young := uptime.SpanOf(april(30, 8, 0), april(30, 12, 0))
	o.load(folder(t, map[string][]byte{"a": page()}, young))
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		hours, err := uptime.CoverageOf(ctx, tx, young)
		if totals := uptime.SumCoverage(hours, young); totals.Observed != young.Len() || hours[0].Final != 0 {
			t.Errorf("coverage %+v", hours)
		}
		return err
	})
}

// What belongs to closed hours is late, until they are opened again.
func TestClosedHoursTakeNothingFromAnArchive(t *testing.T) {
	o := open(t)
	o.register(2)
	span := uptime.SpanOf(april(25, 8, 0), april(25, 10, 0))
	first := folder(t, map[string][]byte{"a": page(0, april(25, 8, 0))}, uptime.SpanOf(april(25, 8, 0), april(25, 9, 0)))
	o.load(first)
	if closed := o.closeHours(); closed != 1 {
		t.Fatalf("%d hours closed", closed)
	}
	second := folder(t, map[string][]byte{"a": page(1, april(25, 8, 30), 1, april(25, 9, 0))}, span)
	_, preview, err := o.propose(second)
	o.check(err)
	if preview != (archive.Preview{Hours: 2, Closed: 1}) {
		t.Errorf("preview %+v", preview)
	}
	if r := o.load(second); r.Accepted != 1 || r.Late != 1 {
		t.Errorf("merged %+v", r)
	}
	o.tx(func(ctx context.Context, tx pgx.Tx) error {
		id, err := uptime.ProposeReopening(ctx, tx, uptime.SpanOf(april(25, 8, 0), april(25, 9, 0)), "an archive turned up", o.ada)
		if err != nil {
			return err
		}
		_, err = uptime.ApproveReopening(ctx, tx, id, o.grace)
		return err
	})
	if r := o.load(second); r.Accepted != 2 || r.Late != 0 {
		t.Errorf("merged %+v", r)
	}
	if closed := o.closeHours(); closed != 2 {
		t.Errorf("%d hours closed", closed)
	}
}

func TestAnArchiveTakesTwoPersonsAndOneManifest(t *testing.T) {
	o := open(t)
	o.register(1)
	span := uptime.SpanOf(april(25, 8, 0), april(25, 9, 0))
	dir := folder(t, map[string][]byte{"a": page(0, april(25, 8, 0))}, span)
	other := folder(t, map[string][]byte{"a": page(0, april(25, 8, 5))}, span)
	proposed, _, err := o.propose(dir)
	o.check(err)
	for _, c := range []struct {
		dir        string
		id, person int64
		want       error
	}{
		{dir, proposed.ID, o.ada, archive.ErrSelfApproval},
		{dir, proposed.ID + 1, o.grace, archive.ErrUnknown},
		{other, proposed.ID, o.grace, archive.ErrChanged},
		{filepath.Join(dir, "nowhere"), proposed.ID, o.grace, os.ErrNotExist},
	} {
		if _, err := o.approve(c.dir, c.id, c.person); !errors.Is(err, c.want) {
			t.Errorf("approving %d: %v, want %v", c.id, err, c.want)
		}
	}
	o.nothingMerged("refused approvals")
	var group sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		group.Go(func() { _, errs[i] = o.approve(dir, proposed.ID, o.grace) })
	}
	group.Wait()
	approved := 0
	for _, err := range errs {
		if err == nil {
			approved++
		} else if !errors.Is(err, archive.ErrAlreadyApproved) {
			t.Error(err)
		}
	}
	if passes := o.texts(`SELECT id::text FROM uptime_pull`); approved != 1 || len(passes) != 1 {
		t.Errorf("%d approvals, %d passes", approved, len(passes))
	}

	approve := `INSERT INTO uptime_archive_approval SELECT id, manifest_sha256, proposed_by, $2, now() FROM uptime_archive WHERE id = $1`
	again, _, err := o.propose(dir)
	o.check(err)
	const checkViolation, foreignKeyViolation, exclusionViolation = "23514", "23503", "23P01"
	o.refused(checkViolation, approve, again.ID, o.ada)
	o.refused(foreignKeyViolation, `INSERT INTO uptime_archive_approval VALUES ($1, $2, $3, $4, now())`, again.ID, again.ManifestSHA256[:], o.grace, o.ada)
	o.refused(foreignKeyViolation, `INSERT INTO uptime_archive_approval VALUES ($1, sha256(''), $2, $3, now())`, again.ID, o.ada, o.grace)
	o.refused(foreignKeyViolation, `
		INSERT INTO uptime_pull (window_from, window_to, pages, heartbeats, accepted, unknown, out_of_window, late, bodies_sha256,
			started_at, ended_at, outcome, cause, archive)
		SELECT window_from, window_to, pages, heartbeats, accepted, unknown, out_of_window, late, bodies_sha256, started_at, ended_at,
			outcome, cause, $1 FROM uptime_pull`, again.ID) // proposed only
	o.refused(exclusionViolation, `INSERT INTO uptime_archive_span VALUES ($1, '2024-04-25 08:55+00', '2024-04-25 09:05+00')`, again.ID)
	o.refused(checkViolation, `INSERT INTO uptime_archive_span VALUES ($1, '2024-04-25 09:01+00', '2024-04-25 09:05+00')`, again.ID)
}

// Whatever byte of whatever file is another, nothing is merged, and the file named.
func TestATamperedByteStopsTheImport(t *testing.T) {
	network := world(t, 6, simulator.Options{Gzip: true})
	o := open(t)
	o.syncLogs(network)
	span := uptime.SpanOf(april(25, 8, 0), april(25, 11, 0))
	network.Limit = 150
	dir := archivetest.Export(t, network, span, 12, span)
	proposed, _, err := o.propose(dir)
	o.check(err)
	files, err := os.ReadDir(dir)
	o.check(err)
	if len(files) < 4 {
		t.Fatalf("%d files", len(files))
	}
	dice := rand.New(rand.NewPCG(1, 2))
	for _, file := range files {
		path := filepath.Join(dir, file.Name())
		whole, err := os.ReadFile(path)
		o.check(err)
		for range 12 {
			tampered := slices.Clone(whole)
			at, bit := dice.IntN(len(whole)), byte(1)<<dice.IntN(8)
			tampered[at] ^= bit
			archivetest.Write(t, dir, file.Name(), tampered)
			_, err := o.approve(dir, proposed.ID, o.grace)
			want := archive.ErrFaulty
			if file.Name() == archive.ManifestName {
				want = archive.ErrChanged
			}
			if !errors.Is(err, want) || !strings.Contains(err.Error(), file.Name()) {
				t.Errorf("%s, byte %d ^ %d: %v", file.Name(), at, bit, err)
			}
		}
		archivetest.Write(t, dir, file.Name(), whole)
	}
	o.nothingMerged("a tampered byte")
	if r, err := o.approve(dir, proposed.ID, o.grace); err != nil || r.Accepted == 0 {
		t.Errorf("whole again: %+v, %v", r, err)
	}
}

// What the hash cannot show, because the manifest was made of the faulty file.
func TestFaultyFilesStopTheImport(t *testing.T) {
	o := open(t)
	o.register(1)
	good := page(0, april(25, 8, 0))
	zip := archivetest.Compress(t, good)
	large := append(slices.Clone(good), make([]byte, 64<<20)...)
	for i := len(good); i < len(large); i++ {
		large[i] = ' '
	}
	for _, c := range []struct {
		name, says string
		content    []byte
	}{
		{"cut.json", "a string without end", good[:len(good)-5]},
		{"html.json", "want {", []byte("<html>")},
		{"empty.json", "want {", nil},
		{"row.json", `heartbeats[0]`, []byte(strings.Replace(string(good), "2024-04-25T08", "2024-04-31T08", 1))},
		{"two.json", "after the object", append(slices.Clone(good), good...)},
		{"cut.json.gz", "unexpected EOF", zip[:len(zip)-3]},
		{"plain.json.gz", "invalid header", good},
		{"zipped.json", "want {", zip},
		{"trailing.json.gz", "invalid header", append(slices.Clone(zip), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)},
		{"bomb.json.gz", "larger than 64 MiB", archivetest.Compress(t, large)},
		{"large.json", "larger than 64 MiB", large},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := folder(t, map[string][]byte{"0.json": good, c.name: c.content}, uptime.SpanOf(april(25, 8, 0), april(25, 9, 0)))
			_, _, err := o.propose(dir)
			if !errors.Is(err, archive.ErrFaulty) || !strings.Contains(err.Error(), c.name+": ") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error is %v, want %q", err, c.says)
			}
		})
	}
	if proposals := o.texts(`SELECT id::text FROM uptime_archive`); len(proposals) > 0 {
		t.Errorf("%d of them were proposed", len(proposals))
	}
}

func TestTheFolderHoldsWhatTheManifestNames(t *testing.T) {
	o := open(t)
	o.register(1)
	for name, c := range map[string]struct {
		spoil func(dir string) error
		says  []string
	}{
		"a file is missing":      {func(dir string) error { return os.Remove(filepath.Join(dir, "b")) }, []string{"b: it is missing"}},
		"the manifest is":        {func(dir string) error { return os.Remove(filepath.Join(dir, "manifest.json")) }, []string{"manifest.json: it is missing"}},
		"a file too many":        {func(dir string) error { return os.WriteFile(filepath.Join(dir, ".c"), nil, 0o600) }, []string{".c: the manifest does not name it"}},
		"a folder too many":      {func(dir string) error { return os.Mkdir(filepath.Join(dir, "c"), 0o700) }, []string{"c: the manifest does not name it"}},
		"one under another name": {func(dir string) error { return os.Rename(filepath.Join(dir, "a"), filepath.Join(dir, "A")) }, []string{"A: the manifest does not", "a: it is missing"}},
		"a link": {func(dir string) error {
			return errors.Join(os.Rename(filepath.Join(dir, "a"), dir+"-a"), os.Symlink(dir+"-a", filepath.Join(dir, "a")))
		}, []string{"a: it is no plain file"}},
		"a link within": {func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "a")), os.Symlink("b", filepath.Join(dir, "a")))
		}, []string{"a: it is no plain file"}},
		"a linked manifest": {func(dir string) error {
			return errors.Join(os.Rename(filepath.Join(dir, "manifest.json"), dir+"-m"), os.Symlink(dir+"-m", filepath.Join(dir, "manifest.json")))
		}, []string{"manifest.json: it is no plain file"}},
	} {
		dir := folder(t, map[string][]byte{"a": page(), "b": page()}, uptime.SpanOf(april(25, 8, 0), april(25, 9, 0)))
		o.check(c.spoil(dir))
		_, _, err := o.propose(dir)
		for _, said := range c.says {
			if !errors.Is(err, archive.ErrFaulty) || !strings.Contains(err.Error(), said) {
				t.Errorf("%s: %v, want %q", name, err, said)
			}
		}
	}
	o.nothingMerged("faulty folders")
}

// Two archives of one time, approved at once while the network is pulled: whoever
// comes first, all that each holds stands.
func TestArchivesAndPullsAtOnce(t *testing.T) {
	network := world(t, 12, simulator.Options{})
	span := uptime.SpanOf(april(25, 0, 0), april(26, 12, 0))
	live := open(t)
	live.pull(live.syncLogs(network), span)

	o := open(t)
	feed := o.syncLogs(network)
	dirs := []string{
		archivetest.Export(t, network, uptime.SpanOf(april(25, 0, 0), april(26, 0, 0)), 100, uptime.SpanOf(april(25, 0, 0), april(26, 0, 0))),
		archivetest.Export(t, network, uptime.SpanOf(april(25, 18, 0), april(26, 12, 0)), 7, uptime.SpanOf(april(25, 18, 0), april(26, 12, 0))),
	}
	var group sync.WaitGroup
	errs := make([]error, len(dirs))
	for i, dir := range dirs {
		proposed, _, err := o.propose(dir)
		o.check(err)
		group.Go(func() { _, errs[i] = o.approve(dir, proposed.ID, o.grace) })
	}
	o.pull(feed, uptime.SpanOf(april(25, 20, 0), april(26, 2, 0)))
	group.Wait()
	o.check(errors.Join(errs...))
	if got, want := o.texts(merged), live.texts(merged); !slices.Equal(got, want) {
		t.Errorf("%d rows that are not those of a pull of all", len(got))
	}
}

func TestManifestsThatAreRefused(t *testing.T) {
	sum := fmt.Sprintf("%064x", 7)
	file := `{"name":"a","sha256":"` + sum + `"}`
	span := `{"from":"2024-04-25T00:00:00Z","to":"2024-04-26T00:00:00Z"}`
	manifest := func(complete, files string) string {
		return `{"source":"s","complete":[` + complete + `],"files":[` + files + `]}`
	}
	if m, err := archive.ParseManifest([]byte(" "+manifest(span, file)+"\n"), afterwards); err != nil || m.Slots() != 288 || m.Files[0].SHA256[31] != 7 {
		t.Errorf("a good one: %+v, %v", m, err)
	}
	for text, says := range map[string][]string{
		``:                         {"EOF"},
		`[]`:                       {"it begins with ["},
		`{"source":`:               {"EOF"},
		manifest(span, file) + "x": {"data after the object"},
		`{}`:                       {"source is missing", "complete is missing", "files is missing"},
		`{"source":" ","complete":[],"files":null,"more":1}`:                                {"source: \" \": say", "complete: []: give", "files: null: give", `"more": no such field`},
		`{"Source":"s","source":"a\nb","complete":[` + span + `],"files":[` + file + `]}`:   {`"Source": no such field`, "in one line"},
		`{"source":"s","source":"t","complete":[` + span + `],"files":[` + file + `]}`:      {"source stands twice"},
		`{"source":null,"complete":{},"files":[1]}`:                                         {"source: null: write it as a string", "complete: {}: give an array", "files[0] is no JSON object"},
		manifest(`{"from":"2024-04-25T00:00:00Z"}`, file):                                   {"complete[0]: to is missing"},
		manifest(`{"from":"2024-04-25T00:01:00Z","to":"2024-04-25"}`, file):                 {`complete[0].from: "2024-04-25T00:01:00Z": write a multiple`, `complete[0].to: "2024-04-25": write`},
		manifest(`{"from":"2024-04-25T00:00:00.5Z","to":"2024-04-26T00:00:00Z"}`, file):     {"complete[0].from"},
		manifest(`{"from":"2024-04-25T00:00:00Z","to":"2024-04-25T00:00:00Z"}`, file):       {"complete[0]: it ends at 2024-04-25T00:00:00Z: let"},
		manifest(`{"from":"2024-04-25T00:00:00Z","to":"2024-04-30T12:05:00Z"}`, file):       {"has not come yet"},
		manifest(`{"from":"1024-04-25T00:00:00Z","to":"2024-04-25T00:00:00Z"}`, file):       {"at most 3660"},
		manifest(span+`,{"from":"2024-04-24T00:00:00Z","to":"2024-04-25T00:05:00Z"}`, file): {"name every slot once"},
		manifest(span+","+span, file):                                                       {"name every slot once"},
		manifest(span, file+","+file):                                                       {`files[1].name: "a": it stands twice`},
		manifest(span, `{"name":"../a","sha256":"`+sum+`"},{"name":"","sha256":"`+sum+`"},{"name":"manifest.json","sha256":"`+sum+`"}`): {
			`files[0].name: "../a": name`, `files[1].name: "": name`, "files[2].name: \"manifest.json\": it is the manifest",
		},
		manifest(span, `{"name":"..","sha256":"`+strings.ToUpper(fmt.Sprintf("%064x", 0xab))+`"},{"name":"a\\b","sha256":"ab"},{"name":7,"sha256":"`+sum+`","size":1}`): {
			`files[0].name: ".."`, "files[0].sha256", `files[1].name: "a\\b"`, "files[1].sha256", "files[2].name: 7: write", `"size": no such field`,
		},
	} {
		_, err := archive.ParseManifest([]byte(text), afterwards)
		for _, said := range says {
			if !errors.Is(err, archive.ErrFaulty) || !strings.Contains(err.Error(), said) {
				t.Errorf("%s\n%v, want %q", text, err, said)
			}
		}
	}
}
