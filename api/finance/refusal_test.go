package finance_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/audit"
	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/finance"
	"github.com/uptally/uptally/internal/apitest"
	"github.com/uptally/uptally/ledger"
)

// What cannot be done is refused by a problem of its kind, at once or by the task.
func TestRefusals(t *testing.T) {
	t.Parallel()
	o := open(t)
	for name, refused := range map[string]struct {
		answer apitest.Answer
		status int
		kind   string
	}{
		"a season that is none":         {o.ann.Post("/v1/finance/ledger/fundings", fundingOf("s9", "1")), 404, "not-found"},
		"an amount beyond 63 bits":      {o.ann.Post("/v1/finance/ledger/fundings", fundingOf("s1", "9999999999999999999")), 422, "invalid-request"},
		"an amount of nothing":          {o.ann.Post("/v1/finance/ledger/fundings", fundingOf("s1", "0")), 422, "invalid-request"},
		"a field that is none":          {o.ann.Post("/v1/finance/ledger/fundings", map[string]any{"season": "s1", "account": "pool", "amount": "1", "actor": 1}), 422, "invalid-request"},
		"a path that is no account":     {o.ann.Get("/v1/finance/ledger/statement?account=purse"), 422, "invalid-request"},
		"an account that never was":     {o.ann.Get("/v1/finance/ledger/statement?account=season/s1/pool"), 404, "not-found"},
		"no account":                    {o.ann.Get("/v1/finance/ledger/statement"), 422, "invalid-request"},
		"a verification that never was": {o.ann.Get("/v1/finance/ledger/verification"), 404, "not-found"},
		"a cursor of nobody's":          {o.ann.Get("/v1/finance/ledger/journals?cursor=x"), 422, "invalid-request"},
		"a cursor of another list":      {o.ann.Get("/v1/finance/ledger/journals?cursor=WyJ0cmVhc3VyeSJd"), 422, "invalid-request"},
		"a parameter that is none":      {o.ann.Get("/v1/finance/tasks?person=1"), 422, "invalid-request"},
		"a distribution that is none":   {o.ann.Get("/v1/finance/distributions/d9"), 404, "not-found"},
		"payouts of none":               {o.ann.Get("/v1/finance/distributions/d9/payouts"), 404, "not-found"},
		"trees of none":                 {o.ann.Get("/v1/finance/distributions/d9/trees"), 404, "not-found"},
		"an id that is none":            {o.ann.Get("/v1/finance/distributions/d01"), 422, "invalid-request"},
		"nobody's proofs":               {o.ann.Get("/v1/finance/proofs?payout=d9-1"), 404, "not-found"},
		"proofs of whom":                {o.ann.Get("/v1/finance/proofs"), 422, "invalid-request"},
		"nothing to preview":            {o.ann.Get("/v1/finance/distributions/preview"), 409, "guard"},
		"a source on another rail":      {o.ann.Post("/v1/finance/distributions", map[string]any{"rail": "merkle", "reason": "pay", "source": map[string]any{"treasury": address(1)}}), 422, "invalid-request"},
		"a treasury that is none":       {o.ann.Post("/v1/finance/distributions", map[string]any{"rail": "transactions", "reason": "pay", "source": map[string]any{"treasury": strings.Repeat("0", 40)}}), 422, "invalid-request"},
		"half an expectation":           {o.ann.Post("/v1/finance/distributions", map[string]any{"rail": "merkle", "reason": "pay", "expected_payees": 1}), 422, "invalid-request"},
		"settling none":                 {post(o.ann, "/v1/finance/distributions/d9/settlements", "recipient\n", "none"), 404, "not-found"},
		"cancelling none":               {o.ann.Post("/v1/finance/distributions/d9/cancellation", map[string]any{"reason": "x"}), 404, "not-found"},
		"a task that is none":           {o.ann.Get("/v1/finance/tasks/00000000-0000-4000-8000-000000000000"), 404, "not-found"},
		"wallets of nobody":             {o.ann.Get("/v1/finance/wallets/" + supplier(7).String()), 404, "not-found"},
		"a release of nobody frozen":    {o.ann.Post("/v1/finance/wallets/"+supplier(7).String()+"/release", map[string]any{"reason": "x"}), 404, "not-found"},
		"a vault that has a key":        {o.ann.Post("/v1/finance/wallets/"+supplier(7).String()+"/allowances", map[string]any{"wallet": address(1), "reason": "x"}), 422, "invalid-request"},
		"a hold that is too short":      {post(o.ann, "/v1/finance/wallets/imports?hold_hours=1", "supplier_id\n", "short"), 422, "invalid-request"},
		"a season's slots and a span":   {o.ann.Get("/v1/finance/reconciliation/ingest?season=s1&from=2024-04-01T00:00:00Z"), 422, "invalid-request"},
		"slots of all time":             {o.ann.Get("/v1/finance/reconciliation/ingest?from=2000-04-01T00:00:00Z&to=2024-04-01T00:00:00Z"), 422, "invalid-request"},
	} {
		t.Run(name, func(t *testing.T) { refused.answer.Problem(t, refused.status, refused.kind) })
	}

	o.failed(o.ann.Post("/v1/finance/distributions", map[string]any{"rail": "merkle", "reason": "pay"}), "guard", "no supplier has an earned balance")
	o.fund("1000")
	o.seal(100, 200)
	o.prove(0, 1)
	d := o.prepared("solana-tokens")
	path := "/v1/finance/distributions/" + d.ID
	o.ann.Post(path+"/payouts/aside", map[string]any{"payouts": []string{"d2-1"}, "reason": "refused_by_chain", "detail": "x"}).Problem(t, 422, "invalid-request")
	o.ann.Post(path+"/payouts/aside", map[string]any{"payouts": []string{"d1-3"}, "reason": "refused_by_chain", "detail": "x"}).Problem(t, 422, "invalid-request")
	o.failed(post(o.ann, path+"/settlements", receipts(map[int]ledger.Amount{0: 100}), "early"), "conflict", "not approved")
	o.approved(d)
	o.failed(post(o.ann, path+"/settlements", "payout_id\n", "header"), "invalid-request", "begin it with recipient")
	o.failed(post(o.ann, path+"/settlements", receipts(map[int]ledger.Amount{0: 101}), "amount"), "guard", "line 2")
	o.failed(post(o.ann, path+"/settlements?format=trees", "tree,amount,vault,signature\n", "trees"), "conflict", "has no trees")
	o.failed(o.ann.Post(path+"/settlements/chain", nil), "no-node", "configure one")
	o.failed(o.ann.Post(path+"/settlements/funding", map[string]any{"tree": "d1-t1", "vault": address(9), "signature": signature(9)}), "no-node", "configure one")
	o.failed(post(o.ann, "/v1/finance/wallets/imports", "supplier_id,wallet,text,signature\nx,x,x,x\n", "rows"), "invalid-request", "line 2")
	big := strings.Repeat("x", 32<<20+1)
	post(o.ann, path+"/settlements", big, "big").Problem(t, http.StatusRequestEntityTooLarge, "body-too-large")

	// Once payouts are aside the files would pay them still.
	o.ann.Post(path+"/payouts/aside", map[string]any{"payouts": []string{"d1-1"}, "reason": "refused_by_chain", "detail": "closed"}).Want(t, 200)
	o.ann.Post(path+"/export", nil).Problem(t, 409, "conflict")
}

