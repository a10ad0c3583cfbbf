package svm

// AdvanceHeight adds blocks, and returns the height of the newest. A blockhash expires after
// 150 heights. Late transactions land in the block that they are due in.
func (r *Runtime) AdvanceHeight(blocks int) (height uint64) {
	r.control(&height, "advance", blocks)
	return height
}

// SetPace lets so many heights pass for each call of getBlockHeight, getEpochInfo and
// getSignatureStatuses, for those who wait by asking. It is 0 at first.
func (r *Runtime) SetPace(heights int) { r.control(nil, "pace", heights) }

// The levels that HoldFinality can leave transactions at.
const (
	Processed = "processed"
	Confirmed = "confirmed"
)

// HoldFinality leaves what lands from now on at a level short of final, and finalized
// reads as they are, until ReleaseFinality or Fork. A second hold changes nothing.
func (r *Runtime) HoldFinality(level string) { r.control(nil, "hold", level) }

// ReleaseFinality makes all that has landed final.
func (r *Runtime) ReleaseFinality() { r.control(nil, "release") }

// Fork drops all blocks since HoldFinality, as if the network had left them, and
// returns how many transactions never were. Finality is no longer held.
func (r *Runtime) Fork() (dropped int) {
	r.control(&dropped, "fork")
	return dropped
}

// SetPrices sets what getRecentPrioritizationFees tells, in micro-lamports a compute
// unit, for the last blocks in turn. None: what was paid.
func (r *Runtime) SetPrices(microLamports ...uint64) { r.control(nil, "prices", microLamports) }

// SetRent sets the lamports that a byte costs; 5,080 at first, which makes 1,488,440
// for a token account.
func (r *Runtime) SetRent(lamportsPerByte uint64) { r.control(nil, "rent", lamportsPerByte) }

// The next sends go as planned, each plan after those that were made before it.

// PassSends lets the next n sends land as usual.
func (r *Runtime) PassSends(n int) { r.control(nil, "planSends", "pass", n, 0) }

// DropSends answers the next n sends, and lands none of them.
func (r *Runtime) DropSends(n int) { r.control(nil, "planSends", "drop", n, 0) }

// LateSends answers the next n sends, and lands them so many heights later, if their
// blockhashes are valid then.
func (r *Runtime) LateSends(n, heights int) { r.control(nil, "planSends", "late", n, heights) }

// HangSends lands the next n sends, and never answers.
func (r *Runtime) HangSends(n int) { r.control(nil, "planSends", "hang", n, 0) }

// LoseSends neither lands nor answers the next n sends.
func (r *Runtime) LoseSends(n int) { r.control(nil, "planSends", "lose", n, 0) }

// CutSends lands the next n sends, and ends the connection without an answer.
func (r *Runtime) CutSends(n int) { r.control(nil, "planSends", "cut", n, 0) }

// FailCalls answers the next n calls of a method with an HTTP status (429, 500, …), or
// with a JSON-RPC error if the code is negative (-32005: the node is behind).
func (r *Runtime) FailCalls(method string, n, code int) { r.control(nil, "failCalls", method, n, code) }

// Rates are percentages: of sends, and for Error of all calls, which then fail with
// status 429 or 500.
type Rates struct {
	Drop   int `json:"drop"`
	Late   int `json:"late"`
	LateBy int `json:"lateBy"` // heights
	Hang   int `json:"hang"`
	Lose   int `json:"lose"`
	Cut    int `json:"cut"`
	Error  int `json:"error"`
}

// SetFaults draws faults at the given rates from now on, always the same ones for a
// seed and an order of calls. Sends that were planned go first.
func (r *Runtime) SetFaults(seed uint32, rates Rates) { r.control(nil, "setRates", seed, rates) }

// Stats is what has happened since the start. The world's own transactions count as
// executed, not as sends.
type Stats struct {
	Calls   map[string]int // by method, faulted ones too, without the controls
	Faulted int            // calls that were answered with an error on purpose
	Sends   struct {       // by what was done with them
		Pass, Drop, Late, Hang, Lose, Cut int
	}
	Executed int       // transactions that landed and succeeded
	Failed   int       // landed, paid their fee, and failed
	Refused  int       // never landed: expired, sent twice, badly signed
	Waiting  int       // late, and not landed yet
	Refusals []Refusal // each of the refused, in order
}

// Refusal is a transaction that could not land.
type Refusal struct {
	Signature string
	Err       any // "BlockhashNotFound", "AlreadyProcessed", …
}

// Stats tells what has happened.
func (r *Runtime) Stats() (stats Stats) {
	r.control(&stats, "stats")
	return stats
}

// Calls is how often a method was called.
func (r *Runtime) Calls(method string) int { return r.Stats().Calls[method] }
