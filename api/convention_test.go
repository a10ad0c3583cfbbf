package api_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/limit"
	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/apitest/contract"
	"github.com/uptally/uptally/internal/apitest/town"
)

// always are headers of every answer.
var always = map[string]string{
	"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
	"Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000",
}

// reader returns one whom an operation lets in.
func reader(op *contract.Operation, people []caller) caller {
	for _, c := range people {
		if lets(op.ID, c.role) {
			return c
		}
	}
	return people[0]
}

// growing are reads of what every refusal adds to, while it is read.
var growing = map[string]bool{"list-audit-entries": true, "verify-audit-log": true}

// reads calls f with every operation that reads and succeeds in the town, its address
// and who may ask.
func reads(t *testing.T, w *town.Town, f func(op *contract.Operation, address string, c caller)) {
	t.Helper()
	known, people := w.Known(w.Owner), callers(w)
	for _, op := range documented(t, w.Server).Operations {
		if !op.Acts() && without[op.ID] == "" && !growing[op.ID] {
			f(op, addressOf(op, known)+queries(w)[op.ID], reader(op, people))
		}
	}
}

// What all operations do alike, in one town that nobody changes.
func TestConventions(t *testing.T) {
	t.Parallel()
	w := town.New(t)
	for name, convention := range map[string]func(*testing.T, *town.Town){
		"refusals": refusals, "tags and packing": tagsAndPacking, "tables": tables, "times and amounts": timesAndAmounts,
		"pages": pages, "pages of tables": pagesOfTables, "headers say nothing": headersSayNothing,
	} {
		t.Run(name, func(t *testing.T) { convention(t, w) })
	}
}

// Every operation, refused: a problem, named, with a request's name that is the
// caller's own if it is plain, and the headers that every answer has.
func refusals(t *testing.T, w *town.Town) {
	known := w.Known(w.Owner)
	for _, op := range documented(t, w.Server).Operations {
		named := http.Header{"X-Request-Id": {"req.1_2-" + op.ID}}
		path := addressOf(op, known) + "?" + url.Values{"no_such_parameter": {"1"}}.Encode()
		got := w.Anyone().Do(op.Method, path, nil, named)
		var problem struct {
			Type, Title, Detail string
			Status              int
		}
		got.Into(t, &problem)
		if got.Status < 400 || problem.Status != got.Status || problem.Title == "" || problem.Detail == "" ||
			!strings.HasPrefix(problem.Type, "urn:uptally:problem:") || got.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s: %s", op.ID, got.Status, got.Header.Get("Content-Type"), got.Body)
		}
		if name := got.Header.Get("X-Request-ID"); name != named.Get("X-Request-ID") {
			t.Errorf("%s: the request is named %q", op.ID, name)
		}
		for name, want := range always {
			if got.Header.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", op.ID, name, got.Header.Get(name), want)
			}
		}
	}
	for _, path := range []string{"/", "/v1", "/v1/nothing", "/v2/me", "/v1/me/", "/debug/pprof/", "/.env",
		"/docs/nothing.js", "/docs/swagger-ui.css/", "/docs//", "/docs/swagger-ui/index.html", "/docs/%2e%2e/docs.go", "/docs/a%00b"} {
		got := w.Anyone().Get(path).Problem(t, http.StatusNotFound, "not-found")
		if kept := got.Header.Get("Cache-Control"); kept != "no-store" {
			t.Errorf("%s: that it is not there is kept: %s", path, kept)
		}
	}
	whole := w.Anyone().Do(http.MethodGet, "/docs/page.js", nil, http.Header{"Range": {"bytes=999999-"}}).Want(t, http.StatusOK)
	if len(whole.Body) == 0 {
		t.Error("a file of the page is empty")
	}
	w.Anyone().Do(http.MethodPut, "/v1/me", nil, nil).Problem(t, http.StatusMethodNotAllowed, "method-not-allowed")
	owner := w.Of(w.Owner)
	for _, path := range []string{"/v1/devices?name=a%00b", "/v1/devices?name=%FF", "/v1/devices?%00=", "/v1/seasons/%00/earnings", "/v1/seasons/%C3/earnings"} {
		owner.Get(path).Problem(t, http.StatusBadRequest, "malformed")
	}
	for _, body := range []string{`{"reason":"a\u0000"}`, "{\"reason\":\"\xff\"}"} {
		owner.Post("/v1/wallets/freeze", body).Problem(t, http.StatusBadRequest, "malformed")
	}
	for _, name := range []string{"two words", strings.Repeat("x", 65), "a\tb", "<script>"} {
		got := w.Anyone().Do(http.MethodGet, "/v1/reasons", nil, http.Header{"X-Request-Id": {name}}).Header.Get("X-Request-ID")
		if got == name || got == "" {
			t.Errorf("a request that calls itself %q is named %q", name, got)
		}
	}
}

