// Rules that a deployment brings: not in force before, kept by who has it, and no more than a matter of taste to who has not.

import { describe, expect, test } from 'vitest'
import { ConsensusError } from '../../node/errors.ts'
import type { Chain } from '../../node/ledger/chain/chain.ts'
import { concat, pushData } from '../../node/ledger/chain/push.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Block, Tx, TxIn } from '../../node/ledger/chain/types.ts'
import { NEVER } from '../../node/ledger/consensus/deployment.ts'
import { RuleBook } from '../../node/ledger/consensus/rules.ts'
import { Mempool } from '../../node/ledger/mempool.ts'
import { OP } from '../../node/ledger/script/opcodes.ts'
import { p2trScript } from '../../node/ledger/script/taproot.ts'
import { buildTemplate } from '../../node/ledger/template.ts'
import { MemoryStore } from '../../orchestrator/runtime/sim/host.ts'
import {
  buildBlock,
  EASY,
  mineBlock,
  mineBlocks,
  NOW_MS,
  outputOf,
  rewardOf,
  secp,
  spend,
  testChain,
  testKey,
} from '../support/chain.ts'
import {
  ACTIVE_FROM,
  bitsOf,
  deployed,
  PERIOD,
  SIGNAL,
  signalledChain,
  unaware,
} from '../support/deployed.ts'

type Rule = Parameters<typeof deployed>[0]

const faultOf = (chain: Chain, block: Block): ConsensusError | undefined => {
  try {
    chain.acceptBlock(block)
    return undefined
  } catch (error) {
    if (error instanceof ConsensusError) return error
    throw error
  }
}

const DATA = concat(Uint8Array.of(OP.return), pushData(new Uint8Array(4)))

/** A payment of the second block's reward to a script, which everybody may have in a block. */
function payTo(first: Block, script: Uint8Array): Tx {
  return spend([rewardOf(first)], { outputs: [{ valueSat: 1_000_000, script }] })
}

/** A transaction with nothing to prove on what another one paid to a script. */
function unproven(of: Tx, change: Partial<TxIn> = {}, fields: Partial<Tx> = {}): Tx {
  const previous = outputOf(of).point
  const input = { previous, scriptSig: new Uint8Array(0), sequence: 0xfffffffe, witness: [], ...change }
  return makeTx({
    ...{ version: 2, lockTime: 0, inputs: [input] },
    ...fields,
    outputs: [{ valueSat: 900_000, script: testKey(1).script }],
  })
}

interface Breach {
  readonly rule: Rule
  readonly reason: string
  /** Blocks that prepare it, then the one that breaks the rule, on a chain that stands so high. */
  readonly break: (chain: Chain, first: Block) => Block
}

/** What a bare script paid to, spent without anything. */
const spendBare = (script: Uint8Array, fields?: Partial<Tx>) => (chain: Chain, first: Block) => {
  const paid = payTo(first, script)
  mineBlock(chain, { txs: [paid], version: SIGNAL })
  return buildBlock(chain, { txs: [unproven(paid, {}, fields)], version: SIGNAL })
}

const BREACHES: readonly Breach[] = [
  {
    rule: { rule: 'max-block-weight', weight: 4_000 },
    reason: 'bad-blk-weight',
    break: (chain, first) => {
      const outputs = Array.from({ length: 40 }, () => ({ valueSat: 1_000, script: testKey(1).script }))
      return buildBlock(chain, { txs: [spend([rewardOf(first)], { outputs })], version: SIGNAL })
    },
  },
  {
    rule: { rule: 'forbid', outputs: 'data' },
    reason: 'bad-txns-vout-forbidden',
    break: (chain, first) => buildBlock(chain, { txs: [payTo(first, DATA)], version: SIGNAL }),
  },
  {
    rule: { rule: 'cltv' },
    reason: 'mandatory-script-verify-flag-failed',
    // 500 is far above
    break: spendBare(concat(pushData(Uint8Array.of(0xf4, 1)), Uint8Array.of(OP.checkLockTimeVerify))),
  },
  {
    rule: { rule: 'csv' },
    reason: 'mandatory-script-verify-flag-failed',
    break: spendBare(Uint8Array.of(OP.sixteen, OP.checkSequenceVerify)),
  },
  {
    rule: { rule: 'checktemplateverify' },
    reason: 'mandatory-script-verify-flag-failed',
    break: spendBare(concat(pushData(new Uint8Array(32).fill(7)), Uint8Array.of(OP.nop4))),
  },
  {
    rule: { rule: 'taproot' },
    reason: 'mandatory-script-verify-flag-failed',
    break: spendBare(p2trScript(testKey(3).publicKey.slice(1))),
  },
]

