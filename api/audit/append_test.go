package audit

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"
)

func (b *bundle) list(f Filter, before int64, limit int) (records []Record) {
	b.t.Helper()
	b.do(func(tx pgx.Tx) (err error) {
		records, err = List(b.t.Context(), tx, f, before, limit)
		return err
	})
	return records
}

func TestWhatIsAppendedStandsInTheLog(t *testing.T) {
	t.Parallel()
	b := setup(t)
	full, bare := limited(1), Entry{At: call(2).At, Status: 404}
	full.Supplier, full.BodySHA256, full.Calls = uuid.UUID{1}, []byte(strings.Repeat("b", 32)), 5
	b.append()
	b.append(full, bare)
	b.append(call(3))
	bare.Calls = 1 // itself
	got := b.list(Filter{}, 0, 10)
	if len(got) != 3 || got[0].Number != 3 || !reflect.DeepEqual(got[2].Entry, full) || !reflect.DeepEqual(got[1].Entry, bare) {
		t.Errorf("got %+v", got)
	}
	if got[0].RecordedAt.Before(got[1].RecordedAt) || got[0].RecordedAt.Location().String() != "UTC" {
		t.Errorf("recorded at %v, then %v", got[1].RecordedAt, got[0].RecordedAt)
	}
	b.whole(3)
}

// A token in the address of a call does not stand in the log for good.
func TestSecretsInTargetsAreWithheld(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := "eyJhbGciOiJFUzI1NiJ9." + strings.Repeat("eyJzdWIiOiJhZGEifQ", 300) + ".c2ln_bmF0-dXJl"
	for target, want := range map[string]string{
		"/v1/me?access_token=" + token:                         "/v1/me?access_token=" + Withheld,
		"/v1/me?a=" + token + "&b=1":                           "/v1/me?a=" + Withheld + "&b=1",
		"/v1/" + token + "/x":                                  "/v1/" + Withheld + "/x",
		"/v1/x?t=" + strings.ReplaceAll(token, ".", "%2E"):     "/v1/x?t=" + Withheld,
		"/v1/x?secret=whsec_MfKQ9r8GKYqrTwjU%2FPILZ+o2LaLw%3D": "/v1/x?secret=" + Withheld,
		"/v1/seasons/eyjafjalla-s1?cursor=WyJhIiwiYiJd":        "/v1/seasons/eyjafjalla-s1?cursor=WyJhIiwiYiJd",
	} {
		if got := (Entry{Target: target}).recordable().Target; got != want {
			t.Errorf("%.40s… stands as %q, want %q", target, got, want)
		}
	}
	entry := call(1)
	entry.Target = "/v1/me?access_token=" + token
	b.append(entry)
	if got := b.list(Filter{}, 0, 10); len(got) != 1 || strings.Contains(got[0].Target, "eyJ") {
		t.Errorf("got %+v", got)
	}
}