// Whatever bytes a refused call was made of, it is on record.
func TestRefusalsOfAnyBytesAreOnRecord(t *testing.T) {
	t.Parallel()
	s := apitest.New(t)
	hostile := []string{"/v1/me?x=\xff\xfe", "/v1/me?%00=%00", "/v1/seasons/%ff/earnings", "/v1/nothing/%00\xff", "/v1/me?" + strings.Repeat("é", 4000)}
	for i, path := range hostile {
		header := http.Header{"X-Request-Id": {"bytes-" + strconv.Itoa(i)}, "User-Agent": {"\xff"}}
		if got := s.Anyone().Do(http.MethodGet, path, nil, header); got.Status < 400 || got.Status >= 500 {
			t.Errorf("%q: %d %s", path, got.Status, got.Body)
		}
	}
	if err := s.Config.Audit.Close(); err != nil { // which writes what waits
		t.Fatal(err)
	}
	var recorded int
	if err := s.DB.Owner.QueryRow(t.Context(), `SELECT count(*) FROM audit_entry WHERE request_id LIKE 'bytes-%'`).Scan(&recorded); err != nil {
		t.Fatal(err)
	}
	if recorded != len(hostile) {
		t.Errorf("%d of %d refusals are on record", recorded, len(hostile))
	}
}

// secret are reads whose answer nobody is to keep.
var secret = map[string]bool{"get-webhook-secret": true}

// What reads is answered with a tag, by which the same is not sent again; packed, if
// that is liked. A secret is sent each time, and kept nowhere.
func tagsAndPacking(t *testing.T, w *town.Town) {
	tagged := 0
	reads(t, w, func(op *contract.Operation, address string, c caller) {
		plain := c.client.Get(address).Want(t, http.StatusOK)
		tag, caching := plain.Header.Get("ETag"), plain.Header.Get("Cache-Control")
		if kept := strings.HasSuffix(caching, ", no-cache"); secret[op.ID] == kept || !kept && caching != "no-store" {
			t.Errorf("%s: Cache-Control is %q", op.ID, caching)
		}
		if secret[op.ID] {
			if got := c.client.Do(http.MethodGet, address, nil, http.Header{"If-None-Match": {"*"}}); tag != "" || got.Status != http.StatusOK {
				t.Errorf("%s: tag %q, and of *: %d", op.ID, tag, got.Status)
			}
			return
		}
		if tag == "" || !strings.Contains(plain.Header.Get("Vary"), "Authorization") && !op.Public {
			t.Errorf("%s: tag %q, varies by %q", op.ID, tag, plain.Header.Get("Vary"))
		}
		if moments.Match(plain.Body) {
			return // another moment is another answer
		}
		tagged++
		for _, match := range []string{tag, `"x", ` + tag, "*", strings.TrimPrefix(tag, "W/")} {
			got := c.client.Do(http.MethodGet, address, nil, http.Header{"If-None-Match": {match}})
			if got.Status != http.StatusNotModified || len(got.Body) > 0 || got.Header.Get("ETag") != tag {
				t.Errorf("%s: of %s: %d %q %s", op.ID, match, got.Status, got.Header.Get("ETag"), got.Body)
			}
		}
		c.client.Do(http.MethodGet, address, nil, http.Header{"If-None-Match": {`W/"0"`}}).Want(t, http.StatusOK)
		unpacked := c.client.Do(http.MethodGet, address, nil, http.Header{"Accept-Encoding": {"identity, gzip;q=0"}}).Want(t, http.StatusOK)
		if unpacked.Header.Get("Content-Encoding") != "" || !bytes.Equal(unpacked.Body, plain.Body) {
			t.Errorf("%s: to who reads no gzip: encoded as %q", op.ID, unpacked.Header.Get("Content-Encoding"))
		}
		packed := c.client.Do(http.MethodGet, address, nil, http.Header{"Accept-Encoding": {"gzip"}}).Want(t, http.StatusOK)
		if packed.Header.Get("Content-Encoding") != "gzip" {
			if !slices.Contains(op.Types(), "application/octet-stream") {
				t.Errorf("%s: encoded as %q", op.ID, packed.Header.Get("Content-Encoding"))
			}
			return
		}
		reader, err := gzip.NewReader(bytes.NewReader(packed.Body))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(reader); err != nil || !bytes.Equal(text, plain.Body) || packed.Header.Get("ETag") != tag {
			t.Errorf("%s: unpacked %s, error %v", op.ID, cut(string(text)), err)
		}
	})
	if tagged < 50 {
		t.Errorf("only %d answers stay as they are", tagged)
	}
}

