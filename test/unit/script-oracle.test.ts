// Random scripts from before taproot, decided by ours and by bcoin's interpreter: the same verdict, for the same reason.
// NETSPLIT_RANDOM_SCRIPTS=<how many>: more of them; NETSPLIT_SEED=<seed>: those of a failure again.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { toHex } from '../../node/bitcoin/wire/hex.ts'
import { createRandom } from '../../node/core/random.ts'
import { verifySpend } from '../../node/ledger/script/verify.ts'
import { secp } from '../support/chain.ts'
import {
  type RandomSpend,
  randomKeySpend,
  randomSignedSpend,
  randomSpend,
} from '../support/random-scripts.ts'

/** Installed by .ci/run; elsewhere: npm ci --prefix .ci/oracle */
const ORACLE = resolve('.ci/oracle')
const isThere = existsSync(resolve(ORACLE, 'node_modules/bcoin'))
const SCRIPTS = Number(process.env.NETSPLIT_RANDOM_SCRIPTS ?? 20_000)
/** bcoin checks a signature in a millisecond, in JavaScript. */
const SIGNED_SHARE = 0.03
const seed = process.env.NETSPLIT_SEED ?? `${Math.random()}`

if (!isThere) console.warn('SKIPPED: the comparison with bcoin. npm ci --prefix .ci/oracle installs it.')

it.skipIf(!isThere)(
  `ours and bcoin agree on ${SCRIPTS} random spends`,
  () => {
    const verdictOf = loadOracle()
    const random = createRandom(seed)
    const reasons = new Map<string, number>()
    for (let i = 0; i < SCRIPTS; i++) {
      const isSigned = random.float() < SIGNED_SHARE
      const spend = !isSigned
        ? randomSpend(random)
        : random.int(3)
          ? randomSignedSpend(random)
          : randomKeySpend(random)
      const { tx, index, coin, flags } = spend
      const coins = tx.inputs.map(() => coin)
      const ours = verifySpend({ tx, index, coins, secp }, flags) ?? 'OK'
      const theirs = verdictOf(spend)
      if (!agree(ours, theirs))
        expect.fail(`${ours} here, ${theirs} there: ${describe(spend)}, seed ${seed}, number ${i}`)
      reasons.set(ours, (reasons.get(ours) ?? 0) + 1)
    }
    // They are worth something only if they end in many ways, and well often enough.
    expect(reasons.get('OK')).toBeGreaterThan(SCRIPTS / 50)
    expect(reasons.size).toBeGreaterThan(SCRIPTS >= 20_000 ? 30 : 3)
  },
  3_600_000,
)

/** Names that differ: theirs → ours. */
const NAMES: { readonly [theirs: string]: string } = { NULLFAIL: 'SIG_NULLFAIL' }

function agree(ours: string, theirs: string): boolean {
  if (ours === (NAMES[theirs] ?? theirs)) return true
  // What a witness leaves on its stack beside the true item is CLEANSTACK since Core 0.17, and was EVAL_FALSE before.
  return ours === 'CLEANSTACK' && theirs === 'EVAL_FALSE'
}

function describe({ tx, index, coin, flags }: RandomSpend): string {
  return `script ${toHex(coin.script)}, ${coin.valueSat} sat, flags ${flags}, input ${index} of ${toHex(tx.bytes)}`
}

interface Bcoin {
  readonly TX: {
    fromRaw(bytes: Buffer): { readonly inputs: readonly { script: unknown; witness: unknown }[] }
  }
  readonly Script: {
    fromRaw(bytes: Buffer): unknown
    verify(
      input: unknown,
      witness: unknown,
      output: unknown,
      tx: unknown,
      index: number,
      value: number,
      flags: number,
    ): void
  }
}

function loadOracle(): (spend: RandomSpend) => string {
  const require = createRequire(resolve(ORACLE, 'package.json'))
  const TX: Bcoin['TX'] = require('bcoin/lib/primitives/tx')
  const Script: Bcoin['Script'] = require('bcoin/lib/script/script')
  return ({ tx, index, coin, flags }) => {
    const theirs = TX.fromRaw(Buffer.from(tx.bytes))
    const { script, witness } = theirs.inputs[index] as { script: unknown; witness: unknown }
    try {
      Script.verify(
        script,
        witness,
        Script.fromRaw(Buffer.from(coin.script)),
        theirs,
        index,
        coin.valueSat,
        flags,
      )
      return 'OK'
    } catch (error) {
      const { code } = error as { code?: string }
      if (code === undefined) throw error
      return code
    }
  }
}
