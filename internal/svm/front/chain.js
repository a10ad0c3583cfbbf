// One chain: litesvm runs the transactions, and what it lacks stands here: blocks, the
// window in which a blockhash is valid, durable nonces as a reason to be valid,
// history and finality.
'use strict'

const crypto = require('node:crypto')
const bs58 = require('bs58')
const native = require('litesvm/dist/internal.js')
const errors = require('./errors')
const { decode } = require('./transaction')
const { tokenBalances } = require('./token')

const SYSTEM = '11111111111111111111111111111111'
const FIRST_HEIGHT = 400_000_000
const SLOTS_SKIPPED = 21_000_000 // a slot's number is no block's height
const VALID_FOR = 150 // heights
const SLOT_SECONDS = 0.4
const LAMPORTS_A_BYTE = 5080n // of rent, so that a token account's is 1,488,440

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), crypto.createHash('sha256')).digest()

class Chain {
	constructor() {
		this.svm = new native.LiteSvm()
		this.svm.setBlockhashCheck(false)
		this.svm.setTransactionHistory(0n) // records is our own, and forgets nothing
		this.svm.setRent(new native.Rent(LAMPORTS_A_BYTE, 1, 50))
		this.began = Date.now() / 1000
		this.height = FIRST_HEIGHT
		this.hashes = new Map([[FIRST_HEIGHT, bs58.encode(sha256('genesis'))]])
		this.heights = new Map([[this.hashes.get(FIRST_HEIGHT), FIRST_HEIGHT]])
		this.records = new Map() // by first signature
		this.byAccount = new Map() // oldest first
		this.late = [] // {bytes, height}
		this.held = null // {svm, height, level}
		this.forks = 0
		this.pace = 0
		this.landed = { executed: 0, failed: 0, refused: 0 }
		this.refusals = []
		this.tick()
	}

	slot(height = this.height) { return height + SLOTS_SKIPPED }
	time(height) { return Math.floor(this.began + (height - FIRST_HEIGHT) * SLOT_SECONDS) }
	genesis() { return this.hashes.get(FIRST_HEIGHT) }

	// advance adds blocks. Late transactions land in the one that they are due in.
	advance(blocks = 1) {
		for (let n = 0; n < blocks; n++) {
			const parent = this.hashes.get(this.height++)
			const hash = bs58.encode(sha256(parent, String(this.height), String(this.forks)))
			this.hashes.set(this.height, hash)
			this.heights.set(hash, this.height)
			const due = this.late.filter(({ height }) => height <= this.height)
			this.late = this.late.filter(({ height }) => height > this.height)
			if (due.length) this.tick()
			due.forEach(({ bytes }) => this.execute(decode(bytes)))
		}
		this.tick()
	}

	// tick tells the runtime which block it is in.
	tick() {
		const clock = this.svm.getClock()
		clock.slot = BigInt(this.slot())
		clock.unixTimestamp = BigInt(this.time(this.height))
		this.svm.setClock(clock)
	}

	// submit lands a transaction in a block of its own, or refuses it.
	submit(transaction) {
		if (this.refusal(transaction)) return this.refuse(transaction, this.refusal(transaction))
		this.advance()
		return this.execute(transaction)
	}

	submitLate(transaction, heights) { this.late.push({ bytes: transaction.bytes, height: this.height + heights }) }

	// refusal is why the next block cannot take a transaction, before anything runs.
	refusal(transaction, landing = this.height + 1) {
		const issued = this.heights.get(transaction.blockhash)
		const recent = issued !== undefined && landing <= issued + VALID_FOR
		if (!recent && !this.holdsNonce(transaction)) return 'BlockhashNotFound'
		return this.records.has(transaction.signatures[0]) ? 'AlreadyProcessed' : null
	}

	// holdsNonce: the transaction advances a nonce account that stores its blockhash now,
	// and the nonce's authority signs for that.
	holdsNonce({ nonce, blockhash }) {
		const account = nonce && this.svm.getAccount(bs58.decode(nonce.account))
		if (!account || bs58.encode(account.owner()) !== SYSTEM || account.data().length !== 80) return false
		const data = Buffer.from(account.data())
		const [authority, value] = [data.subarray(8, 40), data.subarray(40, 72)].map(part => bs58.encode(part))
		return data.readUInt32LE(4) === 1 && value === blockhash && nonce.signers.includes(authority)
	}

	// execute runs a transaction in the newest block.
	execute(transaction) {
		const refusal = this.refusal(transaction, this.height)
		if (refusal) return this.refuse(transaction, refusal)
		const onNonce = this.holdsNonce(transaction)
		const payer = bs58.decode(transaction.keys[0])
		const before = this.balances(transaction)
		const outcome = this.svm.sendVersionedTransaction(transaction.bytes)
		const err = outcome instanceof native.FailedTransactionMetadata ? errors.toJSON(outcome.err()) : null
		if (err && Number(this.svm.getBalance(payer)) === before.lamports[0]) return this.refuse(transaction, err)
		if (err && onNonce) this.advanceNonce(transaction)
		this.landed[err ? 'failed' : 'executed']++
		return { record: this.record(transaction, err, err ? outcome.meta() : outcome, before) }
	}

