package audit

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Record is an entry as it stands in the log.
type Record struct {
	Entry
	Number     int64
	RecordedAt time.Time // by the database's clock, UTC
	Digest     Digest
}

// Filter says which entries are wanted: those to which all of it applies. What is
// empty or zero applies to every entry.
type Filter struct {
	Actor     string       // byte for byte
	Address   netip.Prefix // an address, or a network that holds it
	Operation string
	Class     int       // of the status: 2 is 200 to 299
	Since     time.Time // recorded then or later
	Until     time.Time // recorded before
}

// List returns the newest entries that the filter lets through, the newest first, at
// most limit. before, unless it is 0, keeps to entries of lower numbers: the number
// of the last entry of a list is where the next begins.
func List(ctx context.Context, tx pgx.Tx, f Filter, before int64, limit int) ([]Record, error) {
	records, err := selectEntries(ctx, tx, f, before, limit)
	if err != nil {
		return nil, fmt.Errorf("audit: list: %w", err)
	}
	return records, nil
}

// Alerts returns the newest alerts, the newest first, likewise.
func Alerts(ctx context.Context, tx pgx.Tx, before int64, limit int) ([]Alert, error) {
	alerts, err := selectAlerts(ctx, tx, before, limit)
	if err != nil {
		return nil, fmt.Errorf("audit: alerts: %w", err)
	}
	return alerts, nil
}

// ErrAddress says that a text is no address and no network.
var ErrAddress = errors.New("no address")

// ParseAddress reads an IPv4 or IPv6 address, or a network such as 192.0.2.0/24.
func ParseAddress(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return netip.Prefix{}, fmt.Errorf("%w: %q: write 192.0.2.7, or a network such as 192.0.2.0/24", ErrAddress, text)
		}
		return network.Masked(), nil
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%w: %q: write 192.0.2.7, or a network such as 192.0.2.0/24", ErrAddress, text)
	}
	address = address.Unmap().WithZone("")
	return netip.PrefixFrom(address, address.BitLen()), nil
}
