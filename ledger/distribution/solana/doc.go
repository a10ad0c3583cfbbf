// Package solana pays batches of payouts on Solana: it builds, packs, signs and
// decodes messages, and calls the chain.
package solana