	refuse(transaction, err) {
		this.landed.refused++
		this.refusals.push({ signature: transaction.signatures[0], err })
		return { refused: err }
	}

	// advanceNonce does for a transaction that failed what the network does: its nonce is
	// used up all the same. The new value is derived as the runtime does.
	advanceNonce({ nonce, blockhash }) {
		const key = bs58.decode(nonce.account)
		const account = this.svm.getAccount(key)
		const data = Buffer.from(account.data())
		sha256('DURABLE_NONCE', bs58.decode(blockhash)).copy(data, 40)
		this.svm.setAccount(key, new native.Account(account.lamports(), data, account.owner(), false, account.rentEpoch()))
	}

	balances({ keys }) {
		const lamports = keys.map(key => Number(this.svm.getBalance(bs58.decode(key)) ?? 0n))
		return { lamports, tokens: tokenBalances(this.svm, keys) }
	}

	record(transaction, err, meta, before) {
		const after = this.balances(transaction)
		const record = {
			...transaction, err,
			signature: transaction.signatures[0], height: this.height, slot: this.slot(), blockTime: this.time(this.height),
			meta: {
				err, status: err ? { Err: err } : { Ok: null },
				fee: transaction.fee,
				preBalances: before.lamports, postBalances: after.lamports,
				preTokenBalances: before.tokens, postTokenBalances: after.tokens,
				innerInstructions: innerInstructions(meta), logMessages: meta.logs(), rewards: [],
				loadedAddresses: { writable: [], readonly: [] },
				computeUnitsConsumed: Number(meta.computeUnitsConsumed()),
			},
		}
		this.records.set(record.signature, record)
		for (const key of transaction.keys) {
			if (!this.byAccount.has(key)) this.byAccount.set(key, [])
			this.byAccount.get(key).push(record)
		}
		return record
	}

	// simulate runs a transaction on the state of now and keeps nothing. As on a node, a
	// bad signature is what it tells first.
	simulate(transaction, { verify = true, anyBlockhash = false } = {}) {
		this.svm.setSigverify(verify)
		const outcome = this.svm.simulateVersionedTransaction(transaction.bytes)
		this.svm.setSigverify(true)
		const failed = outcome instanceof native.FailedTransactionMetadata
		const err = failed ? errors.toJSON(outcome.err()) : null
		const refusal = this.refusal(transaction)
		if (refusal && err !== 'SignatureFailure' && !(anyBlockhash && refusal === 'BlockhashNotFound')) {
			return { err: refusal, logs: [], units: 0 }
		}
		const meta = outcome.meta()
		return { err, logs: meta.logs(), units: Number(meta.computeUnitsConsumed()), innerInstructions: innerInstructions(meta) }
	}

	// hold keeps all that lands from now on short of final: its status says level.
	hold(level) { this.held ??= { svm: native.LiteSvm.fromBytes(this.svm.toBytes()), height: this.height, level } }
	release() { this.held = null }

	// fork drops all blocks that are not final, as if the network had left them: their
	// transactions and blockhashes never were.
	fork() {
		const { svm, height } = this.held
		const gone = [...this.records.values()].filter(record => record.height > height)
		for (const { signature, keys } of gone) {
			this.records.delete(signature)
			keys.forEach(key => this.byAccount.set(key, this.byAccount.get(key).filter(record => record.signature !== signature)))
		}
		for (let above = height + 1; above <= this.height; above++) {
			this.heights.delete(this.hashes.get(above))
			this.hashes.delete(above)
		}
		Object.assign(this, { svm, height, held: null, forks: this.forks + 1 })
		this.tick()
		return gone.length
	}

	// heightAt and stateAt are what a commitment sees.
	heightAt(commitment) { return this.held && commitment === 'finalized' ? this.held.height : this.height }
	stateAt(commitment) { return this.held && commitment === 'finalized' ? this.held.svm : this.svm }
	statusOf(record) { return this.held && record.height > this.held.height ? this.held.level : 'finalized' }
}

// innerInstructions shows the calls that the instruction of each index made.
function innerInstructions(meta) {
	const shown = inner => {
		const called = inner.instruction()
		return {
			programIdIndex: called.programIdIndex(), accounts: [...called.accounts()],
			data: bs58.encode(called.data()), stackHeight: inner.stackHeight(),
		}
	}
	return meta.innerInstructions().map((calls, index) => ({ index, instructions: calls.map(shown) }))
		.filter(({ instructions }) => instructions.length)
}

module.exports = { Chain, VALID_FOR }
