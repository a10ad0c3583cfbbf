// The methods of a Solana node that Uptally and its libraries call, in the shapes that
// a node answers with.
'use strict'

const { PublicKey } = require('@solana/web3.js')
const bs58 = require('bs58')
const errors = require('./errors')
const { VALID_FOR } = require('./chain')
const { decode } = require('./transaction')
const { tokenAccount, uiAmount } = require('./token')

class RPCError extends Error {
	constructor(code, message, data) {
		super(message)
		Object.assign(this, { code, data })
	}
}

const invalid = message => new RPCError(-32602, message)

const levels = ['processed', 'confirmed', 'finalized']
const level = (options, key = 'commitment') => options?.[key] ?? 'finalized'
const reaches = (chain, record, commitment) => levels.indexOf(chain.statusOf(record)) >= levels.indexOf(commitment)

const inContext = (chain, commitment, value) => ({
	context: { apiVersion: '3.0.0', slot: chain.slot(chain.heightAt(commitment)) }, value,
})

function key(text) {
	let bytes
	try { bytes = bs58.decode(text) } catch { throw invalid(`Invalid param: ${text}`) }
	if (bytes.length !== 32) throw invalid('Invalid param: WrongSize')
	return bytes
}

// transactionOf decodes a transaction as it was sent; base58 is the default of nodes.
function transactionOf(text, encoding = 'base58') {
	try {
		return decode(encoding === 'base64' ? Buffer.from(text, 'base64') : Buffer.from(bs58.decode(text)))
	} catch (error) {
		throw invalid(`failed to deserialize transaction: ${error.message}`)
	}
}

function account(svm, text, options = {}) {
	const found = svm.getAccount(key(text))
	if (!found || found.lamports() === 0n) return null
	const { offset = 0, length = Infinity } = options.dataSlice || {}
	const data = Buffer.from(found.data())
	return {
		data: [data.subarray(offset, offset + length).toString('base64'), 'base64'],
		executable: found.executable(), lamports: found.lamports(), owner: bs58.encode(found.owner()),
		rentEpoch: 0, space: data.length,
	}
}

function simulated(chain, transaction, options) {
	const { err, logs, units, innerInstructions } = chain.simulate(transaction, options)
	const shown = { err, logs, accounts: null, unitsConsumed: units, returnData: null, innerInstructions: null, fee: transaction.fee }
	return { shown, innerInstructions }
}

// preflight simulates what is about to be sent, and refuses it as a node does.
function preflight(chain, transaction) {
	const { shown } = simulated(chain, transaction, {})
	if (shown.err === 'SignatureFailure') throw new RPCError(-32003, 'Transaction signature verification failure')
	if (shown.err) throw new RPCError(-32002, `Transaction simulation failed: ${errors.inWords(shown.err)}`, shown)
}

const wireMessage = message => ({
	accountKeys: message.staticAccountKeys.map(key => key.toBase58()),
	header: message.header,
	instructions: message.compiledInstructions.map(i => ({
		programIdIndex: i.programIdIndex, accounts: [...i.accountKeyIndexes], data: bs58.encode(i.data), stackHeight: 1,
	})),
	recentBlockhash: message.recentBlockhash,
})

function encoded(record, encoding) {
	if (encoding === 'base64') return [Buffer.from(record.bytes).toString('base64'), 'base64']
	if (encoding === 'base58') return [bs58.encode(record.bytes), 'base58']
	return { signatures: record.signatures, message: wireMessage(record.message) }
}

