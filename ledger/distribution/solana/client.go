package solana

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/gagliardetto/solana-go/rpc"
	"golang.org/x/time/rate"
)

// Options of a client.
type Options struct {
	PerSecond int           // calls a second at most, those made again included; 0: 10
	Timeout   time.Duration // of one try of a call; 0: 20 s
}

// Client calls an RPC node of Solana. It may be used by many goroutines at once.
//
// What it reads is finalized unless a method says otherwise. Behind one URL often
// stand many nodes, some behind others: once Height, Nonce or Accounts has told of a
// slot, Statuses, History and Accounts take no answer of a node that has not come so
// far. So a height past a transaction's last, or a nonce that moved on, and then no
// status and no history of it, are one consistent picture.
//
// Every method returns an error of the context if that ended it, else ErrRefused or
// ErrUnreachable. No error holds the URL, nor does a Client when it is printed.
type Client struct {
	calls *caller
	node  *rpc.Client
	known atomic.Uint64 // the newest finalized slot that was told of
}

// ErrURL is a URL that no client can call. The error does not hold it.
var ErrURL = errors.New("not the URL of an RPC node")

// Dial returns a client of the node at an http or https URL. It does not call it.
func Dial(address string, o Options) (*Client, error) {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Host == "" {
		return nil, fmt.Errorf("solana: %w: give one that begins with https:// or http:// (it is not shown, because it may hold a token)", ErrURL)
	}
	if o.PerSecond < 0 || o.Timeout < 0 {
		return nil, fmt.Errorf("solana: options: %d calls a second, timeout %s: give positive ones", o.PerSecond, o.Timeout)
	}
	if o.PerSecond == 0 {
		o.PerSecond = 10
	}
	if o.Timeout == 0 {
		o.Timeout = 20 * time.Second
	}
	calls := &caller{
		url:     address,
		secrets: secretsOf(parsed),
		limit:   rate.NewLimiter(rate.Limit(o.PerSecond), 1),
		timeout: o.Timeout,
		pause:   firstPause,
		http: &http.Client{
			Transport: http.DefaultTransport.(*http.Transport).Clone(),
			// A redirect would send a transaction a second time, to somebody else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	return &Client{calls: calls, node: rpc.NewWithCustomRPCClient(calls)}, nil
}

// String keeps the URL to itself.
func (c *Client) String() string { return "solana.Client" }

// GoString keeps the URL to itself.
func (c *Client) GoString() string { return c.String() }

// Close closes the connections that are idle.
func (c *Client) Close() { c.calls.http.CloseIdleConnections() }

// Blockhash returns a finalized blockhash, which every node knows and no fork takes
// back, and the last block height at which a transaction with it can land.
func (c *Client) Blockhash(ctx context.Context) (hash Hash, lastValidHeight uint64, err error) {
	out, err := c.node.GetLatestBlockhash(ctx, rpc.CommitmentFinalized)
	if err != nil {
		return Hash{}, 0, fmt.Errorf("solana: blockhash: %w", err)
	}
	if out == nil || out.Value == nil || out.Value.Blockhash.IsZero() || out.Value.LastValidBlockHeight == 0 {
		return Hash{}, 0, fmt.Errorf("solana: blockhash: %w: it names none", ErrUnreachable)
	}
	return out.Value.Blockhash, out.Value.LastValidBlockHeight, nil
}

// Height returns the finalized block height. From then on the client takes no
// answer from a node that is behind it.
func (c *Client) Height(ctx context.Context) (uint64, error) {
	out, err := c.node.GetEpochInfo(ctx, rpc.CommitmentFinalized)
	if err != nil {
		return 0, fmt.Errorf("solana: height: %w", err)
	}
	if out == nil {
		return 0, fmt.Errorf("solana: height: %w: it names none", ErrUnreachable)
	}
	c.learn(out.AbsoluteSlot)
	return out.BlockHeight, nil
}

// learn keeps the newest finalized slot that was told of.
func (c *Client) learn(slot uint64) {
	for known := c.known.Load(); slot > known && !c.known.CompareAndSwap(known, slot); {
		known = c.known.Load()
	}
}

// Rent returns the lamports that an account of size bytes must hold. It changes
// over time, so it is asked for and never written down as a constant.
func (c *Client) Rent(ctx context.Context, size uint64) (uint64, error) {
	lamports, err := c.node.GetMinimumBalanceForRentExemption(ctx, size, rpc.CommitmentFinalized)
	if err != nil {
		return 0, fmt.Errorf("solana: rent of %d bytes: %w", size, err)
	}
	return lamports, nil
}