func fundingOf(season, amount string) any {
	return map[string]any{"season": season, "account": "pool", "amount": amount}
}

// Who may call what: nobody but those whom register.go names.
func TestRoles(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.fund("1000")
	rewards, operator := o.As("rita", auth.Rewards), o.As("olaf", auth.Operator)
	for _, c := range []struct {
		path              string
		rewards, operator int
	}{
		{"/v1/finance/ledger/balances", 200, 200},
		{"/v1/finance/ledger/statement?account=treasury", 200, 200},
		{"/v1/finance/ledger/journals", 200, 200},
		{"/v1/finance/ledger/head", 200, 200},
		{"/v1/finance/distributions", 200, 200},
		{"/v1/finance/reconciliation/ledger", 200, 200},
		{"/v1/finance/reconciliation/ingest?season=s1", 200, 200},
		{"/v1/finance/distributions/preview", 403, 403},
		{"/v1/finance/distributions/d1/payouts", 403, 403},
		{"/v1/finance/distributions/d1/files/payouts.csv", 403, 403},
		{"/v1/finance/proofs?payout=d1-1", 403, 403},
		{"/v1/finance/wallets", 403, 403},
		{"/v1/finance/wallets/" + supplier(1).String(), 403, 404},
		{"/v1/finance/tasks", 403, 403},
	} {
		rewards.Get(c.path).Want(t, c.rewards)
		operator.Get(c.path).Want(t, c.operator)
		o.Anyone().Get(c.path).Problem(t, 401, "token-missing")
		o.Supplier("sam", supplier(1)).Get(c.path).Problem(t, 403, "role-missing")
	}
	rewards.Post("/v1/finance/ledger/fundings", fundingOf("s1", "1")).Problem(t, 403, "role-missing")
	operator.Post("/v1/finance/distributions", map[string]any{"rail": "merkle", "reason": "pay"}).Problem(t, 403, "role-missing")
}