describe.each(BREACHES)('$rule.rule $rule.outputs', ({ rule, reason, break: breaks }) => {
  test('is not in force before it is active, and is from then on', () => {
    for (const height of [ACTIVE_FROM - 4, ACTIVE_FROM]) {
      const chain = signalledChain(deployed(rule), 1)
      const first = chain.block(chain.tip.hash) as Block
      mineBlocks(chain, height - 2, { version: SIGNAL })
      const fault = faultOf(chain, breaks(chain, first))
      if (height < ACTIVE_FROM) expect(fault).toBeUndefined()
      else expect(fault).toMatchObject({ reason, deployment: 'demo' })
    }
  })

  test('binds nobody who has not heard of it, or signals and does not enforce', () => {
    for (const rules of [unaware(rule), deployed(rule, { enforces: false })]) {
      const chain = signalledChain(rules, 1)
      const first = chain.block(chain.tip.hash) as Block
      mineBlocks(chain, ACTIVE_FROM - 2, { version: SIGNAL })
      expect(faultOf(chain, breaks(chain, first))).toBeUndefined()
    }
  })

  test('a block that breaks it is kept on record with all on it: it is good for others', () => {
    const chain = signalledChain(deployed(rule), 1)
    const first = chain.block(chain.tip.hash) as Block
    mineBlocks(chain, ACTIVE_FROM - 2, { version: SIGNAL })
    const bad = breaks(chain, first)
    const good = chain.tip
    faultOf(chain, bad)
    const entry = chain.entry(bad.hash)
    expect(entry?.status).toBe('set-aside')
    const other = testChain({ rules: unaware(rule) })
    for (let height = 1; height <= good.height; height++)
      other.acceptBlock(chain.block(chain.at(height)?.hash ?? '') as Block)
    other.acceptBlock(bad)
    const next = mineBlock(other)
    chain.acceptHeader(next.header)
    expect(chain.refusedAhead?.hash).toBe(next.hash)
    expect(chain.tip).toBe(good)
  })

  test('is checked again by a chain that verifies itself, and kept by one that is read anew', () => {
    const store = new MemoryStore()
    const chain = signalledChain(deployed(rule), 1, { store })
    const first = chain.block(chain.tip.hash) as Block
    mineBlocks(chain, ACTIVE_FROM - 2, { version: SIGNAL })
    expect(chain.verify(0)).toBe(true)
    const bad = breaks(chain, first)
    faultOf(chain, bad)
    const again = testChain({ store, rules: deployed(rule) })
    expect([again.tip.hash, again.entry(bad.hash)?.status]).toEqual([chain.tip.hash, 'set-aside'])
    const lenient = testChain({ store, rules: unaware(rule) })
    expect(lenient.tip.hash).toBe(chain.tip.hash)
  })
})

