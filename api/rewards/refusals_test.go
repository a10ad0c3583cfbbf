package rewards_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/auth/devissuer"
	"github.com/uptally/uptally/internal/apitest"
)

// What a person may get wrong has its status and its kind, and changes nothing.
func TestEveryRefusalHasItsKind(t *testing.T) {
	t.Parallel()
	w := hamlet(t)
	attack := fields{"from": day(4, 25).Add(8 * hour), "to": day(4, 25).Add(12 * hour), "reason": "shared-token attack"}
	w.ada.Post(v1+"/holds", attack).Want(t, http.StatusCreated)
	w.ada.Post(v1+"/holds/1/release", fields{"reason": "looked at"}).Want(t, http.StatusOK)
	w.ada.Post(v1+"/windows", window()).Want(t, http.StatusCreated)
	w.ada.Post(v1+"/windows", window()).Want(t, http.StatusCreated)
	w.grace.Post(v1+"/windows/1/approval", nil).Want(t, http.StatusOK)
	w.ada.Post(v1+"/snapshots", fields{"season": season}).Want(t, http.StatusAccepted)
	w.ada.Post(v1+"/pulls/reopenings", fields{"from": day(4, 24), "to": day(4, 24).Add(hour), "reason": "lost heartbeats"}).Want(t, http.StatusCreated)

	stranger := uuid.NewString()
	verdict := func(device string) fields {
		return fields{"device_id": device, "verdict": "spoofed", "effective_at": day(4, 24), "reason": "found", "evidence": "run 17"}
	}
	for name, c := range map[string]struct {
		who    *apitest.Client
		path   string
		body   any // nil: a GET, unless act
		act    bool
		status int
		kind   string
	}{
		"a season of other days":              {w.ada, "/seasons", fields{"code": season, "from": "2024-04-01", "to": "2024-04-02", "pool": "1", "ruleset": "ignition-s1"}, true, 409, "conflict"},
		"a season that ends before it begins": {w.ada, "/seasons", fields{"code": "x", "from": "2024-04-02", "to": "2024-04-01", "pool": "1", "ruleset": "ignition-s1"}, true, 422, "invalid-request"},
		"a season of a day that is none":      {w.ada, "/seasons", fields{"code": "x", "from": "2024-02-30", "to": "2024-04-01", "pool": "1", "ruleset": "ignition-s1"}, true, 422, "invalid-request"},
		"a pool past 63 bits":                 {w.ada, "/seasons", fields{"code": "x", "from": "2024-04-01", "to": "2024-04-02", "pool": "9999999999999999999", "ruleset": "ignition-s1"}, true, 422, "invalid-request"},
		"a pool that is a number":             {w.ada, "/seasons", fields{"code": "x", "from": "2024-04-01", "to": "2024-04-02", "pool": 1, "ruleset": "ignition-s1"}, true, 422, "invalid-request"},
		"a ruleset that nobody knows":         {w.ada, "/seasons", fields{"code": "x", "from": "2024-04-01", "to": "2024-04-02", "pool": "1", "ruleset": "lost"}, true, 422, "invalid-request"},
		"no ruleset":                          {w.ada, "/seasons", fields{"code": "x", "from": "2024-04-01", "to": "2024-04-02", "pool": "1"}, true, 422, "invalid-request"},
		"a ruleset with a mistake":            {w.ada, "/seasons", fields{"code": "x", "from": "2024-04-01", "to": "2024-04-02", "pool": "1", "ruleset_toml": "name = 3"}, true, 422, "invalid-request"},
		"both rulesets":                       {w.ada, "/rulesets/checks", fields{"ruleset": "ignition-s1", "ruleset_toml": "x"}, true, 422, "invalid-request"},
		"nothing to check":                    {w.ada, "/rulesets/checks", fields{}, true, 422, "invalid-request"},
		"a field that nobody knows":           {w.ada, "/rulesets/checks", fields{"ruleset": "ignition-s1", "colour": "red"}, true, 422, "invalid-request"},
		"a ruleset not on record":             {w.ada, "/rulesets/" + strings.Repeat("0", 64), nil, false, 404, "not-found"},
		"a season not on record":              {w.ada, "/seasons/lost", nil, false, 404, "not-found"},
		"an estimate never made":              {w.ada, "/seasons/" + season + "/estimate", nil, false, 404, "not-found"},
		"windows of no season":                {w.ada, "/windows?season=lost", nil, false, 404, "not-found"},
		"a query that nobody knows":           {w.ada, "/windows?colour=red", nil, false, 422, "invalid-request"},

		"a window of no season":      {w.ada, "/windows", with(window(), "season", "lost"), true, 404, "not-found"},
		"a window without an end":    {w.ada, "/windows", with(window(), "to", day(4, 20)), true, 422, "invalid-request"},
		"a window with half a share": {w.ada, "/windows", with(window(), "min_before", "1/2"), true, 422, "invalid-request"},
		"a window of one's own":      {w.ada, "/windows/2/approval", nil, true, 403, "own-work"},
		"a window over another":      {w.grace, "/windows/2/approval", nil, true, 409, "conflict"},
		"a window approved before":   {w.grace, "/windows/1/approval", nil, true, 409, "conflict"},
		"a window not on record":     {w.grace, "/windows/9/approval", nil, true, 404, "not-found"},

		"a hold without an end":    {w.ada, "/holds", with(attack, "to", day(4, 1)), true, 422, "invalid-request"},
		"a hold without a reason":  {w.ada, "/holds", with(attack, "reason", ""), true, 422, "invalid-request"},
		"a hold released before":   {w.ada, "/holds/1/release", fields{"reason": "again"}, true, 409, "conflict"},
		"a hold not on record":     {w.ada, "/holds/9/release", fields{"reason": "again"}, true, 404, "not-found"},
		"no change to decide on":   {w.ada, "/held-changes/refusal", fields{"reason": "no"}, true, 422, "invalid-request"},
		"a change and a filter":    {w.ada, "/held-changes/release", fields{"changes": []int{1}, "hold": 1, "reason": "no"}, true, 422, "invalid-request"},
		"a change not on record":   {w.ada, "/held-changes/refusal", fields{"changes": []int{4711}, "reason": "no"}, true, 404, "not-found"},
		"a review of no hold":      {w.ada, "/held-changes?hold=9", nil, false, 404, "not-found"},
		"effects without a season": {w.ada, "/held-changes/effects", nil, false, 422, "invalid-request"},

		"a verdict on nobody":        {w.ada, "/verdicts", fields{"verdicts": []fields{verdict(stranger)}}, true, 404, "not-found"},
		"a verdict of two lines":     {w.ada, "/verdicts", fields{"verdicts": []fields{with(verdict(w.deviceID(0)), "reason", "a\nb")}}, true, 422, "invalid-request"},
		"no verdict":                 {w.ada, "/verdicts", fields{"verdicts": []fields{}}, true, 422, "invalid-request"},
		"a file that is none":        {w.ada, "/verdicts/import", []byte("device,colour\n"), true, 422, "invalid-file"},
		"a file of a strange device": {w.ada, "/verdicts/import", []byte(verdictFile(stranger)), true, 422, "invalid-file"},
		"verdicts at no place":       {w.ada, "/verdicts?cursor=x", nil, false, 422, "invalid-request"},

		"an incident not on record":    {w.ada, "/incidents/9", nil, false, 404, "not-found"},
		"a dismissal of none":          {w.ada, "/incidents/9/dismissal", fields{"season": season, "reason": "nothing"}, true, 404, "not-found"},
		"an end of none":               {w.ada, "/incidents/9/end", fields{"at": day(4, 24), "reason": "nothing"}, true, 404, "not-found"},
		"a proposal for none":          {w.ada, "/incidents/9/proposal", nil, false, 404, "not-found"},
		"a snapshot of no season":      {w.ada, "/snapshots", fields{"season": "lost"}, true, 404, "not-found"},
		"a revision not on record":     {w.ada, "/snapshots/" + season + "/9", nil, false, 404, "not-found"},
		"a revision of nothing":        {w.ada, "/snapshots/" + season + "/0", nil, false, 422, "invalid-request"},
		"guards before the lines":      {w.ada, "/snapshots/" + season + "/1/guards", nil, false, 409, "conflict"},
		"an approval before the lines": {w.grace, "/snapshots/" + season + "/1/approval", fields{"digest": strings.Repeat("0", 64)}, true, 409, "conflict"},
		"an approval of half a digest": {w.grace, "/snapshots/" + season + "/1/approval", fields{"digest": "00"}, true, 422, "invalid-request"},
		"an approval of no digest":     {w.grace, "/snapshots/" + season + "/1/approval", fields{}, true, 422, "invalid-request"},
		"a rejection before the lines": {w.grace, "/snapshots/" + season + "/1/rejection", fields{"reason": "no"}, true, 409, "conflict"},
		"a seal before the approval":   {w.grace, "/snapshots/" + season + "/1/seal", nil, true, 409, "conflict"},
		"an override before the lines": {w.grace, "/snapshots/" + season + "/1/overrides", fields{"reason": "no"}, true, 409, "conflict"},
		"an override not on record":    {w.grace, "/snapshots/" + season + "/1/overrides/9/approval", nil, true, 404, "not-found"},
		"a diff before the lines":      {w.ada, "/snapshots/" + season + "/1/diff?against=1", nil, false, 409, "conflict"},
		"a diff against nothing":       {w.ada, "/snapshots/" + season + "/1/diff", nil, false, 422, "invalid-request"},
		"lines at no place":            {w.ada, "/snapshots/" + season + "/1/lines?cursor=WyJhIl0", nil, false, 422, "invalid-request"},
		"lines of no outcome":          {w.ada, "/snapshots/" + season + "/1/lines?outcome=rich", nil, false, 422, "invalid-request"},
		"a preview of no season":       {w.ada, "/seasons/lost/preview", fields{}, true, 404, "not-found"},
		"a preview against a lost one": {w.ada, "/seasons/" + season + "/preview", fields{"against": 9}, true, 404, "not-found"},
		"a preview of a bad window":    {w.ada, "/seasons/" + season + "/preview", fields{"add_windows": []fields{with(window(), "to", day(4, 1), "season", nil)}}, true, 422, "invalid-request"},

		"a device not on record":       {w.ada, "/devices/" + stranger, nil, false, 404, "not-found"},
		"a device that is none":        {w.ada, "/devices/x", nil, false, 422, "invalid-request"},
		"an explanation of none":       {w.ada, "/devices/" + stranger + "/explanation?season=" + season, nil, false, 404, "not-found"},
		"an explanation of no season":  {w.ada, "/devices/" + w.deviceID(0) + "/explanation?season=lost", nil, false, 404, "not-found"},
		"an explanation without lines": {w.ada, "/devices/" + w.deviceID(0) + "/explanation?revision=1&season=" + season, nil, false, 409, "conflict"},
		"a pull of what has not come":  {w.ada, "/pulls", fields{"from": day(4, 1), "to": day(4, 1).AddDate(100, 0, 0)}, true, 422, "invalid-request"},
		"a pull of no slot":            {w.ada, "/pulls", fields{"from": day(4, 1), "to": day(4, 1)}, true, 422, "invalid-request"},
		"a pull of a decade":           {w.ada, "/pulls", fields{"from": day(4, 1).AddDate(-10, 0, 0), "to": day(4, 1)}, true, 422, "invalid-request"},
		"pulls that end before":        {w.ada, "/pulls?from=2024-04-25T00:00:00Z&to=2024-04-24T00:00:00Z", nil, false, 422, "invalid-request"},
		"a reopening of half an hour":  {w.ada, "/pulls/reopenings", fields{"from": day(4, 24), "to": day(4, 24).Add(hour / 2), "reason": "lost"}, true, 422, "invalid-request"},
		"a reopening of open hours":    {w.ada, "/pulls/reopenings", fields{"from": day(4, 26), "to": day(4, 27), "reason": "lost"}, true, 409, "conflict"},
		"a reopening of one's own":     {w.ada, "/pulls/reopenings/1/approval", nil, true, 403, "own-work"},
		"a reopening not on record":    {w.ada, "/pulls/reopenings/9/approval", nil, true, 404, "not-found"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.act {
				c.who.Post(v1+c.path, c.body).Problem(t, c.status, c.kind)
			} else {
				c.who.Get(v1+c.path).Problem(t, c.status, c.kind)
			}
		})
	}
	for what, query := range map[string]string{
		"seasons": `SELECT count(*) FROM season`, "snapshots": `SELECT count(*) FROM snapshot`,
		"approvals": `SELECT count(*) FROM grace_approval`, "holds": `SELECT count(*) FROM metadata_hold`, "reopenings": `SELECT count(*) FROM uptime_reopening`,
	} {
		if n := w.count(query); n != 1 {
			t.Errorf("%d %s after all that was refused", n, what)
		}
	}
	if n := w.count(`SELECT count(*) FROM verdict`); n != 0 {
		t.Errorf("%d verdicts", n)
	}
}

