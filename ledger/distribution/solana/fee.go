package solana

import (
	"context"
	"fmt"
	"slices"

	"github.com/gagliardetto/solana-go/rpc"
)

// feeAccountsMax is how many accounts a node is asked about at most.
const feeAccountsMax = 128

// pricePercentile of the recent prices is what RecentPrice answers.
const pricePercentile = 90

// RecentPrice returns a price of a compute unit, in micro-lamports, that lately got
// transactions that write to the accounts into a block: of the last 150 or so blocks
// each names the lowest price that landed, and this is the 90th percentile (nearest
// rank) of those that are not 0; 0 if all are. At most 128 accounts are asked about,
// the first.
func (c *Client) RecentPrice(ctx context.Context, accounts []Key) (uint64, error) {
	out, err := c.node.GetRecentPrioritizationFees(ctx, append([]Key{}, accounts[:min(len(accounts), feeAccountsMax)]...))
	if err != nil {
		return 0, fmt.Errorf("solana: recent price: %w", err)
	}
	return percentile(out), nil
}

func percentile(fees []rpc.PriorizationFeeResult) uint64 {
	var prices []uint64
	for _, f := range fees {
		if f.PrioritizationFee > 0 {
			prices = append(prices, f.PrioritizationFee)
		}
	}
	if len(prices) == 0 {
		return 0
	}
	slices.Sort(prices)
	return prices[(len(prices)*pricePercentile+99)/100-1]
}
