package sqlmap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Verdict is what sqlmap says of a place.
type Verdict string

// The verdicts. A suspicion keeps sqlmap from trying what is like it, and the rest with
// other quotes: who is clean after one that it dismissed was not tried in full.
const (
	Clean      Verdict = "clean"
	Suspected  Verdict = "suspected"
	Injectable Verdict = "injectable"
)

// ErrNoVerdict is wrapped where sqlmap ended without one.
var ErrNoVerdict = errors.New("sqlmap came to no verdict")

// Tool is the program, and where it may write.
type Tool struct {
	Program string
	Folder  string // for the session, and whatever else it keeps
}

// Techniques are sqlmap's letters for the ways in that a run looks for.
type Techniques string

// The techniques: all of them, and apart, by what gives them away.
const (
	Every    Techniques = Compared + Returned + Timed
	Compared Techniques = "B"   // that an answer is like another
	Returned Techniques = "EUQ" // what was asked for, in the answer
	Timed    Techniques = "ST"  // how long it takes
)

// options are those of every run: all that sqlmap knows of PostgreSQL, and nobody asked.
// Statuses are the API's own business: --ignore-code.
var options = []string{
	"--level=5", "--risk=3", "--dbms=PostgreSQL",
	"--batch", "--flush-session", "--fresh-queries", "--disable-coloring", "--skip-waf",
	"--ignore-code=*", "--ignore-redirects", "--ignore-proxy", "--timeout=30", "--retries=1", "--answers=follow=N,reduce=N",
}

// Run has sqlmap try the probe on a server. A finding comes with what sqlmap says of
// it, a suspicion with what it was. The context bounds it; a run that it ends has no
// verdict.
func (t Tool) Run(ctx context.Context, url string, p Probe, by Techniques) (verdict Verdict, report string, err error) {
	command := exec.CommandContext(ctx, t.Program, append(t.arguments(url, p, by), options...)...)
	command.Env = append(os.Environ(), "HOME="+t.Folder, "XDG_DATA_HOME="+t.Folder)
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	err = command.Run()
	if ctx.Err() != nil {
		return "", "", fmt.Errorf("%w of %s: %w", ErrNoVerdict, p.Name(), context.Cause(ctx))
	}
	verdict, report = verdictOf(out.String())
	if verdict == "" {
		return "", "", fmt.Errorf("%w of %s; its last words:\n%s", errors.Join(ErrNoVerdict, err), p.Name(), tail(out.String()))
	}
	return verdict, report, nil
}

func (t Tool) arguments(url string, p Probe, by Techniques) []string {
	arguments := []string{
		"--url=" + url + p.Path, "--method=" + p.Method, "--output-dir=" + t.Folder,
		"--technique=" + string(by), "--param-filter=" + filterOf(p),
	}
	var headers []string
	if p.Header[0] != "" {
		headers = append(headers, p.Header[0]+": "+p.Header[1])
	}
	if p.Body != "" {
		arguments = append(arguments, "--data="+p.Body)
		headers = append(headers, "Content-Type: "+p.Type)
	}
	return append(arguments, "--headers="+strings.Join(headers, "\n"))
}

// filterOf is what sqlmap calls the part of the call that is marked: it would try
// headers of its own, and the other parts, too.
func filterOf(p Probe) string {
	switch {
	case p.Header[0] != "":
		return "(custom) HEADER"
	case strings.Contains(p.Body, mark):
		return "(custom) POST"
	}
	return "URI"
}

// What sqlmap prints, the last two at the end.
const (
	saysSuspected  = "' injectable"
	saysInjectable = "identified the following injection point"
	saysClean      = "all tested parameters do not appear to be injectable"
)

// verdictOf reads what sqlmap printed; no verdict is empty.
func verdictOf(out string) (verdict Verdict, report string) {
	if at := strings.Index(out, saysInjectable); at >= 0 {
		report, _, _ = strings.Cut(out[at:], "\n[")
		return Injectable, report
	}
	if !strings.Contains(out, saysClean) {
		return "", ""
	}
	if before, _, suspected := strings.Cut(out, saysSuspected); suspected {
		return Suspected, before[strings.LastIndexAny(before, "\r\n")+1:] + saysSuspected
	}
	return Clean, ""
}

// tail returns the end of a text, of whole lines.
func tail(text string) string {
	const most = 1500
	if len(text) <= most {
		return text
	}
	_, text, _ = strings.Cut(text[len(text)-most:], "\n")
	return text
}
