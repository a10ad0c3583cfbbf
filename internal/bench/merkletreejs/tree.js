// The other side of merkle.tree. It reads the leaves from a line of hexadecimal, 48
// bytes a leaf, and answers with the root and a digest over the proofs. To each line
// after that, a way to hash and a number of trees, it answers with the milliseconds
// that so many took: the leaves' hashes, the tree, and all proofs.
'use strict'
const crypto = require('crypto')
const { MerkleTree } = require('merkletreejs')

const leafPrefix = Buffer.from([0])
const nodePrefix = Buffer.from([1])

const ways = {
    // As merkletreejs's documentation hashes.
    createHash: {
        sha256: (data) => crypto.createHash('sha256').update(data).digest(),
        prefixed: (prefix, data) => crypto.createHash('sha256').update(prefix).update(data).digest(),
    },
}
if (crypto.hash) { // in newer releases of Node only
    const sha256 = (data) => crypto.hash('sha256', data, 'buffer')
    ways.hash = { sha256, prefixed: (prefix, data) => sha256(Buffer.concat([prefix, data])) }
}

function make(claims, way) {
    const leaves = claims.map((claim) => way.prefixed(leafPrefix, way.sha256(claim)))
    const tree = new MerkleTree(leaves, (pair) => way.prefixed(nodePrefix, pair), { sortPairs: true, duplicateOdd: true })
    return { root: tree.getRoot(), proofs: tree.getProofs() }
}

// answer digests the proofs of as many leaves as the largest power of two holds:
// from behind those, merkletreejs leaves out the nodes that are paired with themselves.
function answer({ root, proofs }) {
    const digest = crypto.createHash('sha256')
    const compared = 2 ** Math.floor(Math.log2(proofs.length))
    for (const proof of proofs.slice(0, compared)) {
        for (const step of proof) digest.update(step.data)
    }
    return { root: root.toString('hex'), proofs: digest.digest('hex') }
}

let claims
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
    if (!claims) {
        const all = Buffer.from(line, 'hex')
        claims = Array.from({ length: all.length / 48 }, (_, i) => all.subarray(48 * i, 48 * i + 48))
        console.log(JSON.stringify(answer(make(claims, ways.createHash))))
        return
    }
    const [name, trees] = line.split(' ')
    const way = ways[name] ?? ways.createHash
    const began = performance.now()
    for (let i = 0; i < trees; i++) make(claims, way)
    console.log(JSON.stringify({ milliseconds: performance.now() - began }))
})
