package town

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/uptally/uptally/snapshot"
)

// Known are values that mean something here, by the name of the parameter or member
// that they are for, or by operation and name: of the party, where they are a
// supplier's, and of the town.
func (w *Town) Known(p *Party) map[string][]string {
	revisions := []string{"1", "2", strconv.Itoa(w.Draft.Revision)}
	known := map[string][]string{
		"device": {p.Device.String()}, "device_id": {p.Device.String()}, "appeal": {p.Appeal}, "payout": {p.Payout},
		"challenge": {p.Challenge}, "webhook": {p.Webhook}, "supplier": {p.ID.String()}, "supplier_id": {p.ID.String()},
		"season": {Sealed.Code, Running.Code}, "revision": revisions, "against": revisions,
		"sha256": {w.ruleset()}, "digest": {hex.EncodeToString(w.Draft.Digest)}, "ruleset": {"ignition-s1", "ignition-s2"},
		"address": {w.world.Wallet(w.unused(p))}, "wallet": {p.Wallet}, "wallets": {p.Wallet}, "tree": {"d1-t1"}, "hold": {w.Hold},
		"account": {"treasury", "season/" + Sealed.Code + "/pool", "supplier/" + p.ID.String() + "/earned"}, "prefix": {"season/", "supplier/"},
		"payouts": {p.Payout, "d2-1"}, "manifest_sha256": {w.manifest()}, "min_before": {"0.5", "1", "0.333"},
		"pool": {"1", "1000000000"}, "code": {"town-s9", "town-s8"}, "set": {"eligibility.min_uptime=0.9", "payout.minimum=1"},
		"treasury": {p.Wallet}, "vault": {p.Wallet}, "url": {"https://hooks.example/one"},
	}
	for operation, id := range map[string]string{
		"approve-window": w.Window, "get-incident": w.Incident, "dismiss-incident": w.Incident, "end-incident": w.Incident,
		"get-incident-proposal": w.Incident, "release-hold": w.Hold, "approve-override": w.Override, "approve-reopening": w.Reopening, "get-task": w.Task,
	} {
		known[operation+".id"] = []string{id}
	}
	for _, operation := range []string{
		"get-distribution", "list-distribution-files", "get-distribution-file", "list-distribution-payouts", "list-merkle-trees",
		"settle-by-receipts", "settle-by-funding", "settle-from-chain", "set-payouts-aside", "export-distribution",
	} {
		known[operation+".id"] = []string{"d1"}
	}
	for _, operation := range []string{"approve-distribution", "cancel-distribution", "approve-distribution-cancellation", "set-payouts-aside"} {
		known[operation+".id"] = []string{"d2"}
	}
	for _, operation := range []string{"approve-snapshot", "reject-snapshot", "seal-snapshot", "ask-override", "approve-override"} {
		known[operation+".revision"] = []string{strconv.Itoa(w.Draft.Revision)}
	}
	for _, operation := range []string{"get-season-estimate", "list-estimate-lines", "list-estimate-suppliers", "get-ingest-reconciliation"} {
		known[operation+".season"] = []string{Running.Code}
	}
	known["get-distribution-file.name"] = []string{"manifest.json"}
	known["get-public-ruleset.name"] = []string{"ignition-s1"}
	for _, operation := range []string{"approve-supplier-release", "ask-supplier-release", "freeze-supplier"} {
		known[operation+".supplier"] = []string{w.Third.String()}
	}
	known["settle-by-receipts.body"] = []string{"recipient,amount,finalized_date,signature\n" + p.Wallet + ",1,2024-07-30T12:00:00Z," + strings.Repeat("1", 64) + "\n"}
	known["import-wallets.body"] = []string{"supplier_id,wallet,text,signature\n" + p.ID.String() + "," + p.Wallet + ",x,y\n"}
	known["import-verdicts.body"] = []string{"device_id,verdict,effective_at,reason,evidence\n" + p.Device.String() + ",genuine,2024-04-25T00:00:00Z,seen,run 9\n"}
	return known
}

func (w *Town) ruleset() string {
	digest := sha256.Sum256(snapshot.Embedded()[0].TOML)
	return hex.EncodeToString(digest[:])
}
