package operator_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/operator"
)

// write puts n entries on record, the i-th answered with status 200 + i.
func (d desk) write(t *testing.T, n int) {
	t.Helper()
	if err := pgx.BeginFunc(t.Context(), d.DB.App, func(tx pgx.Tx) error {
		for i := range n {
			e := audit.Entry{Actor: "issuer ada", Address: fmt.Sprintf("192.0.2.%d", i), Operation: "freeze-wallet", Method: "POST", Target: fmt.Sprint("/", i), Status: 200 + i}
			if err := audit.Append(t.Context(), tx, e); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func (d desk) entries(t *testing.T, query string) page[operator.Entry] {
	t.Helper()
	return into[page[operator.Entry]](t, d.ann.Get("/v1/operator/audit"+query), http.StatusOK)
}

func TestTheLogIsListedByPage(t *testing.T) {
	t.Parallel()
	d := setup(t)
	d.write(t, 5)
	var numbers []int64
	for cursor := ""; ; {
		p := d.entries(t, "?limit=2&cursor="+cursor)
		for _, e := range p.Items {
			numbers = append(numbers, e.Number)
		}
		if cursor = p.NextCursor; cursor == "" {
			break
		}
	}
	if fmt.Sprint(numbers) != "[5 4 3 2 1]" {
		t.Errorf("listed %v", numbers)
	}
	e := d.entries(t, "?limit=1").Items[0]
	if e.Actor != "issuer ada" || e.Address != "192.0.2.4" || e.Status != 204 || e.Calls != 1 || e.Supplier != nil || e.At.IsZero() || e.Digest == (audit.Digest{}) {
		t.Errorf("got %+v", e)
	}
}

func TestTheLogIsFiltered(t *testing.T) {
	t.Parallel()
	d := setup(t)
	d.write(t, 3)
	d.bob.Get("/v1/operator/audit?limit=0").Want(t, http.StatusUnprocessableEntity)
	d.As("sue", auth.Rewards).Get("/v1/operator/audit").Problem(t, http.StatusForbidden, "role-missing")
	for len(d.entries(t, "?class=4").Items) < 2 { // as soon as the writer has written
	}
	newest := d.entries(t, "?class=2").Items[0].RecordedAt
	for query, want := range map[string]int{
		"?class=2":                      3,
		"?class=5":                      0,
		"?address=192.0.2.1":            1,
		"?address=192.0.2.0/24&class=2": 3,
		"?actor=issuer+ada":             3,
		"?operation=freeze-wallet":      3,
		"?class=2&until=" + url.QueryEscape(newest.Format(time.RFC3339Nano)): 2,
		"?class=2&since=" + url.QueryEscape(newest.Format(time.RFC3339Nano)): 1,
	} {
		if got := len(d.entries(t, query).Items); got != want {
			t.Errorf("%s: %d entries, want %d", query, got, want)
		}
	}
	refused := d.entries(t, "?operation=list-audit-entries").Items
	if len(refused) != 2 || !strings.HasSuffix(refused[0].Actor, " sue") || refused[0].Status != 403 || refused[0].Kind != "role-missing" || refused[0].Target != "/v1/operator/audit" {
		t.Errorf("got %+v", refused)
	}
	for _, query := range []string{"?address=home", "?class=6", "?cursor=AAAA", "?since=yesterday", "?actr=ada", "?limit=201"} {
		d.ann.Get("/v1/operator/audit"+query).Want(t, http.StatusUnprocessableEntity)
	}
}

func TestTheLogAsATable(t *testing.T) {
	t.Parallel()
	d := setup(t)
	d.write(t, 3)
	answer := d.ann.Do(http.MethodGet, "/v1/operator/audit?limit=2", nil, http.Header{"Accept": {"text/csv"}}).Want(t, http.StatusOK)
	rows, err := csv.NewReader(strings.NewReader(string(answer.Body))).ReadAll()
	if err != nil || len(rows) != 3 || rows[0][0] != "number" || rows[1][0] != "3" || rows[1][5] != `"issuer ada"` || answer.Header.Get("Next-Cursor") == "" {
		t.Errorf("got %q, %v", rows, err)
	}
}

func TestAVerificationNamesTheFault(t *testing.T) {
	t.Parallel()
	d := setup(t)
	d.write(t, 3)
	const path = "/v1/operator/audit/verification"
	if v := into[operator.Verification](t, d.ann.Get(path), http.StatusOK); !v.OK || v.Entries != 3 || v.Head != 3 || v.Fault != "" {
		t.Errorf("got %+v", v)
	}
	if err := pgx.BeginFunc(t.Context(), d.DB.Owner, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `SET LOCAL session_replication_role = replica; UPDATE audit_entry SET status = 500 WHERE number = 2`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if v := into[operator.Verification](t, d.ann.Get(path), http.StatusOK); v.OK || !strings.HasPrefix(v.Fault, "entry 2: its columns give") {
		t.Errorf("got %+v", v)
	}
}

func TestAlertsAreListed(t *testing.T) {
	t.Parallel()
	d := setup(t)
	d.write(t, 3)
	if err := pgx.BeginFunc(t.Context(), d.DB.App, func(tx pgx.Tx) error {
		_, err := audit.Watch(t.Context(), tx, audit.Thresholds{Span: time.Minute, CoolDown: time.Hour, WritesOfActor: 2})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	p := into[page[operator.Alert]](t, d.ann.Get("/v1/operator/alerts"), http.StatusOK)
	if len(p.Items) != 1 || p.Items[0].Kind != audit.WritesOfActor || p.Items[0].Subject != "issuer ada" || p.Items[0].Count != 3 ||
		p.Items[0].Seconds != 60 || p.Items[0].DeliveredAt != nil || p.NextCursor != "" {
		t.Errorf("got %+v", p)
	}
	table := d.ann.Do(http.MethodGet, "/v1/operator/alerts", nil, http.Header{"Accept": {"text/csv"}}).Want(t, http.StatusOK)
	if !strings.Contains(string(table.Body), `1,writes_of_actor,"""issuer ada""",3,2,60,1,3,`) {
		t.Errorf("got %s", table.Body)
	}
}