const methods = {
	getHealth: () => 'ok',
	getVersion: () => ({ 'solana-core': '3.0.0', 'feature-set': 0 }),
	getGenesisHash: chain => chain.genesis(),
	getSlot: (chain, [options]) => chain.slot(chain.heightAt(level(options))),

	// Time passes for who watches it, by the pace that controls set.
	getBlockHeight(chain, [options]) {
		chain.advance(chain.pace)
		return chain.heightAt(level(options))
	},

	getEpochInfo(chain, [options]) {
		chain.advance(chain.pace)
		const blockHeight = chain.heightAt(level(options)), absoluteSlot = chain.slot(blockHeight), slotsInEpoch = 432_000
		return {
			absoluteSlot, blockHeight, epoch: Math.floor(absoluteSlot / slotsInEpoch),
			slotIndex: absoluteSlot % slotsInEpoch, slotsInEpoch, transactionCount: chain.records.size,
		}
	},

	getLatestBlockhash(chain, [options]) {
		const height = chain.heightAt(level(options))
		return inContext(chain, level(options), { blockhash: chain.hashes.get(height), lastValidBlockHeight: height + VALID_FOR })
	},

	isBlockhashValid(chain, [blockhash, options]) {
		const issued = chain.heights.get(blockhash)
		return inContext(chain, level(options), issued !== undefined && chain.heightAt(level(options)) < issued + VALID_FOR)
	},

	getMinimumBalanceForRentExemption: (chain, [size]) => chain.svm.minimumBalanceForRentExemption(BigInt(size)),

	requestAirdrop: (chain, [to, lamports]) => chain.faucet.airdrop(new PublicKey(key(to)), lamports),

	getBalance: (chain, [of, options]) => inContext(chain, level(options), chain.stateAt(level(options)).getBalance(key(of)) ?? 0),
	getAccountInfo: (chain, [of, options]) => inContext(chain, level(options), account(chain.stateAt(level(options)), of, options)),

	getMultipleAccounts(chain, [keys, options]) {
		if (keys.length > 100) throw invalid('Too many inputs provided; max 100')
		return inContext(chain, level(options), keys.map(of => account(chain.stateAt(level(options)), of, options)))
	},

	getTokenAccountBalance(chain, [of, options]) {
		const state = chain.stateAt(level(options))
		if (!state.getAccount(key(of))) throw invalid('Invalid param: could not find account')
		const found = tokenAccount(state, of)
		if (!found) throw invalid('Invalid param: not a Token account')
		return inContext(chain, level(options), uiAmount(state, found))
	},

	// What was paid in each of the last blocks by who wrote to all of these accounts.
	getRecentPrioritizationFees(chain, [accounts = []]) {
		const paid = new Map()
		for (const record of chain.records.values()) {
			const writes = of => record.keys.some((key, index) => key === of && record.message.isAccountWritable(index))
			if (accounts.every(writes)) paid.set(record.height, Number(record.price))
		}
		const last = Array.from({ length: VALID_FOR }, (_, n) => chain.height - VALID_FOR + 1 + n).filter(height => chain.hashes.has(height))
		return last.map((height, n) => ({
			slot: chain.slot(height),
			prioritizationFee: chain.prices ? chain.prices[n % chain.prices.length] : paid.get(height) ?? 0,
		}))
	},

	simulateTransaction(chain, [text, options = {}]) {
		if (options.sigVerify && options.replaceRecentBlockhash) throw invalid('sigVerify may not be used with replaceRecentBlockhash')
		const transaction = transactionOf(text, options.encoding)
		const replaced = Boolean(options.replaceRecentBlockhash)
		const { shown, innerInstructions } = simulated(chain, transaction, { verify: Boolean(options.sigVerify), anyBlockhash: replaced })
		if (options.sigVerify && shown.err === 'SignatureFailure') throw new RPCError(-32003, 'Transaction signature verification failure')
		if (options.innerInstructions) shown.innerInstructions = innerInstructions
		if (replaced) shown.replacementBlockhash = methods.getLatestBlockhash(chain, [options]).value
		return inContext(chain, level(options), shown)
	},

	// lands and heights come from the faults: whether it reaches a block, and how much later.
	sendTransaction(chain, [text, options = {}], { lands = true, heights = 0 } = {}) {
		const transaction = transactionOf(text, options.encoding)
		if (!options.skipPreflight) preflight(chain, transaction)
		if (lands && heights) chain.submitLate(transaction, heights)
		else if (lands) chain.submit(transaction)
		return transaction.signatures[0]
	},

	getSignatureStatuses(chain, [signatures, options = {}]) {
		if (signatures.length > 256) throw invalid('Too many inputs provided; max 256')
		chain.advance(chain.pace)
		return inContext(chain, 'processed', signatures.map(signature => {
			const record = chain.records.get(signature)
			if (!record || (!options.searchTransactionHistory && record.height + VALID_FOR < chain.height)) return null
			const confirmationStatus = chain.statusOf(record)
			return {
				slot: record.slot, err: record.err, status: record.meta.status, confirmationStatus,
				confirmations: confirmationStatus === 'finalized' ? null : chain.height - record.height,
			}
		}))
	},

	// Newest first, and none twice.
	getSignaturesForAddress(chain, [of, options = {}]) {
		const { limit = 1000, before, until } = options
		if (limit < 1 || limit > 1000) throw invalid('Invalid limit; max 1000')
		if (level(options) === 'processed') throw invalid('Method does not support commitment below `confirmed`')
		key(of)
		const records = [...new Set(chain.byAccount.get(of))].reverse().filter(record => reaches(chain, record, level(options)))
		const at = signature => records.findIndex(record => record.signature === signature)
		const start = before ? (at(before) < 0 ? records.length : at(before) + 1) : 0
		const end = until && at(until) >= 0 ? at(until) : records.length
		return records.slice(start, end).slice(0, limit).map(record => ({
			signature: record.signature, slot: record.slot, err: record.err, memo: record.memo,
			blockTime: record.blockTime, confirmationStatus: chain.statusOf(record),
		}))
	},

	getTransaction(chain, [signature, given = {}]) {
		const options = typeof given === 'string' ? { encoding: given } : given
		if (level(options) === 'processed') throw invalid('Method does not support commitment below `confirmed`')
		const record = chain.records.get(signature)
		if (!record || !reaches(chain, record, level(options))) return null
		const most = options.maxSupportedTransactionVersion
		if (record.version !== 'legacy' && most === undefined) {
			throw new RPCError(-32015, `Transaction version (${record.version}) is not supported by the requesting client. Please try the request again with the following configuration parameter: "maxSupportedTransactionVersion": ${record.version}`)
		}
		return {
			slot: record.slot, blockTime: record.blockTime, meta: record.meta,
			transaction: encoded(record, options.encoding), ...(most === undefined ? {} : { version: record.version }),
		}
	},
}

module.exports = { RPCError, methods }