test('BIP68: inputs that must rest may be spent at once where csv is not in force', () => {
  const early = (chain: Chain, first: Block) => {
    const paid = payTo(first, Uint8Array.of(OP.one))
    mineBlock(chain, { txs: [paid], version: SIGNAL })
    return buildBlock(chain, { txs: [unproven(paid, { sequence: 5 })], version: SIGNAL })
  }
  for (const height of [ACTIVE_FROM - 4, ACTIVE_FROM]) {
    const chain = signalledChain(deployed({ rule: 'csv' }), 1)
    const first = chain.block(chain.tip.hash) as Block
    mineBlocks(chain, height - 2, { version: SIGNAL })
    const fault = faultOf(chain, early(chain, first))
    if (height < ACTIVE_FROM) expect(fault).toBeUndefined()
    else expect(fault).toMatchObject({ reason: 'bad-txns-nonfinal', deployment: 'demo' })
  }
})

test("BIP113: lock times are held against the block's own time before csv, then against the chain's", () => {
  for (const height of [ACTIVE_FROM - 4, ACTIVE_FROM]) {
    const chain = signalledChain(deployed({ rule: 'csv' }), 1)
    const first = chain.block(chain.tip.hash) as Block
    mineBlocks(chain, height - 2, { version: SIGNAL })
    const lockTime = chain.medianTimePast(chain.tip)
    const outputs = [{ valueSat: 1_000, script: testKey(1).script }]
    const locked = spend([rewardOf(first)], { outputs, lockTime, sequence: 0xfffffffe })
    const fault = faultOf(chain, buildBlock(chain, { txs: [locked], version: SIGNAL }))
    if (height < ACTIVE_FROM) expect(fault).toBeUndefined()
    else expect(fault).toMatchObject({ reason: 'bad-txns-nonfinal', deployment: 'demo' })
  }
})

test('a rule of larger blocks is a hard fork: good for who has it, invalid for who has not', () => {
  const params = { ...EASY, maxBlockWeight: 4_000 }
  const rules = deployed({ rule: 'max-block-weight', weight: 40_000 }, { params })
  const chain = signalledChain(rules, 1, { params })
  const old = testChain({ params, rules: new RuleBook(params) })
  const first = chain.block(chain.tip.hash) as Block
  mineBlocks(chain, ACTIVE_FROM - 2, { version: SIGNAL })
  for (let height = 1; height <= chain.tip.height; height++)
    old.acceptBlock(chain.block(chain.at(height)?.hash ?? '') as Block)
  const outputs = Array.from({ length: 40 }, () => ({ valueSat: 1_000, script: testKey(1).script }))
  const big = buildBlock(chain, { txs: [spend([rewardOf(first)], { outputs })], version: SIGNAL })
  expect(faultOf(old, big)).toMatchObject({ reason: 'bad-blk-weight', deployment: undefined })
  expect(old.entry(big.hash)?.status).toBe('invalid')
  expect(faultOf(chain, big)).toBeUndefined()
  expect(rules.mostBlockWeight).toBe(40_000)
})

describe('blocks that must signal', () => {
  const rules = () => deployed({ rule: 'taproot' }, { timeout: 12, lockInOnTimeout: true })

  test('are refused from the one on that is too many without', () => {
    const chain = testChain({ rules: rules() })
    mineBlocks(chain, 7)
    expect(rules().states[0]?.after(chain.tip)).toBe('must_signal')
    mineBlock(chain)
    const bad = buildBlock(chain)
    expect(faultOf(chain, bad)).toMatchObject({ reason: 'bad-vbit-unset', deployment: 'demo' })
    expect(chain.entry(bad.hash)?.status).toBe('set-aside')
    mineBlocks(chain, 3, { version: SIGNAL })
    expect(chain.rules.states[0]?.after(chain.tip)).toBe('locked_in')
  })

  test('are whatever they are for who does not enforce it', () => {
    const lenient = new RuleBook(
      EASY,
      bitsOf({ rule: 'taproot' }, { timeout: 12, lockInOnTimeout: true, enforces: false }),
    )
    const chain = testChain({ rules: lenient })
    mineBlocks(chain, 12)
    expect(chain.tip.height).toBe(12)
  })
})