// The same call again is answered again and done once; another with its key is refused.
func TestRepeatedCalls(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.fund("1000")
	o.seal(100)
	o.prove(0)
	key := func(path string, body any) apitest.Answer {
		return o.ann.Do(http.MethodPost, path, body, http.Header{"Idempotency-Key": {"again"}})
	}
	asked := map[string]any{"rail": "solana-tokens", "reason": "pay"}
	first := key("/v1/finance/distributions", asked)
	o.done(first)
	if again := key("/v1/finance/distributions", asked); string(again.Body) != string(first.Body) || again.Header.Get("Location") != first.Header.Get("Location") {
		t.Errorf("again: %s, first %s", again.Body, first.Body)
	}
	asked["reason"] = "pay more"
	key("/v1/finance/distributions", asked).Problem(t, 422, "idempotency-key-reused")

	d := get[finance.Distribution](o, o.ann, "/v1/finance/distributions/d1")
	o.approved(d)
	path, paid := "/v1/finance/distributions/d1/settlements", receipts(map[int]ledger.Amount{0: 100})
	settled := post(o.ann, path, paid, "settle")
	if again := post(o.ann, path, paid, "settle"); string(again.Body) != string(settled.Body) {
		t.Errorf("again: %s, first %s", again.Body, settled.Body)
	}
	post(o.ann, path, paid+"\n", "settle").Problem(t, 422, "idempotency-key-reused")
	o.done(settled)
	if more := o.done(post(o.ann, path, paid, "more")).Settlement; more.Settled.Payouts != 0 || more.Already.Payouts != 1 {
		t.Errorf("the same file with another key: %+v", more)
	}
	var tasks struct{ Items []finance.Task }
	o.ann.Get("/v1/finance/tasks").Want(t, 200).Into(t, &tasks)
	if len(tasks.Items) != 3 { // prepare, and two settlements
		t.Errorf("%d tasks on record", len(tasks.Items))
	}
	// The ledger's own key: a season is not funded twice by mistake.
	o.ann.Post("/v1/finance/ledger/fundings", fundingOf("s1", "1000")).Want(t, 201)
	o.bob.Post("/v1/finance/ledger/fundings", fundingOf("s1", "1000")).Problem(t, 409, "conflict")
}

// A supplier can be frozen while nothing else can be written.
func TestAFreezeGoesOnWhileWritesAreHalted(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.fund("1000")
	o.seal(100, 200)
	o.prove(0, 1)
	d := o.prepared("solana-tokens")
	o.do(func(ctx context.Context, tx pgx.Tx) error { return halt(ctx, tx, o.annID) })
	o.bob.Post("/v1/finance/distributions/d1/approval", map[string]any{"manifest_sha256": d.ManifestSHA256}).Problem(t, 503, "writes-halted")
	path := "/v1/finance/wallets/" + supplier(1).String()
	var frozen finance.FreezeOutcome
	o.As("olaf", auth.Operator).Post(path+"/freeze", map[string]any{"reason": "stolen account"}).Want(t, 200).Into(t, &frozen)
	if len(frozen.Aside) != 1 || frozen.Aside[0] != "d1-2" || len(frozen.Exported) != 0 || frozen.Wallets[0].State != "frozen" {
		t.Errorf("frozen: %+v", frozen)
	}
	o.ann.Post(path+"/release", map[string]any{"reason": "it was not"}).Problem(t, 503, "writes-halted")
	o.do(func(ctx context.Context, tx pgx.Tx) error {
		_, err := audit.Resume(ctx, tx, o.bobID, "over")
		return err
	})
	o.ann.Post(path+"/release/approval", nil).Problem(t, 404, "not-found")
	o.ann.Post(path+"/release", map[string]any{"reason": "it was not"}).Want(t, 200)
	o.ann.Post(path+"/release/approval", nil).Problem(t, 403, "own-work")
	var released finance.WalletsOfSupplier
	o.bob.Post(path+"/release/approval", nil).Want(t, 200).Into(t, &released)
	if released.Wallets[0].State != "active" || released.History[len(released.History)-1].Person != "bob" {
		t.Errorf("released: %+v", released)
	}
}

func halt(ctx context.Context, tx pgx.Tx, person int64) error {
	_, err := audit.Halt(ctx, tx, person, "an attack")
	return err
}
