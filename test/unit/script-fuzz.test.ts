// Scripts and transactions that were tampered with: whatever the bytes, there is a verdict, and it costs so much a byte and no more.
// NETSPLIT_FUZZ_BYTES=<how many>: more of them; NETSPLIT_SEED=<seed>: those of a failure again.

import { expect, it } from 'vitest'
import { decode } from '../../node/bitcoin/wire/codec.ts'
import { createRandom } from '../../node/core/random.ts'
import { ProtocolError } from '../../node/errors.ts'
import { concat, pushData } from '../../node/ledger/chain/push.ts'
import { txCodec } from '../../node/ledger/chain/tx.ts'
import { SCRIPT_ERRORS } from '../../node/ledger/script/errors.ts'
import { CONSENSUS_FLAGS, STANDARD_FLAGS } from '../../node/ledger/script/flags.ts'
import { classify } from '../../node/ledger/script/kinds.ts'
import { OP } from '../../node/ledger/script/opcodes.ts'
import { sigopCost } from '../../node/ledger/script/sigops.ts'
import { verifySpend } from '../../node/ledger/script/verify.ts'
import { secp } from '../support/chain.ts'
import { randomKeySpend, randomSignedSpend, randomSpend } from '../support/random-scripts.ts'
import { runLeaf } from '../support/taproot-spend.ts'

const BYTES = Number(process.env.NETSPLIT_FUZZ_BYTES ?? 1_000_000)
const seed = process.env.NETSPLIT_SEED ?? `${Math.random()}`

it(`${BYTES} bytes of them end with a verdict`, () => {
  const random = createRandom(seed)
  const known = new Set<string | undefined>([undefined, ...SCRIPT_ERRORS])
  let parsed = 0
  for (let done = 0; done < BYTES; ) {
    const make =
      [randomSpend, randomSpend, randomSpend, randomSignedSpend, randomKeySpend][random.int(5)] ?? randomSpend
    const { tx, coin, index } = make(random)
    const bytes = tampered(tx.bytes)
    const script = random.int(2) ? coin.script : tampered(coin.script)
    done += bytes.length + script.length
    try {
      const read = decode(txCodec, bytes)
      parsed++
      if (read.inputs[index] === undefined) continue
      const coins = read.inputs.map(() => ({ ...coin, script }))
      for (const flags of [CONSENSUS_FLAGS, STANDARD_FLAGS, random.int(2 ** 21)])
        expect(known).toContain(verifySpend({ tx: read, index, coins, secp }, flags))
      const cost = sigopCost(read, () => ({ ...coin, script, height: 1, coinbase: false }))
      expect(cost).toBeLessThanOrEqual(80 * (bytes.length + script.length * coins.length))
      expect(classify(script).kind).toBeTypeOf('string')
    } catch (error) {
      if (!(error instanceof ProtocolError))
        throw new Error(`seed ${seed}, after ${done} bytes`, { cause: error })
    }
  }
  expect(parsed).toBeGreaterThan(BYTES / 10_000)

  function tampered(bytes: Uint8Array): Uint8Array {
    const changed = bytes.slice()
    for (let count = random.int(4); count > 0; count--)
      if (changed.length > 0) changed[random.int(changed.length)] = random.int(256)
    return random.int(10) === 0 ? changed.subarray(0, random.int(changed.length + 1)) : changed
  }
}, 3_600_000)

/** Leaves may be as long as a block: what a byte costs must not grow with their length. */
it.each([
  [
    'branches in branches',
    (n: number) => concat(repeat([OP.zero, OP.if], n), repeat([OP.endIf], n), Uint8Array.of(OP.one)),
  ],
  [
    'branches turned about',
    (n: number) =>
      concat(Uint8Array.of(OP.one, OP.one, OP.if), repeat([OP.else], n), Uint8Array.of(OP.endIf)),
  ],
  [
    'items dug out from below',
    (n: number) => concat(repeat([OP.zero], 990), repeat([0x02, 0xdd, 0x03, OP.roll], n)),
  ],
  [
    'items copied',
    (n: number) => concat(Uint8Array.of(OP.one, OP.one, OP.one), repeat([OP.dup3, OP.drop2, OP.drop], n)),
  ],
  ['hashes', (n: number) => concat(pushData(new Uint8Array(520)), repeat([OP.dup, OP.hash256, OP.drop], n))],
  ['separators', (n: number) => repeat([OP.codeSeparator], n)],
  ['pushes', (n: number) => concat(Uint8Array.of(OP.one), repeat([0x02, 1, 2, OP.drop], n))],
])('%s cost as much a byte in a long script as in a short one', (_name, make) => {
  const cost = (count: number) => {
    const script = make(count)
    const times = Array.from({ length: 3 }, () => {
      const before = process.cpuUsage()
      runLeaf(script)
      const { user, system } = process.cpuUsage(before)
      return (user + system) / script.length
    })
    return Math.min(...times)
  }
  cost(2_000) // warms up
  // A cost that grew with the length would be sixteen times as high.
  expect(cost(32_000) / cost(2_000)).toBeLessThan(6)
})

function repeat(opcodes: readonly number[], count: number): Uint8Array {
  return Uint8Array.from({ length: opcodes.length * count }, (_, i) => opcodes[i % opcodes.length] as number)
}
