package svm

import (
	"crypto/ed25519"
	"strconv"

	solanago "github.com/gagliardetto/solana-go"
)

// Associated is the wallet's associated token account of the world's mint, which need
// not exist.
func (r *Runtime) Associated(wallet solanago.PublicKey) solanago.PublicKey {
	account, _, err := solanago.FindAssociatedTokenAddress(wallet, r.Mint)
	if err != nil {
		r.fail("associated token account of %s: %v", wallet, err)
	}
	return account
}

// CreateTokenAccounts gives each wallet its associated token account, empty.
func (r *Runtime) CreateTokenAccounts(wallets ...solanago.PublicKey) {
	r.CreateTokenAccountsWith(0, wallets...)
}

// CreateTokenAccountsWith gives each wallet its associated token account with so many
// base units in it.
func (r *Runtime) CreateTokenAccountsWith(amount uint64, wallets ...solanago.PublicKey) {
	type entry struct {
		Account solanago.PublicKey `json:"account"`
		Owner   solanago.PublicKey `json:"owner"`
	}
	entries := make([]entry, len(wallets))
	for i, wallet := range wallets {
		entries[i] = entry{Account: r.Associated(wallet), Owner: wallet}
	}
	r.control(nil, "newTokenAccounts", entries, strconv.FormatUint(amount, 10))
}

// Airdrop gives an address lamports.
func (r *Runtime) Airdrop(to solanago.PublicKey, lamports uint64) {
	r.call(nil, "requestAirdrop", to, lamports)
}

// MintTo puts new tokens into the wallet's associated token account, in base units.
func (r *Runtime) MintTo(wallet solanago.PublicKey, amount uint64) {
	r.control(nil, "mintTo", r.Associated(wallet), strconv.FormatUint(amount, 10))
}

// Freeze freezes the wallet's associated token account: transfers to and from it fail
// with the token program's error 17, AccountFrozen.
func (r *Runtime) Freeze(wallet solanago.PublicKey) { r.control(nil, "freeze", r.Associated(wallet)) }

// Thaw ends a freeze.
func (r *Runtime) Thaw(wallet solanago.PublicKey) { r.control(nil, "thaw", r.Associated(wallet)) }

// TokenBalance is what the wallet's associated token account holds now, final or not,
// in base units; 0 if there is none.
func (r *Runtime) TokenBalance(wallet solanago.PublicKey) uint64 {
	return r.TokenBalances(wallet)[0]
}

// TokenBalances are those of many wallets, in their order.
func (r *Runtime) TokenBalances(wallets ...solanago.PublicKey) []uint64 {
	balances := make([]uint64, len(wallets))
	accounts := make([]solanago.PublicKey, len(wallets))
	for i, wallet := range wallets {
		accounts[i] = r.Associated(wallet)
	}
	texts := make([]string, len(wallets))
	r.control(&texts, "tokenBalances", accounts)
	for i := range wallets {
		amount, err := strconv.ParseUint(texts[i], 10, 64)
		if err != nil {
			r.fail("balance of %s: %v", wallets[i], err)
		}
		balances[i] = amount
	}
	return balances
}

// NewNonce opens a durable nonce of the authority's, and returns its account.
func (r *Runtime) NewNonce(authority solanago.PublicKey) (nonce solanago.PublicKey) {
	r.control(&nonce, "newNonce", authority)
	return nonce
}

// NewMultisig opens a multisig account of the token program, for which required of its
// members sign (1 to 11 of them), and returns its address.
func (r *Runtime) NewMultisig(required int, members ...solanago.PublicKey) (multisig solanago.PublicKey) {
	r.control(&multisig, "newMultisig", required, members)
	return multisig
}

// Account is what SetAccount writes.
type Account struct {
	Lamports uint64             `json:"lamports"` // 0 removes the account
	Owner    solanago.PublicKey `json:"owner"`
	Data     []byte             `json:"data"`
}

// SetAccount writes an account as it stands, whether or not a transaction could.
func (r *Runtime) SetAccount(address solanago.PublicKey, account Account) {
	if account.Data == nil {
		account.Data = []byte{}
	}
	r.control(nil, "setAccount", address, account)
}

// SignElsewhere has a message, legacy or version 0, signed by web3.js in Node, and
// returns the transaction. Signatures of keys that are not given stay zero.
func (r *Runtime) SignElsewhere(message []byte, keys ...ed25519.PrivateKey) (transaction []byte) {
	r.control(&transaction, "sign", message, keys) // both base64
	return transaction
}
