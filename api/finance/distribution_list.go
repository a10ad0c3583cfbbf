package finance

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/uptally/uptally/api/auth"
	"github.com/uptally/uptally/api/wire"
	"github.com/uptally/uptally/ledger/distribution"
)

func registerDistributions(s *wire.Service) {
	type output struct{ Body wire.Page[Distribution] }
	wire.Read(s, reading("list-distributions", "/distributions", "List the distributions",
		"The newest first, without their progress."), books,
		func(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *wire.Paging) (*output, error) {
			below, err := numberOf(in.Cursor)
			if err != nil {
				return nil, err
			}
			all, err := distribution.List(ctx, tx) // some dozens a year
			if err != nil {
				return nil, err
			}
			slices.Reverse(all)
			all = slices.DeleteFunc(all, func(d distribution.Distribution) bool { return below > 0 && numberIn(d.ID) >= below })
			views, err := viewDistributions(ctx, tx, all[:min(len(all), in.Limit+1)]...)
			return &output{wire.PageOf(views, in.Limit, func(last Distribution) string { return cursorAt(numberIn(last.ID)) })}, err
		})
	wire.Read(s, reading("get-distribution", "/distributions/{id}", "Read a distribution",
		"How far it and its payouts have come, what was carried forward, its files and who did what."), books,
		func(ctx context.Context, tx pgx.Tx, _ auth.Caller, in *ByDistribution) (*distributionOutput, error) {
			d, err := distribution.Show(ctx, tx, in.ID)
			if err != nil {
				return nil, err
			}
			return showDistribution(ctx, tx, d)
		})
}

// numberIn is the number in a distribution's id, such as d1.
func numberIn(id string) int64 {
	number, err := strconv.ParseInt(strings.TrimPrefix(id, "d"), 10, 64)
	if err != nil {
		panic(err) // the database makes them
	}
	return number
}
