// What a transaction's bytes say, before anyone runs them.
'use strict'

const { ComputeBudgetInstruction, ComputeBudgetProgram, SystemProgram, TransactionInstruction, VersionedTransaction } = require('@solana/web3.js')
const bs58 = require('bs58')

const MEMO = 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr'
const ADVANCE_NONCE = 4 // of the system program's instructions
const LAMPORTS_A_SIGNATURE = 5000
const UNITS_AN_INSTRUCTION = 200_000, UNITS_MAX = 1_400_000 // asked for if nothing else is

// decode reads the wire form, legacy or version 0. It throws on anything else, and on
// address lookup tables, whose accounts the bytes alone do not tell.
function decode(bytes) {
	const { message, signatures } = VersionedTransaction.deserialize(bytes)
	if (message.addressTableLookups && message.addressTableLookups.length) throw new Error('address lookup tables are not served')
	const keys = message.staticAccountKeys.map(key => key.toBase58())
	const instructions = message.compiledInstructions.map(i => ({
		program: keys[i.programIdIndex], indexes: i.accountKeyIndexes, data: Buffer.from(i.data),
	}))
	return {
		bytes, message, keys, instructions,
		version: message.version,
		blockhash: message.recentBlockhash,
		signatures: signatures.map(signature => bs58.encode(signature)),
		fee: fee(message.header.numRequiredSignatures, instructions),
		price: budget(instructions).price,
		memo: memo(instructions),
		nonce: nonce(message, keys, instructions),
	}
}

// memo joins the memos as nodes do: each with its length in bytes before it.
function memo(instructions) {
	const memos = instructions.filter(i => i.program === MEMO).map(i => `[${i.data.length}] ${i.data.toString('utf8')}`)
	return memos.length ? memos.join('; ') : null
}

// nonce names the nonce account and the signers of a transaction that begins by
// advancing a durable nonce, or is null.
function nonce(message, keys, instructions) {
	const first = instructions[0]
	if (!first || first.program !== SystemProgram.programId.toBase58()) return null
	if (first.data.length < 4 || first.data.readUInt32LE(0) !== ADVANCE_NONCE) return null
	if (!message.isAccountWritable(first.indexes[0])) return null
	const signers = first.indexes.filter(index => message.isAccountSigner(index)).map(index => keys[index])
	return { account: keys[first.indexes[0]], signers }
}

// budget is what the compute budget instructions ask for; price is in micro-lamports.
function budget(instructions) {
	const asked = { price: 0n, units: null }
	let others = 0
	for (const { program, data } of instructions) {
		if (program !== ComputeBudgetProgram.programId.toBase58()) {
			others++
			continue
		}
		const instruction = new TransactionInstruction({ keys: [], programId: ComputeBudgetProgram.programId, data })
		const type = ComputeBudgetInstruction.decodeInstructionType(instruction)
		if (type === 'SetComputeUnitPrice') asked.price = BigInt(ComputeBudgetInstruction.decodeSetComputeUnitPrice(instruction).microLamports)
		if (type === 'SetComputeUnitLimit') asked.units = ComputeBudgetInstruction.decodeSetComputeUnitLimit(instruction).units
	}
	asked.units = Math.min(asked.units ?? others * UNITS_AN_INSTRUCTION, UNITS_MAX)
	return asked
}

// fee in lamports: so much a signature, and the price of the units asked for, rounded up.
function fee(signatures, instructions) {
	const { price, units } = budget(instructions)
	return LAMPORTS_A_SIGNATURE * signatures + Number((price * BigInt(units) + 999_999n) / 1_000_000n)
}

module.exports = { decode }
