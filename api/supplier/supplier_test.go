package supplier_test

import (
	"testing"

	"github.com/uptally/uptally/api/supplier"
)

func TestSuppliersRead(t *testing.T) {
	w := settled(t)
	me := w.as(w.from)
	t.Run("devices", func(t *testing.T) {
		all := in[supplier.DeviceTable](t, me, "/v1/devices")
		t.Logf("%d devices", len(all.Items))
	})
	for _, path := range []string{"/v1/me", "/v1/devices", "/v1/devices/" + w.moved.String(), "/v1/devices/" + w.moved.String() + "/timeline",
		"/v1/devices/" + w.moved.String() + "/explanation?season=test-s1", "/v1/devices/" + w.moved.String() + "/earnings?season=test-s1",
		"/v1/earnings", "/v1/seasons/test-s1/earnings", "/v1/seasons/test-s1/earnings/devices", "/v1/seasons/test-s1/exclusions",
		"/v1/seasons/test-s2/earnings/devices?estimate=true", "/v1/devices/" + w.moved.String() + "/explanation?season=test-s2&estimate=true",
		"/v1/reasons", "/v1/statement", "/v1/balance", "/v1/payouts", "/v1/payouts/d1-1",
		"/v1/public/seasons", "/v1/public/seasons/test-s1", "/v1/public/seasons/test-s1/population?step=72", "/v1/public/rulesets/ignition-s1",
		"/v1/devices/" + w.moved.String() + "/timeline?from=2024-04-25T00:00:00Z&to=2024-04-27T00:00:00Z",
	} {
		a := me.Get(path)
		text := string(a.Body)
		if len(text) > 1500 {
			text = text[:1500]
		}
		t.Logf("%s: %d %s", path, a.Status, text)
	}
}
