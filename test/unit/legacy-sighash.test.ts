// What the signatures of a large transaction cost: bytes hashed and pieces written, counted.

import { expect, test } from 'vitest'
import { toHex } from '../../node/bitcoin/wire/hex.ts'
import { type RunningHash, Sha256 } from '../../node/hash.ts'
import { createSecp256k1 } from '../../node/host/secp.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Tx } from '../../node/ledger/chain/types.ts'
import { p2pkhScript } from '../../node/ledger/script/kinds.ts'
import { legacySighash } from '../../node/ledger/script/sighash-legacy.ts'
import { SIGHASH } from '../../node/ledger/script/sighash-type.ts'

const SCRIPT = p2pkhScript(new Uint8Array(20).fill(7))
const TYPES = [1, 2, 3, 0x81, 0x82, 0x83]
const INPUT_BYTES = 41

/** Counts what all of its copies are given. */
class Counter implements RunningHash {
  readonly #hash: Sha256
  readonly #counts: { bytes: number; pieces: number }
  constructor(counts: { bytes: number; pieces: number }, hash = new Sha256()) {
    this.#counts = counts
    this.#hash = hash
  }
  update(piece: Uint8Array): this {
    this.#counts.bytes += piece.length
    this.#counts.pieces++
    this.#hash.update(piece)
    return this
  }
  digest = () => this.#hash.digest()
  copy = () => new Counter(this.#counts, this.#hash.copy())
}

function largeTx(inputs: number, outputs = 2): Tx {
  return makeTx({
    version: 2,
    inputs: Array.from({ length: inputs }, (_, n) => ({
      previous: { txid: n.toString(16).padStart(64, '0'), index: n },
      scriptSig: new Uint8Array(107),
      sequence: 0xffffffff - n,
      witness: [],
    })),
    outputs: Array.from({ length: outputs }, (_, n) => ({ valueSat: n + 1_000, script: SCRIPT })),
    lockTime: 7,
  })
}

function countFor(inputs: number): { bytes: number; pieces: number } {
  const counts = { bytes: 0, pieces: 0 }
  const tx = largeTx(inputs)
  for (let index = 0; index < inputs; index++)
    legacySighash(tx, index, SCRIPT, SIGHASH.all, () => new Counter(counts))
  return counts
}

test('all inputs of a transaction hash half of what they would each for itself, in a few pieces each', () => {
  const inputs = 1_000
  const { bytes, pieces } = countFor(inputs)
  const eachForItself = inputs * (inputs * INPUT_BYTES + SCRIPT.length + 90)
  expect(bytes / eachForItself).toBeLessThan(0.52)
  expect(pieces / inputs).toBeLessThan(7)
  expect(countFor(2 * inputs).pieces / pieces).toBeLessThan(2.1)
})

test('whatever the order in which inputs are looked at, and whoever hashes, the digests are the same', () => {
  const tx = largeTx(40, 20)
  const other = largeTx(3)
  const secp = createSecp256k1()
  const digest = (of: Tx, index: number, type: number, begin?: () => RunningHash) =>
    toHex(legacySighash(of, index, SCRIPT, type, begin))
  for (const type of TYPES) {
    const alone = Array.from({ length: 40 }, (_, index) => {
      digest(other, 0, type) // forgets what is known of the first
      return digest(tx, index, type)
    })
    const upwards = alone.map((_, index) => digest(tx, index, type))
    const downwards = alone.map((_, i) => digest(tx, 39 - i, type)).reverse()
    const byOpenssl = alone.map((_, index) => digest(tx, index, type, secp.sha256))
    expect([upwards, downwards, byOpenssl]).toEqual([alone, alone, alone])
    // Only ANYONECANPAY and what SINGLE has no output for say nothing of the place.
    expect(new Set(alone).size).toBe((type & 0x1f) === SIGHASH.single ? 21 : 40)
  }
})
