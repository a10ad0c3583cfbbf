package ledger

import "testing"

func TestLocateNamesTheTransferThatDoesNotFit(t *testing.T) {
	t.Parallel()
	row := func(number int64, credit string, amount int64) storedTransfer {
		return storedTransfer{number, "pool", credit, amount}
	}
	for name, c := range map[string]struct {
		rows   []storedTransfer
		count  int64
		misfit []string
		want   int64
	}{
		"all fit":                        {[]storedTransfer{row(1, "a", 5), row(2, "b", 3), row(3, "c", 1)}, 3, nil, 0},
		"none at all":                    {nil, 0, nil, 0},
		"the first is gone":              {[]storedTransfer{row(2, "b", 3), row(3, "c", 1)}, 3, nil, 1},
		"one between is gone":            {[]storedTransfer{row(1, "a", 5), row(3, "c", 1)}, 3, nil, 2},
		"the last is gone":               {[]storedTransfer{row(1, "a", 5), row(2, "b", 3)}, 3, nil, 3},
		"all are gone":                   {nil, 3, nil, 1},
		"one too many":                   {[]storedTransfer{row(1, "a", 5), row(2, "b", 3), row(3, "c", 1)}, 2, nil, 3},
		"a number twice":                 {[]storedTransfer{row(1, "a", 5), row(1, "b", 3), row(3, "c", 1)}, 3, nil, 1},
		"a number below all":             {[]storedTransfer{row(-5, "c", 1), row(1, "a", 5), row(2, "b", 3)}, 3, nil, 1},
		"an amount":                      {[]storedTransfer{row(1, "a", 5), row(2, "b", 4), row(3, "c", 1)}, 3, []string{"b", "pool"}, 2},
		"two exchanged":                  {[]storedTransfer{row(1, "b", 3), row(2, "a", 5), row(3, "c", 1)}, 3, nil, 1},
		"one out of order, at the front": {[]storedTransfer{row(1, "d", 3), row(2, "b", 5), row(3, "c", 1)}, 3, nil, 1},
		"one out of order, at the end":   {[]storedTransfer{row(1, "b", 3), row(2, "c", 5), row(3, "a", 1)}, 3, nil, 3},
		"another creditor, in its place": {[]storedTransfer{row(1, "a", 5), row(2, "bb", 3), row(3, "c", 1)}, 3, []string{"b", "bb"}, 2},
		"two may be meant":               {[]storedTransfer{row(1, "a", 5), row(2, "a", 6), row(3, "c", 1)}, 3, []string{"a", "pool"}, 0},
	} {
		misfit := map[string]bool{}
		for _, path := range c.misfit {
			misfit[path] = true
		}
		if got, why := locate(c.rows, c.count, misfit); got != c.want || (why == "") != (got == 0) {
			t.Errorf("%s: got transfer %d %q, want %d", name, got, why, c.want)
		}
	}
}
