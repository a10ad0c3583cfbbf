package main

import "github.com/uptally/uptally/ledger/distribution/solana"

// rpc are the flags of what asks the chain.
type rpc struct {
	RPC     string `name:"rpc" placeholder:"URL" env:"UPTALLY_SOLANA_RPC" help:"Solana RPC node. It may hold a token, and is never shown."`
	RPCRate int    `name:"rpc-rate" placeholder:"N" default:"10" help:"Calls a second that the node takes."`
}

// dial returns a client of the node, nil if none is named.
func (r rpc) dial() (*solana.Client, error) {
	if r.RPC == "" {
		return nil, nil
	}
	client, err := solana.Dial(r.RPC, solana.Options{PerSecond: r.RPCRate})
	if err != nil {
		return nil, usage("--rpc: %w", err)
	}
	return client, nil
}

// mustDial is dial where there must be a node.
func (r rpc) mustDial() (*solana.Client, error) {
	if r.RPC == "" {
		return nil, usage("name a Solana RPC node with --rpc or UPTALLY_SOLANA_RPC")
	}
	return r.dial()
}
