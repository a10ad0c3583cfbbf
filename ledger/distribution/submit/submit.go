package submit

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/uptally/uptally/ledger/distribution"
	"github.com/uptally/uptally/ledger/distribution/solana"
)

// Errors of submitting. After each of them what was recorded stands, and the same
// call goes on from there.
var (
	ErrKey        = errors.New("not the keys that sign")
	ErrPrice      = errors.New("not a price to pay")
	ErrFunds      = errors.New("not enough to pay with")
	ErrStopped    = errors.New("the chain takes nothing of it")
	ErrUnanswered = errors.New("the chain could not be asked")
	ErrMisfit     = errors.New("the chain does not fit what is on record")
	ErrNonce      = errors.New("not prepared for signing elsewhere")
	ErrHandedOut  = errors.New("not what was handed out")
)

// Defaults of Options.
const (
	InFlightDefault = 64
	PriceCapDefault = 1_000_000 // micro-lamports a compute unit: 0.0002 SOL for 200,000 units
	PauseDefault    = 2 * time.Second
)

// Options say how a distribution is submitted.
type Options struct {
	Signer   []ed25519.PrivateKey // of every required signer; not needed for a dry run, nor to hand out
	Actor    int64                // the person's id
	Price    *uint64              // of a compute unit, in micro-lamports; nil: what was paid lately, up to the cap
	PriceCap uint64               // 0: PriceCapDefault
	InFlight int                  // transactions that may land at a time; 0: InFlightDefault
	Pause    time.Duration        // between two looks at the chain; 0: PauseDefault
	DryRun   bool                 // simulate all, sign, send and record nothing
	Progress func(Progress)       // told of each step, by one goroutine; nil: nobody

	hook func(step string) // see watch
}

// Progress is how far a run has come.
type Progress struct {
	Payouts int // of the distribution
	Done    int // that landed, were set aside, or ended before
	Live    int // transactions that may still land
}

// Result is what a run came to.
type Result struct {
	Distribution string
	Budget       Budget                           // of what was open when it began
	States       map[distribution.PayoutState]int // of all payouts, once it was over
	Signed       int                              // transactions that this run signed
	Resent       int                              // times that the same bytes were sent again
	Landed       int                              // attempts that this run saw end, by how
	Failed       int
	Expired      int
	Refused      []Refusal // payouts that the chain refused; a dry run sets nobody aside
	Unknown      []Unknown // attempts that may still land
	Misfits      []string  // what a person must look at
}

// Refusal is a payout that its payee's account cannot take.
type Refusal struct {
	Payout int
	Detail string // the chain's words
}

// Unknown is an attempt that may still land. Nothing is signed in its place.
type Unknown struct {
	Batch     string // "d1-b3"
	Signature string // "" if it is handed out
}

// Run pays what is open of an approved distribution on the rail transactions, and
// returns when every attempt has ended. It looks at the attempts of earlier runs
// before it signs anything. The rules by which no payout is paid twice are drawn at
// the head of the package.
//
// After an error the result says how far it came. The error is one of this package,
// of distribution.ReadInstructions, distribution.ErrConflict if another run is at
// it, or of the database.
func Run(ctx context.Context, pool *pgxpool.Pool, client *solana.Client, id string, o Options) (Result, error) {
	r, err := run(ctx, pool, client, id, o)
	if err != nil {
		return r, fmt.Errorf("distribution: submit %s: %w", id, err)
	}
	return r, nil
}

func run(ctx context.Context, pool *pgxpool.Pool, client *solana.Client, id string, o Options) (Result, error) {
	s, err := openSubmitter(ctx, pool, client, id, o)
	if err != nil {
		return Result{Distribution: id}, err
	}
	if o.DryRun {
		return s.rehearse(ctx)
	}
	if err := s.checkSigner(); err != nil {
		return s.result, err
	}
	unlock, err := s.lock(ctx)
	if err != nil {
		return s.result, err
	}
	defer unlock()
	err = s.pay(ctx)
	return s.result, errors.Join(err, s.sum(context.WithoutCancel(ctx)))
}

// submitter submits one distribution.
type submitter struct {
	*watch
	Options

	approved  map[int]solana.Batch // by number
	roots     map[int]int          // payout -> the approved batch that it is of
	transfers map[int]solana.Transfer
	blocked   map[int]bool // payouts that the chain knows something of that does not fit
	expiries  map[int]int  // batch -> how often it expired in this run
	looks     int
	result    Result
}

// openSubmitter reads what is to be submitted, and checks it against the approval.
func openSubmitter(ctx context.Context, pool *pgxpool.Pool, client *solana.Client, id string, o Options) (*submitter, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	var d distribution.Distribution
	var instructions distribution.Instructions
	if err := pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) (err error) {
		d, instructions, err = distribution.ReadInstructions(ctx, tx, id)
		return err
	}); err != nil {
		return nil, err
	}
	s := &submitter{
		watch: newWatch(pool, client, id, instructions.Source), Options: o,
		approved: map[int]solana.Batch{}, roots: map[int]int{}, transfers: map[int]solana.Transfer{},
		blocked: map[int]bool{}, expiries: map[int]int{},
		result: Result{Distribution: d.ID},
	}
	s.watch.hook = o.hook
	return s, s.learn(instructions.Batches)
}

// learn sorts the approved batches by their numbers and payouts.
func (s *submitter) learn(batches []solana.Batch) error {
	for i, b := range batches {
		number := i + 1
		if b.ID != s.batchID(number) {
			return fmt.Errorf("%w: batch %q stands where %s is expected", distribution.ErrCorrupt, b.ID, s.batchID(number))
		}
		s.approved[number] = b
		for _, t := range b.Transfers {
			payout, err := payoutNumber(s.id, t.Payout)
			if err != nil {
				return err
			}
			s.roots[payout], s.transfers[payout] = number, t
		}
	}
	return nil
}

func (o *Options) fill() error {
	if o.PriceCap == 0 {
		o.PriceCap = PriceCapDefault
	}
	if o.Price != nil && *o.Price > o.PriceCap {
		return fmt.Errorf("%w: price %d is above the cap of %d micro-lamports a compute unit: raise the cap if that is meant", ErrPrice, *o.Price, o.PriceCap)
	}
	if o.InFlight == 0 {
		o.InFlight = InFlightDefault
	}
	if o.InFlight < 0 || o.Pause < 0 {
		return fmt.Errorf("%w: in flight %d, pause %s: give positive ones", distribution.ErrInvalid, o.InFlight, o.Pause)
	}
	if o.Pause == 0 {
		o.Pause = PauseDefault
	}
	return nil
}
