package supplier_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/supplier"
	"github.com/uptally/uptally/uptime"
)

// A verdict that was decided, and holds, from after a supplier let go of the device
// takes their slots out of the season all the same. So they are told it, with its
// reason, and not on what evidence.
func testFormerOwner(t *testing.T, w *place) {
	device := "/v1/devices/" + w.moved.String()
	former := w.as(w.to)
	if before := in[supplier.Device](t, former, device); before.Owned || before.Verdict != nil && before.Verdict.Kind == uptime.Spoofed {
		t.Fatalf("before: %+v, verdict %+v", before, before.Verdict)
	}
	w.tx(func(ctx context.Context, tx pgx.Tx) error {
		_, err := uptime.AddVerdicts(ctx, tx, []uptime.VerdictEntry{{
			DeviceID: w.moved, Kind: uptime.Spoofed, EffectiveAt: april(26, 0), Reason: "pow_timeout", Evidence: "run 99 of grace's desk",
		}}, w.grace)
		return err
	})
	w.seal()
	excluded := in[supplier.ExclusionTable](t, former, "/v1/seasons/test-s1/exclusions?limit=200").Items
	at := slices.IndexFunc(excluded, func(x supplier.Exclusion) bool { return x.DeviceID == w.moved })
	if at < 0 || excluded[at].Outcome != "spoofed" || excluded[at].Verdict == nil || excluded[at].Verdict.Reason != "pow_timeout" {
		t.Errorf("their line was not taken out by it, or not for the reason: %+v", excluded)
	}
	answer := former.Get(device).Want(t, http.StatusOK)
	var told supplier.Device
	if answer.Into(t, &told); told.Verdict == nil || told.Verdict.Reason != "pow_timeout" || strings.Contains(string(answer.Body), "desk") {
		t.Errorf("told: %s", answer.Body)
	}
}
