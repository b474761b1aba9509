// Taproot and tapscript by a generator: thousands of spends, each valid and each wrong in a way that is known beforehand, several in a
// transaction. NETSPLIT_RANDOM_TAPSCRIPTS asks for more batches, NETSPLIT_SEED for others.

import { expect, test } from 'vitest'
import { createRandom } from '../../node/core/random.ts'
import { CONSENSUS_FLAGS, STANDARD_FLAGS } from '../../node/ledger/script/flags.ts'
import { verifySpend } from '../../node/ledger/script/verify.ts'
import { secp } from '../support/chain.ts'
import { type Batch, drawBatch, spentBy } from '../support/spender-batch.ts'
import { FAMILIES } from '../support/tapscript-spenders.ts'

const SEED = process.env.NETSPLIT_SEED ?? 'tapscripts'
const BATCHES = Number(process.env.NETSPLIT_RANDOM_TAPSCRIPTS ?? 600)

const seen = new Map<string, number>()
const count = (name: string) => seen.set(name, (seen.get(name) ?? 0) + 1)

/** Inputs that do not end as they should, in words. */
function surprises({ spenders, coins }: Batch, tx: ReturnType<typeof spentBy>, wrong?: number): string[] {
  if (!tx) return []
  return spenders.flatMap(({ name, frowned, error, alsoFrowned = false }, index) => {
    const spend = { tx, index, coins, secp }
    const expected = index === wrong ? error : undefined
    const found = verifySpend(spend, CONSENSUS_FLAGS)
    count(found ?? 'OK')
    const relayed = verifySpend(spend, STANDARD_FLAGS)
    const [should, is] = [alsoFrowned ? frowned : (expected ?? frowned), relayed]
    return found === expected && is === should
      ? []
      : [
          `${name}${index === wrong ? ' (wrong)' : ''}: ${found ?? 'OK'} in a block, relayed ${is ?? 'OK'}; not ${expected ?? 'OK'}, ${should ?? 'OK'}`,
        ]
  })
}

test(`spends of seed ${SEED} end as they should`, () => {
  const random = createRandom(SEED)
  let spends = 0
  const found: string[] = []
  for (let i = 0; i < BATCHES; i++) {
    const spenders = Array.from({ length: 1 + random.int(3) }, () =>
      (FAMILIES[random.int(FAMILIES.length)] as (typeof FAMILIES)[0])(random),
    )
    // A spender that has nothing good goes alone: it would spoil the others.
    const alone = spenders.find(({ good }) => !good)
    const batch = drawBatch(random, alone ? [alone] : spenders)
    const tries = [undefined, ...batch.spenders.keys()]
    for (const wrong of tries) {
      const tx = spentBy(batch, random, wrong)
      if (tx) spends += batch.spenders.length
      found.push(...surprises(batch, tx, wrong).map(text => `batch ${i}: ${text}`))
    }
  }
  expect(found.slice(0, 20)).toEqual([])
  expect(spends).toBeGreaterThan(BATCHES)
})

test('among them is every error that taproot and tapscript know', () => {
  const missing = [
    ...['OK', 'SCHNORR_SIG', 'SCHNORR_SIG_SIZE', 'SCHNORR_SIG_HASHTYPE', 'TAPROOT_WRONG_CONTROL_SIZE'],
    ...[
      'WITNESS_PROGRAM_MISMATCH',
      'WITNESS_PROGRAM_WITNESS_EMPTY',
      'WITNESS_MALLEATED',
      'WITNESS_MALLEATED_P2SH',
    ],
    ...[
      'TAPSCRIPT_VALIDATION_WEIGHT',
      'TAPSCRIPT_CHECKMULTISIG',
      'TAPSCRIPT_MINIMALIF',
      'PUBKEYTYPE',
      'CLEANSTACK',
    ],
    ...[
      'EVAL_FALSE',
      'STACK_SIZE',
      'PUSH_SIZE',
      'BAD_OPCODE',
      'INVALID_STACK_OPERATION',
      'UNKNOWN_ERROR',
      'OP_RETURN',
    ],
    ...[
      'INVALID_ALTSTACK_OPERATION',
      'UNBALANCED_CONDITIONAL',
      'UNSATISFIED_LOCKTIME',
      'NEGATIVE_LOCKTIME',
      'VERIFY',
    ],
    'EQUALVERIFY',
  ].filter(name => !seen.has(name))
  expect(missing).toEqual([])
})
