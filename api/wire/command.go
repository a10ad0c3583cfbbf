package wire

import (
	"regexp"
	"strings"
)

// way is how to do over HTTP what a command does. In braces stand what the command is
// given, by the names that the operation has for it.
type way struct {
	command   string // its words after the program's name
	operation string // method and path; "" if it is on the command line alone
	with      string // what the operation is given beside its path
}

// ways are those of the commands that the domain names as remedies.
var ways = []way{
	{"distribution settle {id} --receipts FILE", "POST /v1/finance/distributions/{id}/settlements", ""},
	{"distribution settle {id} --rpc URL", "POST /v1/finance/distributions/{id}/settlements/chain", ""},
	{"distribution settle {id} --tree ID", "POST /v1/finance/distributions/{id}/settlements/funding", ""},
	{"distribution submit {id}", "", ""},
	{"grace approve {id}", "POST /v1/rewards/windows/{id}/approval", ""},
	{"grace list", "GET /v1/rewards/windows", ""},
	{"grace propose {id} --season {season}", "GET /v1/rewards/incidents/{id}/proposal", "season {season}"},
	{"hold add --from {from} --to {to} --reason {reason}", "POST /v1/rewards/holds", "from {from}, to {to}, reason {reason}"},
	{"hold list", "GET /v1/rewards/holds", ""},
	{"hold release --change {changes} --reason {reason}", "POST /v1/rewards/held-changes/release", "changes {changes}, reason {reason}"},
	{"incident dismiss {id} --season {season} --reason {reason}", "POST /v1/rewards/incidents/{id}/dismissal", "season {season}, reason {reason}"},
	{"incident end {id} --at {at} --reason {reason}", "POST /v1/rewards/incidents/{id}/end", "at {at}, reason {reason}"},
	{"incident list", "GET /v1/rewards/incidents", ""},
	{"ledger fund {season} {amount}", "POST /v1/finance/ledger/fundings", "season {season}, account pool, amount {amount}"},
	{"ledger fund {season} {amount} --key {key}", "POST /v1/finance/ledger/fundings", "season {season}, account pool, amount {amount}, key {key}"},
	{"ledger fund {season} {amount} --reserve --key {key}", "POST /v1/finance/ledger/fundings", "season {season}, account reserve, amount {amount}, key {key}"},
	{"ledger head --new-key FILE", "", ""},
	{"ledger head", "GET /v1/finance/ledger/head", ""},
	{"ledger verify", "GET /v1/finance/ledger/verification", ""},
	{"pull --from {from} --to {to}", "POST /v1/rewards/pulls", "from {from}, to {to}"},
	{"pull give-up --from {from} --to {to} --reason {reason}", "POST /v1/rewards/pulls/give-ups", "from {from}, to {to}, reason {reason}"},
	{"pull import DIR", "", ""},
	{"pull reopen", "POST /v1/rewards/pulls/reopenings", ""},
	{"pull status", "GET /v1/rewards/pulls", ""},
	{"pull", "POST /v1/rewards/pulls", ""},
	{"reconcile ingest --season {season}", "GET /v1/finance/reconciliation/ingest", "season {season}"},
	{"reconcile ledger", "GET /v1/finance/reconciliation/ledger", ""},
	{"season estimate {season} --now", "POST /v1/rewards/seasons/{season}/preview", ""},
	{"season list", "GET /v1/rewards/seasons", ""},
	{"snapshot diff {base}/r{against} {season}/r{revision}", "GET /v1/rewards/snapshots/{season}/{revision}/diff", "against {against}"},
	{"snapshot evidence", "", ""},
	{"snapshot lines {season}/r{revision}", "GET /v1/rewards/snapshots/{season}/{revision}/lines", ""},
	{"snapshot list", "GET /v1/rewards/snapshots", ""},
	{"snapshot take {season}", "POST /v1/rewards/snapshots", "season {season}"},
}

var (
	// quotedCommand is how the domain names a command in a text.
	quotedCommand = regexp.MustCompile("`uptally ([^`]+)`")
	placeholder   = regexp.MustCompile(`\\\{(\w+)\\\}`)
	written       = patternsOf(ways)
)

// patternsOf returns what each command is recognised by.
func patternsOf(ways []way) []*regexp.Regexp {
	patterns := make([]*regexp.Regexp, len(ways))
	for i, w := range ways {
		patterns[i] = regexp.MustCompile("^" + placeholder.ReplaceAllString(regexp.QuoteMeta(w.command), `(?P<$1>\S+)`) + "$")
	}
	return patterns
}

// OverHTTP returns a text of the domain as it is read over HTTP. The domain says what to
// do by the command that does it, in backquotes; here the operation stands in its
// place. What only a command does is said to be one.
func OverHTTP(text string) string {
	if !strings.Contains(text, "`uptally ") {
		return text
	}
	return quotedCommand.ReplaceAllStringFunc(text, func(quoted string) string {
		command := strings.TrimPrefix(strings.Trim(quoted, "`"), "uptally ")
		for i, pattern := range written {
			if match := pattern.FindStringSubmatchIndex(command); match != nil && ways[i].operation != "" {
				return ways[i].told(func(text string) string {
					return string(pattern.ExpandString(nil, dollars.Replace(text), command, match))
				})
			}
		}
		return quoted + " on the command line"
	})
}

// dollars makes what stands in braces what regexp.Expand fills in.
var dollars = strings.NewReplacer("{", "${")

// told names the operation, and what it is given.
func (w way) told(filled func(string) string) string {
	operation := "`" + filled(w.operation) + "`"
	if w.with == "" {
		return operation
	}
	return operation + " with " + filled(w.with)
}
