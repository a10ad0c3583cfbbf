package solana

import (
	"context"
	"errors"
	"time"
)

// Errors of calls. None holds the URL, which may hold a token.
var (
	ErrUnreachable = errors.New("the RPC node gave no usable answer")
	ErrRefused     = errors.New("the RPC node refused")
	ErrUncertain   = errors.New("no answer: the transaction may have been accepted")
)

// Options of a client.
type Options struct {
	PerSecond int           // calls a second at most; 0: 10
	Timeout   time.Duration // of one call; 0: 20 s
}

// Client calls an RPC node of Solana.
type Client struct{}

// Dial returns a client of the node at an http or https URL. It does not call it.
func Dial(url string, o Options) (*Client, error) { return nil, errors.ErrUnsupported }

// Blockhash returns a recent finalized blockhash and the last block height at which
// a transaction with it can land.
func (c *Client) Blockhash(ctx context.Context) (hash Hash, lastValidHeight uint64, err error) {
	return Hash{}, 0, errors.ErrUnsupported
}

// Height returns the finalized block height.
func (c *Client) Height(ctx context.Context) (uint64, error) { return 0, errors.ErrUnsupported }

// Simulation is what a transaction would do.
type Simulation struct {
	Failed       string // why it would fail; "": it would succeed
	Instruction  int    // the instruction that would fail, from 0; -1: none
	ComputeUnits uint64 // consumed
}

// Simulate runs a transaction without sending it. One whose blockhash is zero is
// run with the node's newest, and signatures of zeros are not verified.
func (c *Client) Simulate(ctx context.Context, transaction []byte) (Simulation, error) {
	return Simulation{}, errors.ErrUnsupported
}

// Unsigned is the transaction of a message with zeros for signatures, to simulate.
func Unsigned(message []byte) ([]byte, error) { return nil, errors.ErrUnsupported }

// Send hands a signed transaction to the node, once. ErrRefused: the node did not
// accept it. Any other error is ErrUncertain: it may have been accepted.
func (c *Client) Send(ctx context.Context, transaction []byte) error { return errors.ErrUnsupported }

// Status is what became of a signature.
type Status struct {
	Found     bool
	Finalized bool
	Failed    string // why it failed; "": it did not
	Slot      uint64
}

// Statuses returns the status of each signature, in their order.
func (c *Client) Statuses(ctx context.Context, signatures []Signature) ([]Status, error) {
	return nil, errors.ErrUnsupported
}

// Seen is a finalized transaction that names an account.
type Seen struct {
	Signature Signature
	Slot      uint64
	Failed    string // why it failed; "": it did not
	Memo      string // "": none
}

// History returns the finalized transactions that name the account, of the slot
// and later, newest first.
func (c *Client) History(ctx context.Context, account Key, fromSlot uint64) ([]Seen, error) {
	return nil, errors.ErrUnsupported
}

// Landed is a finalized transaction.
type Landed struct {
	Slot      uint64
	Time      time.Time // of its block; zero: the node does not know
	Failed    string    // why it failed; "": it did not
	Memo      string    // of the memo program's first instruction; "": none
	Transfers []Moved   // what its instructions ask for; it happened unless Failed
	Changes   map[Key]int64
	Fee       uint64 // lamports
	Message   []byte // as it landed
}

// Moved is a transfer of tokens by a top-level instruction.
type Moved struct {
	From, To Key // token accounts
	Owner    Key // of To; zero: unknown
	Mint     Key // zero: unknown
	Amount   uint64
}

// Transaction returns a finalized transaction, or nil if the node knows none.
func (c *Client) Transaction(ctx context.Context, s Signature) (*Landed, error) {
	return nil, errors.ErrUnsupported
}

// Account is an account of the chain.
type Account struct {
	Owner      Key // the program that it belongs to
	Lamports   uint64
	Data       []byte
	Executable bool
}

// Accounts returns the finalized state of each account, nil where it is absent.
func (c *Client) Accounts(ctx context.Context, keys []Key) ([]*Account, error) {
	return nil, errors.ErrUnsupported
}

// TokenAccount is an account of the classic token program.
type TokenAccount struct {
	Mint   Key
	Owner  Key
	Amount uint64 // base units
	Frozen bool
}

// ErrNotTokenAccount is an account that holds no tokens.
var ErrNotTokenAccount = errors.New("not a token account")

// ParseTokenAccount decodes an initialised account of the classic token program.
func ParseTokenAccount(a *Account) (TokenAccount, error) {
	return TokenAccount{}, errors.ErrUnsupported
}

// TokenAccounts returns each token account, nil where it is absent.
func (c *Client) TokenAccounts(ctx context.Context, keys []Key) ([]*TokenAccount, error) {
	return nil, errors.ErrUnsupported
}

// TokenAccountSize is the number of bytes of a token account, for Rent.
const TokenAccountSize = 165

// Rent returns the lamports that an account of size bytes must hold.
func (c *Client) Rent(ctx context.Context, size uint64) (uint64, error) {
	return 0, errors.ErrUnsupported
}

// RecentPrice returns a compute unit price that lately got transactions on the
// accounts into a block, in micro-lamports.
func (c *Client) RecentPrice(ctx context.Context, accounts []Key) (uint64, error) {
	return 0, errors.ErrUnsupported
}

// Nonce returns the value of a durable nonce account and who may advance it.
func (c *Client) Nonce(ctx context.Context, account Key) (value Hash, authority Key, err error) {
	return Hash{}, Key{}, errors.ErrUnsupported
}
