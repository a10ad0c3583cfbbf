package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/uptally/uptally/api"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/internal/apitest/contract"
	"github.com/uptally/uptally/internal/apitest/town"
)

// watch calls, and looks for texts in the answers that do not belong there.
type watch struct {
	t      *testing.T
	w      *town.Town
	source *contract.Source
	calls  int
	seen   map[string]bool // secrets that somebody read who may
	leaks  map[string]bool
}

// Ids, wallets, names, texts: nobody reads them but their owner, and the roles that may.
// Every operation is called by everybody, for their own things and for another's, with
// what it takes and with what it refuses.
func TestSecretsStayWhereTheyBelong(t *testing.T) {
	t.Parallel()
	v := watching(t, town.New(t))
	v.everything()
	t.Logf("%d calls, %d secrets, %d of them read by who may", v.calls, len(v.w.Secrets), len(v.seen))
	for _, s := range v.w.Secrets {
		if !v.seen[s.Text] && s.Of != nil {
			t.Errorf("nobody read the %s: does any answer hold it?", s.Name)
		}
	}
}

// With row-level security out of the way, the handlers' own look at each row lets
// nothing through either.
func TestSecondLookAlone(t *testing.T) {
	t.Parallel()
	w := town.New(t)
	past := apitest.On(t, w.DB, func(c *api.Config) {
		*c = w.Config
		c.Supplier = w.DB.Owner // whom no policy holds
	})
	w.Server.URL, w.Server.API = past.URL, past.API
	foreignIsAbsent(t, w)
	watching(t, w).everything()
}

func watching(t *testing.T, w *town.Town) *watch {
	return &watch{t: t, w: w, source: contract.NewSource(7, nil), seen: map[string]bool{}, leaks: map[string]bool{}}
}

func (v *watch) everything() {
	own, other := v.w.Known(v.w.Owner), v.w.Known(v.w.Stranger)
	people := callers(v.w)
	for _, op := range ordered(documented(v.t, v.w.Server)) {
		for _, c := range people {
			for _, known := range []map[string][]string{own, other} {
				v.source.Known = known
				v.call(op, c, op.Valid(v.source))
				v.call(op, c, op.Draw(v.source))
				if !op.Acts() {
					plain := op.Address(func(name string) string {
						return slices.Concat(known[op.ID+"."+name], known[name])[0]
					})
					v.call(op, c, contract.Call{Path: plain})
				}
			}
		}
	}
}

func (v *watch) call(op *contract.Operation, c caller, call contract.Call) {
	v.calls++
	header := http.Header{"Idempotency-Key": {fmt.Sprintf("watch-%d", v.calls)}}
	if call.Type != "" {
		header.Set("Content-Type", call.Type)
	}
	answer, err := c.client.Try(op.Method, call.Path, call.Body, header)
	if err != nil {
		v.t.Fatal(err)
	}
	delete(answer.Header, "X-Request-Id") // a name that is drawn
	text := string(answer.Body) + fmt.Sprint(answer.Header)
	asked := call.Path + string(call.Body)
	for _, s := range v.w.Secrets {
		if !strings.Contains(text, s.Text) {
			continue
		}
		if c.role == auth.Supplier && s.Of == c.party || slices.Contains(s.Roles, c.role) {
			v.seen[s.Text] = true
			continue
		}
		leak := op.ID + " tells " + c.name + " the " + s.Name
		if !strings.Contains(asked, s.Text) && !v.leaks[leak] { // what one sends, one knows
			v.leaks[leak] = true
			v.t.Errorf("%s: %s %s: %s", leak, op.Method, call.Path, cut(text))
		}
	}
}
