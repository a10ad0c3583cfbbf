package rewards_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Values at the bounds of what can be written, and past them, are taken or refused, and
// never a failure of ours.
func TestNoValueIsAFailureOfOurs(t *testing.T) {
	t.Parallel()
	w := hamlet(t)
	w.owner(`INSERT INTO device_change (device, seq, changed_at, channel, device_name, recorded_at)
		VALUES (0, 10, '2024-04-25 09:00+00', 'worker-api', 'x', clock_timestamp())`)
	texts := []string{"", "\x00", "a\x00b", "\n\t", "\ufffe", "' OR 1=1 --", strings.Repeat("x", 2001), "𝔘𝔭", "\"", "\\"}
	times := []string{
		"", "x", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2024-04-24T00:00:00.0000001Z", "2024-04-24T00:00:00.0000002Z",
		"2024-04-24T00:00:00+23:59", "9000-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "2024-02-30T00:00:00Z", "2024-12-31T23:59:60Z",
	}
	numbers := []string{"-9223372036854775809", "-1", "0", "1", "2147483648", "9223372036854775807", "9223372036854775808", "1e3", "1.5", "null", `"1"`}
	sent := 0
	post := func(path, body string) {
		t.Helper()
		sent++
		if answer := w.ada.Post(v1+path, []byte(body)); answer.Status >= http.StatusInternalServerError {
			t.Errorf("%s %q: %d %s", path, body, answer.Status, answer.Body)
		}
	}
	get := func(path string) {
		t.Helper()
		sent++
		if answer := w.ada.Get(v1 + path); answer.Status >= http.StatusInternalServerError {
			t.Errorf("%s: %d %s", path, answer.Status, answer.Body)
		}
	}
	for _, text := range texts {
		quoted := quote(text)
		post("/seasons", `{"code":`+quoted+`,"from":"2024-05-01","to":"2024-05-02","pool":"1","ruleset":"ignition-s1"}`)
		post("/seasons", `{"code":"own","from":"2024-05-01","to":"2024-05-02","pool":"1","ruleset":`+quoted+`}`)
		post("/rulesets/checks", `{"ruleset_toml":`+quoted+`}`)
		post("/rulesets/checks", `{"ruleset_toml":`+quote("name = "+quoted)+`}`)
		post("/holds", `{"from":"2024-04-25T00:00:00Z","to":"2024-04-26T00:00:00Z","reason":`+quoted+`}`)
		post("/held-changes/refusal", `{"changes":[10],"reason":`+quoted+`}`)
		post("/windows", `{"season":"`+season+`","from":"2024-04-25T00:00:00Z","to":"2024-04-26T00:00:00Z","reconnect_by":"2024-04-27T00:00:00Z","cause":`+quoted+`,"min_before":`+quoted+`}`)
		post("/verdicts", `{"verdicts":[{"device_id":"`+w.deviceID(0)+`","verdict":"genuine","effective_at":"2024-04-24T00:00:00Z","reason":`+quoted+`,"evidence":`+quoted+`}]}`)
		post("/verdicts/import", verdictFile(w.deviceID(0))+text)
		post("/verdicts/import", "device_id,verdict,effective_at,reason,evidence\n"+w.deviceID(0)+",genuine,2024-04-24,"+text+","+text)
		post("/seasons/"+season+"/preview", `{"set":[`+quoted+`,`+quote("eligibility.min_uptime="+text)+`,`+quote("name="+text)+`]}`)
		post("/snapshots", `{"season":`+quoted+`}`)
		post("/snapshots/"+season+"/1/rejection", `{"reason":`+quoted+`}`)
		post("/snapshots/"+season+"/1/overrides", `{"reason":`+quoted+`}`)
		post("/pulls/reopenings", `{"from":"2024-04-24T00:00:00Z","to":"2024-04-24T01:00:00Z","reason":`+quoted+`}`)
		get("/windows?season=" + escape(text))
		get("/verdicts?cursor=" + escape(text))
		get("/held-changes?field=" + escape(text))
	}
	for _, from := range times {
		for _, to := range []string{from, "2024-04-24T00:00:00.0000002Z", "9999-12-31T23:59:59-23:59"} {
			span := fmt.Sprintf(`"from":%q,"to":%q`, from, to)
			post("/holds", `{`+span+`,"reason":"x"}`)
			post("/windows", fmt.Sprintf(`{"season":"%s",%s,"cause":"x","reconnect_by":%q}`, season, span, to))
			post("/pulls/give-ups", `{`+span+`,"reason":"x"}`)
			post("/pulls/reopenings", `{`+span+`,"reason":"x"}`)
			get("/pulls?from=" + escape(from) + "&to=" + escape(to))
		}
		post("/verdicts", fmt.Sprintf(`{"verdicts":[{"device_id":"%s","verdict":"genuine","effective_at":%q,"reason":"x","evidence":"x"}]}`, w.deviceID(0), from))
		post("/incidents/1/end", fmt.Sprintf(`{"at":%q,"reason":"x"}`, from))
		get("/held-changes?as_of=" + escape(from))
	}
	for _, day := range []string{"0000-01-01", "0001-01-01", "1969-12-31", "9000-12-31", "9999-12-31", "2024-02-30", "x"} {
		post("/seasons", fmt.Sprintf(`{"code":"own","from":%q,"to":%q,"pool":"1","ruleset":"ignition-s1"}`, day, day))
	}
	for _, n := range numbers {
		post("/held-changes/release", `{"changes":[`+n+`],"reason":"x"}`)
		post("/held-changes/refusal", `{"hold":`+n+`,"reason":"x"}`)
		post("/seasons/"+season+"/preview", `{"with_windows":[`+n+`],"without_holds":[`+n+`],"top":`+n+`,"against":`+n+`}`)
		post("/windows", fmt.Sprintf(`{"season":"%s","from":"2024-04-25T00:00:00Z","to":"2024-04-26T00:00:00Z","reconnect_by":"2024-04-27T00:00:00Z","cause":"x","lookback":%[2]s,"sustain":%[2]s,"cap":%[2]s}`, season, n))
		for _, path := range []string{"/windows/%s/approval", "/holds/%s/release", "/incidents/%s/dismissal", "/pulls/reopenings/%s/approval", "/snapshots/" + season + "/%s/seal", "/snapshots/" + season + "/1/overrides/%s/approval"} {
			post(fmt.Sprintf(path, escape(n)), `{"season":"`+season+`","reason":"x"}`)
			post(fmt.Sprintf(path, escape(n)), ``)
		}
		for _, path := range []string{"/incidents/%s", "/snapshots/" + season + "/%s", "/held-changes?hold=%s", "/pulls?failures=%s", "/verdicts?limit=%s", "/snapshots/" + season + "/1/diff?against=%s"} {
			get(fmt.Sprintf(path, escape(n)))
		}
	}
	get("/seasons/" + season)
	get("/held-changes?state=all")
	if sent < 500 {
		t.Errorf("%d calls", sent)
	}
}