// beyond is how many more rows a table has than its answer has items: statements begin
// and end with a balance.
var beyond = map[string]int{"get-ledger-statement": 2}

// byField is the table that has a row for each field of an item.
const byField = "list-held-changes"

// A table has as many rows as its answer in JSON has items, whichever is asked for.
func tables(t *testing.T, w *town.Town) {
	tables, rows := 0, 0
	reads(t, w, func(op *contract.Operation, address string, c caller) {
		if !slices.Contains(op.Types(), "text/csv") {
			return
		}
		tables++
		items := longest(c.client.Get(address).Want(t, http.StatusOK).Body)
		got := c.client.Do(http.MethodGet, address, nil, http.Header{"Accept": {"text/csv"}}).Want(t, http.StatusOK)
		table, err := csv.NewReader(bytes.NewReader(got.Body)).ReadAll()
		if err != nil || len(table)-1 != items+beyond[op.ID] && op.ID != byField || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/csv") {
			t.Errorf("%s: %d rows of %s, error %v, want %d: %s", op.ID, len(table)-1, got.Header.Get("Content-Type"), err, items, cut(string(got.Body)))
		}
		rows += items
		c.client.Do(http.MethodGet, address, nil, http.Header{"Accept": {"image/png"}}).Problem(t, http.StatusNotAcceptable, "not-acceptable")
	})
	if tables < 15 || rows < 100 {
		t.Errorf("only %d tables, %d rows", tables, rows)
	}
}

// longest is the length of the list that an answer is about.
func longest(body []byte) (most int) {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return 0
	}
	for _, member := range members {
		var list []any
		if json.Unmarshal(member, &list) == nil {
			most = max(most, len(list))
		}
	}
	return most
}

