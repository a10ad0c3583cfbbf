// Token accounts, as bytes and as a node shows them.
'use strict'

const bs58 = require('bs58')
const { ACCOUNT_SIZE, AccountLayout, AccountState, MINT_SIZE, MintLayout, TOKEN_PROGRAM_ID } = require('@solana/spl-token')

const PROGRAM = TOKEN_PROGRAM_ID.toBase58()

function dataOf(svm, key, size) {
	const account = svm.getAccount(bs58.decode(key))
	if (!account || bs58.encode(account.owner()) !== PROGRAM || account.data().length !== size) return null
	return account.data()
}

// tokenAccount decodes an initialized account of the classic token program, or is null.
function tokenAccount(svm, key) {
	const data = dataOf(svm, key, ACCOUNT_SIZE)
	const account = data && AccountLayout.decode(data)
	return account && account.state !== AccountState.Uninitialized ? account : null
}

// uiAmount shows an amount in base units and for people.
function uiAmount(svm, { mint, amount }) {
	const data = dataOf(svm, mint.toBase58(), MINT_SIZE)
	const decimals = data ? MintLayout.decode(data).decimals : 0
	const digits = String(amount).padStart(decimals + 1, '0')
	const whole = digits.slice(0, digits.length - decimals), fraction = digits.slice(digits.length - decimals).replace(/0+$/, '')
	const text = fraction ? `${whole}.${fraction}` : whole
	return { amount: String(amount), decimals, uiAmount: Number(text), uiAmountString: text }
}

// tokenBalances are the balances of those keys that are token accounts.
function tokenBalances(svm, keys) {
	return keys.flatMap((key, accountIndex) => {
		const account = tokenAccount(svm, key)
		if (!account) return []
		return [{
			accountIndex, mint: account.mint.toBase58(), owner: account.owner.toBase58(),
			programId: PROGRAM, uiTokenAmount: uiAmount(svm, account),
		}]
	})
}

// newTokenAccount is the data of an account that was opened and filled in some way that
// does not matter.
function newTokenAccount(mint, owner, amount) {
	const data = Buffer.alloc(ACCOUNT_SIZE)
	data.set(bs58.decode(mint), 0)
	data.set(bs58.decode(owner), 32)
	data.writeBigUInt64LE(BigInt(amount), 64)
	data[108] = AccountState.Initialized
	return data
}

module.exports = { PROGRAM, tokenAccount, tokenBalances, uiAmount, newTokenAccount }
