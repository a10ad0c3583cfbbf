package ledger

import (
	"errors"
	"testing"

	"github.com/google/uuid"
)

var anyone = uuid.MustParse("9d2a4a3e-1c55-4c0e-9f63-0242ac120002")

func TestAccountPaths(t *testing.T) {
	t.Parallel()
	for account, path := range map[Account]string{
		Treasury():                   "treasury",
		SeasonPool("ignition-s1"):    "season/ignition-s1/pool",
		SeasonReserve("ignition-s1"): "season/ignition-s1/reserve",
		SupplierEarned(anyone):       "supplier/9d2a4a3e-1c55-4c0e-9f63-0242ac120002/earned",
		SupplierTransit(anyone):      "supplier/9d2a4a3e-1c55-4c0e-9f63-0242ac120002/transit",
		SupplierPaid(anyone):         "supplier/9d2a4a3e-1c55-4c0e-9f63-0242ac120002/paid",
		SupplierOwing(anyone):        "supplier/9d2a4a3e-1c55-4c0e-9f63-0242ac120002/owing",
	} {
		if got := account.Path(); got != path {
			t.Errorf("got %s, want %s", got, path)
		}
		if got, err := ParseAccount(path); got != account || err != nil {
			t.Errorf("ParseAccount(%q): got %v, %v", path, got, err)
		}
	}
}

func TestParseAccountRefuses(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"", "pool", "earned", "Treasury", "treasury/", "/treasury", "season", "season/s1", "season/s1/", "season/s1/earned", "season/s1/treasury",
		"season//pool", "season/S1/pool", "season/-s1/pool", "season/s1/pool/x", "season/s 1/pool",
		"supplier/x/earned", "supplier/9d2a4a3e-1c55-4c0e-9f63-0242ac120002/pool", "supplier/9d2a4a3e-1c55-4c0e-9f63-0242ac120002",
		"supplier/9D2A4A3E-1C55-4C0E-9F63-0242AC120002/earned", "supplier/9d2a4a3e1c554c0e9f630242ac120002/earned",
		"supplier/{9d2a4a3e-1c55-4c0e-9f63-0242ac120002}/earned",
	} {
		if account, err := ParseAccount(path); !errors.Is(err, ErrAccountSyntax) {
			t.Errorf("ParseAccount(%q): got %v, %v, want ErrAccountSyntax", path, account, err)
		}
	}
}
