// A JSON-RPC server over one chain. Prints "listening <port>" once it serves, and ends
// when its standard input does, so that it never outlives who started it.
'use strict'

console.warn = () => {} // libraries tell that they run without their optional native parts

const http = require('node:http')
const { Chain } = require('./chain')
const { World } = require('./world')
const { Faults } = require('./faults')
const { RPCError, methods } = require('./methods')
const controls = require('./controls')

const chain = new Chain()
const faults = new Faults()
const world = new World(chain)

// answer runs one request. What comes back is its reply, or what to do to the
// connection in place of one: {hang: true} or {cut: true}.
function answer(request) {
	const { id = null, method, params = [] } = request
	try {
		if (controls.methods[method]) {
			return reply(id, controls.methods[method]({ chain, world, faults }, params))
		}
		const failure = faults.failureOf(method)
		if (failure) {
			if (failure.code > 0) return { status: failure.code }
			throw new RPCError(failure.code, 'told to fail')
		}
		if (!methods[method]) throw new RPCError(-32601, 'Method not found')
		if (method === 'sendTransaction') return send(id, params)
		return reply(id, methods[method](chain, params))
	} catch (error) {
		if (!(error instanceof RPCError)) console.error(error)
		const { code = -32603, message, data } = error instanceof RPCError ? error : { message: String(error) }
		return { body: { jsonrpc: '2.0', error: { code, message, data }, id } }
	}
}

const reply = (id, result) => ({ body: { jsonrpc: '2.0', result, id } })

function send(id, params) {
	const plan = faults.nextSend()
	const lands = plan.mode !== 'drop' && plan.mode !== 'lose'
	const signature = methods.sendTransaction(chain, params, { lands, heights: plan.mode === 'late' ? plan.heights : 0 })
	if (plan.mode === 'hang' || plan.mode === 'lose') return { hang: true }
	if (plan.mode === 'cut') return { cut: true }
	return reply(id, signature)
}

function serve(body, socket, response) {
	const request = JSON.parse(body)
	const answers = [].concat(request).map(answer)
	if (answers.some(a => a.hang)) return
	if (answers.some(a => a.cut)) return socket.destroy()
	const refused = answers.find(a => a.status)
	if (refused) return response.writeHead(refused.status).end()
	const bodies = answers.map(a => a.body)
	response.writeHead(200, { 'Content-Type': 'application/json' })
	response.end(JSON.stringify(Array.isArray(request) ? bodies : bodies[0], plainNumbers))
}

const plainNumbers = (_, value) => (typeof value === 'bigint' ? Number(value) : value)

const server = http.createServer((request, response) => {
	if (request.method !== 'POST') return response.writeHead(405).end()
	const parts = []
	request.on('data', part => parts.push(part))
	request.on('end', () => {
		try {
			serve(Buffer.concat(parts).toString(), request.socket, response)
		} catch (error) {
			response.writeHead(400).end(String(error))
		}
	})
})
// An idle connection that the server closes looks like a lost answer to its client.
Object.assign(server, { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0, timeout: 0 })
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))

process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0)).resume()