func TestListsAreFilteredAndGoOn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	entries := calls(6)
	entries[1].Actor, entries[2].Address, entries[3].Operation, entries[4].Status = "other", "2001:db8::1", "other", 403
	entries[5].Address = ""
	b.append(entries...)
	records := b.list(Filter{}, 0, 10)
	for _, c := range []struct {
		name   string
		filter Filter
		want   []int64
	}{
		{"none", Filter{}, []int64{6, 5, 4, 3, 2, 1}},
		{"actor", Filter{Actor: "other"}, []int64{2}},
		{"address", Filter{Address: prefix(t, "2001:db8::1")}, []int64{3}},
		{"network", Filter{Address: prefix(t, "192.0.2.99/24")}, []int64{5, 4, 2, 1}},
		{"operation", Filter{Operation: "other"}, []int64{4}},
		{"class", Filter{Class: 4}, []int64{5}},
		{"since", Filter{Since: records[1].RecordedAt}, []int64{6, 5}},
		{"until", Filter{Until: records[4].RecordedAt}, []int64{1}},
		{"two", Filter{Actor: "other", Class: 4}, nil},
	} {
		var got []int64
		for _, r := range b.list(c.filter, 0, 10) {
			got = append(got, r.Number)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
	if page := b.list(Filter{}, 4, 2); len(page) != 2 || page[0].Number != 3 || page[1].Number != 2 {
		t.Errorf("the page before 4: %+v", page)
	}
}

func prefix(t *testing.T, text string) netip.Prefix {
	t.Helper()
	p, err := ParseAddress(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"192.0.2.7": "192.0.2.7/32", "192.0.2.7/24": "192.0.2.0/24", "2001:db8::7": "2001:db8::7/128",
		"::ffff:192.0.2.7": "192.0.2.7/32", "": "", "192.0.2": "", "192.0.2.7/33": "", "localhost": "",
	} {
		got, err := ParseAddress(text)
		if want == "" && err == nil || want != "" && got.String() != want {
			t.Errorf("%q: got %v, %v, want %q", text, got, err, want)
		}
	}
}

func TestBounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"", ""}, {"abcd", "abcd"}, {"abcde", "abc…"}, {"äöüßé", "äöü…"}, {"a\x00\n\x7f", "a\ufffd\ufffd\ufffd"},
		{"a\xff", "a\ufffd"}, {"\xf0\x9f\x98\x80\xf0\x9f\x98\x80", "😀😀"}, {strings.Repeat("😀", 1000), "😀😀😀…"},
	} {
		if got := bounded(c.in, 4); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

// Whatever comes from callers, the table takes it.
func TestEveryEntryCanBePutOnRecord(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var entries int64
	rapid.Check(t, func(r *rapid.T) {
		text := func(name string) string {
			return strings.Repeat(string(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(r, name)), rapid.IntRange(0, 40).Draw(r, name+" times"))
		}
		e := Entry{
			At: call(0).At, RequestID: text("request"), Address: rapid.OneOf(rapid.Just("fe80::1%eth0"), rapid.Just("::ffff:192.0.2.1"), rapid.String()).Draw(r, "address"),
			Actor: text("actor"), Person: rapid.Int64().Draw(r, "person"), Operation: text("operation"), Method: text("method"), Target: text("target"),
			Status: rapid.Int().Draw(r, "status"), Kind: text("kind"), BodySHA256: rapid.SliceOfN(rapid.Byte(), 0, 33).Draw(r, "body"),
		}
		if e.counted() {
			e.Calls = rapid.Int64().Draw(r, "calls")
		}
		if got := e.recordable(); utf8.RuneCountInString(got.Target) > targetMax || !utf8.ValidString(got.Actor) {
			r.Fatalf("got %+v", got)
		}
		b.append(e)
		entries++
	})
	b.whole(entries)
}

func TestTheApplicationChoosesNeitherPlaceNorDigest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.append(call(1))
	const insufficientPrivilege, check = "42501", "23514"
	for _, column := range []string{"number", "recorded_at", "previous_digest", "digest"} {
		refusedWith(t, b.App, insufficientPrivilege, `INSERT INTO audit_entry (`+column+`) VALUES (NULL)`)
	}
	// Nor does the owner, as long as there are triggers.
	if _, err := b.Owner.Exec(t.Context(), `INSERT INTO audit_entry (number, at, recorded_at, request_id, actor, operation, method, target, status, kind, previous_digest, digest)
		SELECT 9, at, 'epoch', request_id, actor, operation, method, target, status, kind, digest, digest FROM audit_entry`); err != nil {
		t.Fatal(err)
	}
	b.whole(2)
	long := strings.Repeat("x", 513)
	refusedWith(t, b.App, check, `INSERT INTO audit_entry (at, request_id, actor, operation, method, target, status, kind) VALUES (now(), '', $1, '', '', '', 400, '')`, long)
	refusedWith(t, b.App, check, `INSERT INTO audit_entry (at, request_id, actor, operation, method, target, status, kind) VALUES (now(), '', '', '', '', $1, 400, '')`, long)
}

func TestARowOfTheTable(t *testing.T) {
	t.Parallel()
	r := Record{Entry: call(1), Number: 7, RecordedAt: call(2).At}
	r.Target, r.Actor, r.BodySHA256, r.Calls = `=HYPERLINK("x")`, "+ada", []byte{0xab}, 3
	want := `7,2026-11-21T09:00:00.000002Z,2026-11-21T09:00:00.000001Z,"r1",192.0.2.7,"+ada",7,,freeze-wallet,POST,"=HYPERLINK(\"x\")",201,,ab,` + r.Digest.String() + ",3"
	if got := strings.Join(r.Row(), ","); got != want || len(r.Row()) != len(Columns()) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	bare := Record{}.Row()
	if bare[6] != "" || bare[4] != "" || bare[13] != "" {
		t.Errorf("got %q", bare)
	}
}
