package main

import (
	"context"

	"github.com/uptally/uptally/ledger/distribution/solana"
	"github.com/uptally/uptally/ledger/distribution/wallet"
)

// chainFlag names the node that is asked about the chain. Its URL is never shown: it
// may hold a token.
type chainFlag struct {
	RPC     string `name:"rpc" placeholder:"URL" env:"UPTALLY_SOLANA_RPC" help:"Solana RPC node to ask about the chain; rather set the variable, as arguments can be read by others."`
	RPCRate int    `name:"rpc-rate" placeholder:"N" default:"10" help:"Calls a second that the node takes."`
}

// dial returns a client of the node, nil if none is named.
func (c chainFlag) dial() (*solana.Client, error) {
	if c.RPC == "" {
		return nil, nil
	}
	client, err := solana.Dial(c.RPC, solana.Options{PerSecond: c.RPCRate})
	if err != nil {
		return nil, usage("--rpc, or UPTALLY_SOLANA_RPC: %w", err)
	}
	return client, nil
}

// mustDial is dial where there must be a node.
func (c chainFlag) mustDial() (*solana.Client, error) {
	if c.RPC == "" {
		return nil, usage("name a Solana RPC node with UPTALLY_SOLANA_RPC or --rpc")
	}
	return c.dial()
}

// checkOnChain asks the node, if there is one, whether the address is a wallet.
func checkOnChain(ctx context.Context, node *solana.Client, address string) error {
	if node == nil {
		return nil
	}
	return wallet.CheckOnChain(ctx, node, address)
}

// hook returns the hook that the environment describes, nil if there is none. The URL
// and the key are variables only, and never shown.
func (a *app) hook() (*wallet.Hook, error) {
	address, _ := a.lookup("UPTALLY_WALLET_HOOK_URL")
	key, _ := a.lookup("UPTALLY_WALLET_HOOK_KEY")
	if address == "" {
		return nil, nil
	}
	hook, err := wallet.NewHook(address, key)
	if err != nil {
		return nil, usage("UPTALLY_WALLET_HOOK_URL and UPTALLY_WALLET_HOOK_KEY: %w", err)
	}
	return hook, nil
}
