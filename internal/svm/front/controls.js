// The methods by which a test moves the chain and sets its faults. None of them counts
// as a call, and none fails by a fault.
'use strict'

const web3 = require('@solana/web3.js')
const bs58 = require('bs58')
const native = require('litesvm/dist/internal.js')
const { PROGRAM, newTokenAccount, tokenAccount } = require('./token')
const { RPCError } = require('./methods')

const key = text => new web3.PublicKey(text)

const methods = {
	control_world: ({ world }) => ({
		mint: world.mint, treasury: Buffer.from(world.treasury.secretKey).toString('base64'), treasuryAccount: world.treasuryAccount,
	}),

	// Time and finality.
	control_advance({ chain }, [blocks]) {
		chain.advance(blocks)
		return chain.height
	},
	control_pace({ chain }, [heights]) { chain.pace = heights },
	control_hold({ chain }, [level]) { chain.hold(level) },
	control_release({ chain }) { chain.release() },
	control_fork({ chain }) {
		if (!chain.held) throw new RPCError(-32000, 'nothing can be forked off: all is final')
		return chain.fork()
	},
	control_prices({ chain }, [prices]) { chain.prices = prices && prices.length ? prices : null },
	control_rent({ chain }, [lamportsAByte]) { chain.svm.setRent(new native.Rent(BigInt(lamportsAByte), 1, 50)) },

	// Faults.
	control_planSends({ faults }, [mode, count, heights]) { faults.planSends(mode, count, heights) },
	control_failCalls({ faults }, [method, count, code]) { faults.failCalls(method, count, code) },
	control_setRates({ faults }, [seed, rates]) { faults.setRates(seed, rates) },
	control_stats: ({ chain, faults }) => ({
		calls: faults.calls, faulted: faults.faulted, sends: faults.sends,
		...chain.landed, waiting: chain.late.length, refusals: chain.refusals,
	}),

	// Accounts. Those of many wallets are written as they are; all else is done by real
	// transactions.
	control_newTokenAccounts({ chain, world }, [accounts, amount]) {
		const lamports = chain.svm.minimumBalanceForRentExemption(165n)
		for (const { account, owner } of accounts) {
			const data = newTokenAccount(world.mint.toBase58(), owner, amount)
			chain.svm.setAccount(bs58.decode(account), new native.Account(lamports, data, bs58.decode(PROGRAM), false, 0n))
		}
	},
	control_setAccount({ chain }, [address, { lamports, owner, data }]) {
		const account = new native.Account(BigInt(lamports), Buffer.from(data, 'base64'), bs58.decode(owner), false, 0n)
		chain.svm.setAccount(bs58.decode(address), account)
	},
	control_tokenBalances: ({ chain }, [accounts]) => accounts.map(account => String(tokenAccount(chain.svm, account)?.amount ?? 0)),
	control_mintTo: ({ world }, [account, amount]) => world.mintTo(key(account), BigInt(amount)),
	control_freeze: ({ world }, [account]) => world.freeze(key(account)),
	control_thaw: ({ world }, [account]) => world.thaw(key(account)),
	control_newNonce: ({ world }, [authority]) => world.newNonce(key(authority)),
	control_newMultisig: ({ world }, [required, members]) => world.newMultisig(required, members.map(key)),

	// control_sign signs a message with web3.js, as a signer elsewhere would. Signatures of
	// keys that are not given stay zero.
	control_sign(_, [message, secrets]) {
		const transaction = new web3.VersionedTransaction(web3.VersionedMessage.deserialize(Buffer.from(message, 'base64')))
		transaction.sign(secrets.map(secret => web3.Keypair.fromSecretKey(Buffer.from(secret, 'base64'))))
		return Buffer.from(transaction.serialize()).toString('base64')
	},
}

module.exports = { methods }
