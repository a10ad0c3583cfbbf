// What goes wrong on purpose: planned one by one, or drawn from a seed.
'use strict'

class Faults {
	constructor() {
		this.plan = [] // of the next sends: {mode, heights}
		this.failures = new Map() // method -> codes of the next answers
		this.rates = {} // percent, and lateBy in heights
		this.calls = {}
		this.sends = { pass: 0, drop: 0, hang: 0, lose: 0, cut: 0, late: 0 }
		this.faulted = 0
		this.random = () => 1
	}

	planSends(mode, count, heights) {
		for (let n = 0; n < count; n++) this.plan.push({ mode, heights })
	}

	failCalls(method, count, code) {
		this.failures.set(method, [...(this.failures.get(method) || []), ...Array(count).fill(code)])
	}

	// setRates draws from now on: of a hundred sends so many are dropped, late, hung, lost,
	// cut, and of a hundred calls so many answered with 429 or 500.
	setRates(seed, rates) {
		this.rates = rates
		this.random = generator(seed)
	}

	// failureOf counts a call, and says whether and how it is to fail.
	failureOf(method) {
		this.calls[method] = (this.calls[method] || 0) + 1
		const planned = this.failures.get(method)
		const drawn = this.rates.error && this.random() * 100 < this.rates.error
		const code = planned && planned.length ? planned.shift() : drawn ? (this.random() < 0.5 ? 429 : 500) : 0
		if (!code) return null
		this.faulted++
		return { code }
	}

	nextSend() {
		const send = this.plan.shift() || { mode: this.draw(), heights: this.rates.lateBy }
		this.sends[send.mode]++
		return send
	}

	draw() {
		const modes = ['drop', 'late', 'hang', 'lose', 'cut'].filter(mode => this.rates[mode])
		let left = modes.length ? this.random() * 100 : 100
		for (const mode of modes) {
			if (left < this.rates[mode]) return mode
			left -= this.rates[mode]
		}
		return 'pass'
	}
}

// generator is mulberry32: small, and the same on every machine.
function generator(seed) {
	let state = seed >>> 0
	return () => {
		state = (state + 0x6d2b79f5) >>> 0
		let mixed = Math.imul(state ^ (state >>> 15), state | 1)
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
	}
}

module.exports = { Faults }
