// What stands on the chain before a test begins: an issuer who may mint, freeze and hand
// out SOL; a mint of 8 decimals; a treasury with SOL and tokens. Their keys are made
// from their names, so every run has the same ones.
'use strict'

const crypto = require('node:crypto')
const web3 = require('@solana/web3.js')
const token = require('@solana/spl-token')
const { decode } = require('./transaction')

const DECIMALS = 8
const TREASURY_TOKENS = 1_000_000_000n * 10n ** BigInt(DECIMALS)
const TREASURY_LAMPORTS = 10_000 * web3.LAMPORTS_PER_SOL
const ISSUER_LAMPORTS = 900_000n * BigInt(web3.LAMPORTS_PER_SOL)

const named = name => web3.Keypair.fromSeed(crypto.createHash('sha256').update(name).digest())

class World {
	constructor(chain) {
		this.chain = chain
		chain.faucet = this
		this.made = 0
		this.issuer = named('issuer')
		this.treasury = named('treasury')
		const mint = named('mint')
		this.mint = mint.publicKey
		this.treasuryAccount = this.associated(this.treasury.publicKey)
		chain.svm.airdrop(this.issuer.publicKey.toBytes(), ISSUER_LAMPORTS)
		this.send([
			this.pay(this.treasury.publicKey, TREASURY_LAMPORTS),
			this.create(mint.publicKey, token.MINT_SIZE, token.TOKEN_PROGRAM_ID),
			token.createInitializeMint2Instruction(this.mint, DECIMALS, this.issuer.publicKey, this.issuer.publicKey),
			token.createAssociatedTokenAccountIdempotentInstruction(this.issuer.publicKey, this.treasuryAccount, this.treasury.publicKey, this.mint),
			token.createMintToInstruction(this.mint, this.treasuryAccount, this.issuer.publicKey, TREASURY_TOKENS),
		], mint)
	}

	associated(owner) { return token.getAssociatedTokenAddressSync(this.mint, owner, true) }

	pay(to, lamports) { return web3.SystemProgram.transfer({ fromPubkey: this.issuer.publicKey, toPubkey: to, lamports }) }

	create(account, space, programId) {
		const lamports = Number(this.chain.svm.minimumBalanceForRentExemption(BigInt(space)))
		return web3.SystemProgram.createAccount({ fromPubkey: this.issuer.publicKey, newAccountPubkey: account, lamports, space, programId })
	}

	// send lands a transaction that the issuer pays for, whatever faults are set.
	send(instructions, ...signers) {
		const transaction = new web3.Transaction({ feePayer: this.issuer.publicKey })
		transaction.recentBlockhash = this.chain.hashes.get(this.chain.height)
		transaction.add(...instructions)
		transaction.sign(this.issuer, ...signers)
		const { record, refused } = this.chain.submit(decode(transaction.serialize()))
		if (refused || record.err) throw new Error(`the world refuses: ${JSON.stringify(refused || record)}`)
		return record.signature
	}

	airdrop(to, lamports) { return this.send([this.pay(to, lamports)]) }
	mintTo(account, amount) { return this.send([token.createMintToInstruction(this.mint, account, this.issuer.publicKey, amount)]) }
	freeze(account) { return this.send([token.createFreezeAccountInstruction(account, this.mint, this.issuer.publicKey)]) }
	thaw(account) { return this.send([token.createThawAccountInstruction(account, this.mint, this.issuer.publicKey)]) }

	// newNonce opens a durable nonce, and returns its account.
	newNonce(authority) {
		const nonce = named(`nonce ${++this.made}`)
		this.send([
			this.create(nonce.publicKey, web3.NONCE_ACCOUNT_LENGTH, web3.SystemProgram.programId),
			web3.SystemProgram.nonceInitialize({ noncePubkey: nonce.publicKey, authorizedPubkey: authority }),
		], nonce)
		return nonce.publicKey
	}

	// newMultisig opens an account of the token program that required of its members sign for.
	newMultisig(required, members) {
		const multisig = named(`multisig ${++this.made}`)
		this.send([
			this.create(multisig.publicKey, token.MULTISIG_SIZE, token.TOKEN_PROGRAM_ID),
			token.createInitializeMultisigInstruction(multisig.publicKey, members, required),
		], multisig)
		return multisig.publicKey
	}
}

module.exports = { World }