// Times are UTC and say so, amounts are texts of base units beside their decimals, and
// no number has a fraction.
func timesAndAmounts(t *testing.T, w *town.Town) {
	amounts, times := 0, 0
	var look func(op string, name string, value any)
	moment := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d`)
	whole := regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	look = func(op, name string, value any) {
		switch value := value.(type) {
		case map[string]any:
			if amount, is := value["amount"].(string); is && value["decimals"] != nil {
				amounts++
				if !whole.MatchString(amount) || value["decimals"] != json.Number("8") {
					t.Errorf("%s: %s is %v", op, name, value)
				}
			}
			for inner, member := range value {
				look(op, name+"."+inner, member)
			}
		case []any:
			for _, item := range value {
				look(op, name, item)
			}
		case json.Number:
			if strings.ContainsAny(value.String(), ".eE") || strings.HasSuffix(name, "amount") {
				t.Errorf("%s: %s is the number %s", op, name, value)
			}
		case string:
			if !moment.MatchString(value) {
				return
			}
			times++
			if _, err := time.Parse(time.RFC3339Nano, value); err != nil || !strings.HasSuffix(value, "Z") {
				t.Errorf("%s: %s is %s", op, name, value)
			}
		}
	}
	reads(t, w, func(op *contract.Operation, address string, c caller) {
		got := c.client.Get(address).Want(t, http.StatusOK)
		decoder := json.NewDecoder(bytes.NewReader(got.Body))
		decoder.UseNumber()
		var value any
		if err := decoder.Decode(&value); err != nil {
			t.Errorf("%s: %v", op.ID, err)
		}
		look(op.ID, "", value)
	})
	if amounts < 100 || times < 100 {
		t.Errorf("only %d amounts, %d times", amounts, times)
	}
}

// Page by page, a list is the same as at once, and nothing else is a cursor.
func pages(t *testing.T, w *town.Town) {
	const pagesMax = 40
	walked := 0
	reads(t, w, func(op *contract.Operation, address string, c caller) {
		if !comesByPages(op) {
			return
		}
		separator := "?"
		if strings.Contains(address, "?") {
			separator = "&"
		}
		type page struct {
			Items      []json.RawMessage
			NextCursor string `json:"next_cursor"`
		}
		var whole page
		c.client.Get(address+separator+"limit=200").Want(t, http.StatusOK).Into(t, &whole)
		var apart []json.RawMessage
		cursor, pages := "", 0
		for ; pages == 0 || cursor != "" && pages < pagesMax; pages++ {
			var one page
			c.client.Get(address+separator+"limit=2&cursor="+cursor).Want(t, http.StatusOK).Into(t, &one)
			if len(one.Items) > 2 || len(one.Items) == 0 && one.NextCursor != "" {
				t.Errorf("%s: a page of %d items goes on at %q", op.ID, len(one.Items), one.NextCursor)
			}
			apart, cursor = append(apart, one.Items...), one.NextCursor
		}
		if len(apart) > len(whole.Items) || cursor == "" && len(apart) != len(whole.Items) {
			t.Errorf("%s: %d items in %d pages, %d at once", op.ID, len(apart), pages, len(whole.Items))
			return
		}
		for i := range apart {
			if !bytes.Equal(apart[i], whole.Items[i]) {
				t.Errorf("%s: item %d is %s by pages, %s at once", op.ID, i, apart[i], whole.Items[i])
				break
			}
		}
		if pages > 1 {
			walked++
		}
		for _, none := range []string{"x", "W10", "bm90IEpTT04", strings.Repeat("A", 512)} {
			if got := c.client.Get(address + separator + "cursor=" + none); got.Status != http.StatusUnprocessableEntity || kindOf(got) != "invalid-request" {
				t.Errorf("%s: the cursor %s: %d %s", op.ID, cut(none), got.Status, cut(string(got.Body)))
			}
		}
	})
	if walked < 8 {
		t.Errorf("only %d lists have pages", walked)
	}
}

// comesByPages says whether the operation takes a cursor.
func comesByPages(op *contract.Operation) bool {
	return slices.ContainsFunc(op.Parameters, func(p contract.Parameter) bool { return p.Name == "cursor" })
}

// A table has no place for a cursor: whoever has one by pages says in a header where the
// next begins.
func TestTablesSayWhereTheyGoOn(t *testing.T) {
	t.Parallel()
	tables := 0
	for _, op := range documented(t, apitest.New(t)).Operations {
		if !comesByPages(op) || !slices.Contains(op.Types(), "text/csv") {
			continue
		}
		tables++
		if !slices.Contains(op.Headers(), "Next-Cursor") {
			t.Errorf("%s: a page of its table does not say where the next begins: headers %q", op.ID, op.Headers())
		}
	}
	if tables < 15 {
		t.Errorf("only %d tables come by pages", tables)
	}
}

// Page by page, by the header alone, a table has the rows that it has at once.
func pagesOfTables(t *testing.T, w *town.Town) {
	const pagesMax = 40
	walked := 0
	reads(t, w, func(op *contract.Operation, address string, c caller) {
		if !comesByPages(op) || !slices.Contains(op.Types(), "text/csv") || beyond[op.ID] > 0 {
			return // a statement's balances are of each page
		}
		separator := "?"
		if strings.Contains(address, "?") {
			separator = "&"
		}
		read := func(query string) (rows [][]string, next string) {
			got := c.client.Do(http.MethodGet, address+separator+query, nil, http.Header{"Accept": {"text/csv"}}).Want(t, http.StatusOK)
			rows, err := csv.NewReader(bytes.NewReader(got.Body)).ReadAll()
			if err != nil || len(rows) == 0 {
				t.Fatalf("%s: %q, error %v", op.ID, got.Body, err)
			}
			return rows[1:], got.Header.Get("Next-Cursor")
		}
		whole, next := read("limit=200")
		var apart [][]string
		pages := 0
		for cursor := ""; pages == 0 || cursor != "" && pages < pagesMax; pages++ {
			var rows [][]string
			rows, cursor = read("limit=2&cursor=" + cursor)
			apart = append(apart, rows...)
			if cursor == "" && next == "" && len(apart) != len(whole) {
				t.Errorf("%s: %d rows in %d pages, %d at once", op.ID, len(apart), pages+1, len(whole))
				return
			}
		}
		if len(apart) > len(whole) || !slices.EqualFunc(apart, whole[:len(apart)], slices.Equal) {
			t.Errorf("%s: %d rows by pages are not the first of %d at once", op.ID, len(apart), len(whole))
		}
		if pages > 1 {
			walked++
		}
	})
	if walked < 8 {
		t.Errorf("only %d tables have pages", walked)
	}
}

// A caller who is known pays from one budget, from wherever they call; who is not known
// pays from that of the address that trusted proxies saw.
func TestLimitsFollowWhoCalls(t *testing.T) {
	t.Parallel()
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	s := apitest.New(t, func(c *api.Config) {
		c.Limits = limit.New(limit.Budgets{Actor: limit.Budget{Reads: 5, Writes: 2}, Address: limit.Budget{Reads: 3, Writes: 1}})
		c.Proxies = []netip.Prefix{loopback}
		c.Now = func() time.Time { return town.Now }
	})
	ask := func(c *apitest.Client, path string, hop int) apitest.Answer {
		return c.Do(http.MethodGet, path, nil, http.Header{"X-Forwarded-For": {"203.0.113." + strconv.Itoa(hop)}})
	}
	ada, anyone := s.As("ada", auth.Rewards), s.Anyone()
	for i := range 5 {
		ask(ada, "/v1/me", i).Want(t, http.StatusOK)
	}
	over := ask(ada, "/v1/me", 99).Problem(t, http.StatusTooManyRequests, "rate-limited")
	if wait, err := strconv.Atoi(over.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 60 {
		t.Errorf("Retry-After is %q", over.Header.Get("Retry-After"))
	}
	if over.Header.Get("Ratelimit") == "" || over.Header.Get("Ratelimit-Policy") == "" {
		t.Errorf("the headers of the limit: %v", over.Header)
	}
	ask(s.As("bob", auth.Rewards), "/v1/me", 99).Want(t, http.StatusOK) // another's budget
	for range 3 {
		ask(anyone, "/v1/reasons", 7).Want(t, http.StatusOK)
	}
	ask(anyone, "/v1/reasons", 7).Problem(t, http.StatusTooManyRequests, "rate-limited")
	ask(anyone, "/v1/reasons", 8).Want(t, http.StatusOK) // another address
	for range 3 {
		ask(anyone, "/v1/me", 20).Problem(t, http.StatusUnauthorized, "token-missing")
	}
	ask(anyone, "/v1/me", 20).Problem(t, http.StatusTooManyRequests, "rate-limited")
	written := func(i int) apitest.Answer {
		return s.As("ada", auth.Rewards).Do(http.MethodPost, "/v1/rewards/incidents/scans", nil, http.Header{
			"Idempotency-Key": {"k" + strconv.Itoa(i)}, "X-Forwarded-For": {"203.0.113." + strconv.Itoa(i)}})
	}
	for i := range 2 {
		written(i).Want(t, http.StatusOK)
	}
	written(3).Problem(t, http.StatusTooManyRequests, "rate-limited")
}