describe('a template', () => {
  const templateOf = (chain: Chain, mempool: Mempool) =>
    buildTemplate(chain, mempool, { script: testKey(0).script, extraNonce: 0, nowMs: NOW_MS }).block
  const poolOf = (chain: Chain) => new Mempool({ chain, secp, clock: { now: () => NOW_MS } })

  test('signals while it is started and locked in, as far as this node signals', () => {
    const versions = (change: object) => {
      const chain = testChain({ rules: deployed({ rule: 'none' }, change) })
      const mempool = poolOf(chain)
      return Array.from({ length: 14 }, () => {
        const { version } = templateOf(chain, mempool).header
        mineBlock(chain, { version: SIGNAL })
        return version === SIGNAL ? '#' : version === 0x20000000 ? '-' : '?'
      }).join('')
    }
    // blocks 1 to 14: started with 4, locked in with 8, active with 12
    expect(versions({})).toBe('---########---')
    expect(versions({ signals: false })).toBe('--------------')
    expect(versions({ enforces: false })).toBe('---########---')
  })

  test('is as small as the rule wants', () => {
    const chain = signalledChain(deployed({ rule: 'max-block-weight', weight: 4_000 }), 1)
    const first = chain.block(chain.tip.hash) as Block
    const second = mineBlock(chain, { version: SIGNAL })
    mineBlocks(chain, ACTIVE_FROM - 4, { version: SIGNAL })
    const mempool = poolOf(chain)
    const outputs = Array.from({ length: 40 }, () => ({ valueSat: 1_000, script: testKey(1).script }))
    mempool.accept(spend([rewardOf(first)], { outputs }))
    const small = spend([rewardOf(second)], { outputs: outputs.slice(0, 1) })
    mempool.accept(small)
    expect(templateOf(chain, mempool).transactions).toHaveLength(3)
    mineBlock(chain, { version: SIGNAL })
    const block = templateOf(chain, mempool)
    expect(block.transactions.slice(1).map(({ txid }) => txid)).toEqual([small.txid])
    expect(faultOf(chain, buildBlock(chain, { txs: block.transactions.slice(1) }))).toBeUndefined()
  })

  test('holds nothing that was forbidden since it came, nor what hangs on that', () => {
    const chain = signalledChain(deployed({ rule: 'forbid', outputs: 'data' }), 1)
    const first = chain.block(chain.tip.hash) as Block
    mineBlocks(chain, ACTIVE_FROM - 3, { version: SIGNAL })
    const mempool = poolOf(chain)
    const outputs = [
      { valueSat: 1_000_000, script: testKey(0).script },
      { valueSat: 0, script: DATA },
    ]
    const bad = spend([rewardOf(first)], { outputs })
    mempool.accept(bad)
    mempool.accept(spend([outputOf(bad)], { outputs: [{ valueSat: 900_000, script: testKey(1).script }] }))
    expect(templateOf(chain, mempool).transactions).toHaveLength(3)
    mineBlock(chain, { version: SIGNAL })
    expect(templateOf(chain, mempool).transactions).toHaveLength(1)
    expect(() => poolOf(chain).accept(bad)).toThrow(
      expect.objectContaining({ reason: 'bad-txns-vout-forbidden', deployment: 'demo' }),
    )
  })
})

test('periods and thresholds of networks that say nothing are those of their kind', () => {
  const bits = ({ versionBits }: RuleBook) => [versionBits.periodBlocks, versionBits.thresholdBlocks]
  expect(bits(new RuleBook(EASY))).toEqual([20, 15])
  expect(bits(new RuleBook({ ...EASY, network: 'regtest' }))).toEqual([144, 108])
  expect(
    new RuleBook({ ...EASY, network: 'regtest' }).states.map(({ deployment }) => deployment),
  ).toMatchObject([{ name: 'testdummy', bit: 28, timeout: NEVER, by: 'time' }])
  expect(PERIOD.periodBlocks).toBe(4)
})