// window is a body that proposes a window.
func window() fields {
	return fields{
		"season": season, "from": day(4, 25).Add(9 * hour), "to": day(4, 26), "cause": "authentication migration", "reconnect_by": day(4, 28),
	}
}

// with returns the body with other fields; a nil one is left out.
func with(body fields, changed ...any) fields {
	other := maps.Clone(body)
	for i := 0; i < len(changed); i += 2 {
		if changed[i+1] == nil {
			delete(other, changed[i].(string))
		} else {
			other[changed[i].(string)] = changed[i+1]
		}
	}
	return other
}

// verdictFile is a file with one verdict on each of the devices.
func verdictFile(devices ...string) string {
	file := "device_id,verdict,effective_at,reason,evidence\n"
	for _, device := range devices {
		file += device + ",spoofed,2024-04-23,found,run 17\n"
	}
	return file
}

// Of all who hold a token, only the roles that an operation names may call it.
func TestNoOtherRoleIsLetIn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	sam := w.With(devissuer.Claims{Subject: "sam", Roles: []auth.Role{auth.Supplier}, Supplier: uuid.New()})
	clients := map[auth.Role]*apitest.Client{auth.Rewards: w.ada, auth.Finance: w.fay, auth.Operator: w.oscar, auth.Supplier: sam}
	values := strings.NewReplacer("{season}", season, "{revision}", "1", "{id}", "1", "{device}", uuid.NewString(), "{sha256}", strings.Repeat("0", 64))
	ours := 0
	for _, op := range w.API.Operations() {
		if !strings.HasPrefix(op.Path, v1) {
			continue
		}
		ours++
		if op.Public || len(op.Roles) == 0 || op.Method != http.MethodGet && (len(op.Roles) != 1 || op.Roles[0] != auth.Rewards) {
			t.Errorf("%s lets in %v", op.OperationID, op.Roles)
		}
		call := func(who *apitest.Client) apitest.Answer {
			if op.Method == http.MethodGet {
				return who.Get(values.Replace(op.Path))
			}
			return who.Post(values.Replace(op.Path), nil)
		}
		call(w.Anyone()).Problem(t, http.StatusUnauthorized, "token-missing")
		for role, who := range clients {
			let := false
			for _, may := range op.Roles {
				let = let || may == role
			}
			if answer := call(who); let == (answer.Status == http.StatusForbidden) || answer.Status >= 500 {
				t.Errorf("%s as %s: %d %s", op.OperationID, role, answer.Status, answer.Body)
			}
		}
	}
	if ours < 50 {
		t.Errorf("%d operations", ours)
	}
}

// What writes nothing goes on while writing is halted, and is not counted as under way.
func TestWhatWritesNothingGoesOnWhileWritesAreHalted(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.oscar.Post("/v1/operator/halt", fields{"reason": "an attack"}).Want(t, http.StatusOK)
	w.ada.Post(v1+"/rulesets/checks", fields{"ruleset": "ignition-s1"}).Want(t, http.StatusOK)
	w.ada.Post(v1+"/seasons/lost/preview", fields{}).Problem(t, http.StatusNotFound, "not-found")
	w.ada.Post(v1+"/snapshots", fields{"season": season}).Problem(t, http.StatusServiceUnavailable, "writes-halted")
}
