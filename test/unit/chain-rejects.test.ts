// Every rule of blocks and transactions is broken once: the reason is Core's, the tip stays, and only what the header proves is
// remembered. Headers: header-rejects.test.ts.

import { describe, expect, test } from 'vitest'
import type { RejectReason } from '../../node/errors.ts'
import { makeBlock, merkleRootOf } from '../../node/ledger/chain/block.ts'
import { checkBlock, commitmentScript, isMutation } from '../../node/ledger/chain/block-rules.ts'
import type { Chain } from '../../node/ledger/chain/chain.ts'
import { connectBlock } from '../../node/ledger/chain/connect.ts'
import { makeHeader } from '../../node/ledger/chain/header.ts'
import { makeTx, NULL_INDEX, type TxFields } from '../../node/ledger/chain/tx.ts'
import { checkAmounts, checkTransaction } from '../../node/ledger/chain/tx-rules.ts'
import type { Block, Coin, OutPoint, Tx } from '../../node/ledger/chain/types.ts'
import { type ChainParams, chainParams } from '../../node/params.ts'
import {
  buildBlock,
  coinbaseInput,
  EASY,
  EASY_SPEC,
  mineBlock,
  mineBlocks,
  outputOf,
  rewardOf,
  secp,
  solve,
  spend,
  testChain,
  testKey,
} from '../support/chain.ts'

const SCRIPT = testKey(1).script
const EMPTY = new Uint8Array(0)
const ZEROS = '00'.repeat(32)

interface Ground {
  readonly chain: Chain
  /** Mature coins of key 0. */
  readonly coins: readonly { point: OutPoint; valueSat: number }[]
}

/** A chain of six blocks on which the first coinbases can be spent. */
function ground(params: ChainParams = EASY): Ground {
  const chain = testChain({ params })
  return { chain, coins: mineBlocks(chain, 6).slice(0, 4).map(rewardOf) }
}

function pay(coin: { point: OutPoint; valueSat: number } | undefined, valueSat?: number): Tx {
  if (coin === undefined) throw new Error('no coin')
  return spend([coin], { outputs: [{ valueSat: valueSat ?? coin.valueSat, script: SCRIPT }] })
}

/** A transaction that breaks a rule before anybody looks at its signature. */
function odd(fields: Partial<TxFields>): Tx {
  const input = {
    previous: { txid: '11'.repeat(32), index: 0 },
    scriptSig: EMPTY,
    sequence: 0xffffffff,
    witness: [],
  }
  return makeTx({
    version: 2,
    inputs: [input],
    outputs: [{ valueSat: 1, script: SCRIPT }],
    lockTime: 0,
    ...fields,
  })
}

/** The same block with other transactions under a header that commits to them. */
function reseal(chain: Chain, block: Block, transactions: readonly Tx[]): Block {
  const merkleRoot = merkleRootOf(transactions).root
  return makeBlock(solve(makeHeader({ ...block.header, merkleRoot, nonce: 0 }), chain.params), transactions)
}

const blockFaults: [RejectReason, string, (ground: Ground) => Block][] = [
  [
    'bad-txnmrklroot',
    'a transaction that the header does not commit to',
    ({ chain, coins }) => {
      const block = buildBlock(chain)
      return makeBlock(block.header, [...block.transactions, pay(coins[0])])
    },
  ],
  [
    'bad-txns-duplicate',
    'a tail that repeats itself under the same root',
    ({ chain, coins }) => {
      const block = buildBlock(chain, { txs: [pay(coins[0]), pay(coins[1])] })
      return makeBlock(block.header, [...block.transactions, block.transactions[2] as Tx])
    },
  ],
  [
    'bad-blk-length',
    'no transactions',
    ({ chain }) =>
      makeBlock(
        solve(makeHeader({ ...buildBlock(chain).header, merkleRoot: new Uint8Array(32) }), chain.params),
        [],
      ),
  ],
  [
    'bad-blk-length',
    'more than a million bytes without witnesses',
    ({ chain }) =>
      buildBlock(chain, { txs: [odd({ outputs: [{ valueSat: 0, script: new Uint8Array(1_000_000) }] })] }),
  ],
  [
    'bad-cb-missing',
    'a first transaction that is no coinbase',
    ({ chain, coins }) => {
      const block = buildBlock(chain, { txs: [pay(coins[0])] })
      return reseal(chain, block, block.transactions.slice(1))
    },
  ],
  [
    'bad-cb-multiple',
    'two coinbases',
    ({ chain }) => buildBlock(chain, { txs: [odd({ inputs: [coinbaseInput(chain.tip.height + 1, 5)] })] }),
  ],
  [
    'bad-cb-length',
    'a coinbase script of 101 bytes',
    ({ chain }) => {
      const input = coinbaseInput(chain.tip.height + 1)
      const scriptSig = new Uint8Array(101)
      scriptSig.set(input.scriptSig)
      return buildBlock(chain, { coinbase: { inputs: [{ ...input, scriptSig }] } })
    },
  ],
  [
    'bad-cb-length',
    'a coinbase script of one byte',
    ({ chain }) => {
      const input = coinbaseInput(chain.tip.height + 1)
      return buildBlock(chain, {
        coinbase: { inputs: [{ ...input, scriptSig: input.scriptSig.slice(0, 1) }] },
      })
    },
  ],
  [
    'bad-cb-height',
    'another height in the coinbase',
    ({ chain }) => buildBlock(chain, { coinbase: { inputs: [coinbaseInput(chain.tip.height + 2)] } }),
  ],
  [
    'bad-cb-height',
    'the right height, pushed in two bytes instead of as OP_7',
    ({ chain }) => {
      const scriptSig = Uint8Array.of(1, 7, 0)
      return buildBlock(chain, { coinbase: { inputs: [{ ...coinbaseInput(7), scriptSig }] } })
    },
  ],
  ['bad-cb-amount', 'one satoshi too many', ({ chain }) => buildBlock(chain, { claimSat: 5_000_000_001 })],
  [
    'bad-cb-amount',
    'more than the fees it collects',
    ({ chain, coins }) => buildBlock(chain, { txs: [pay(coins[0], 4_999_999_000)], claimSat: 5_000_001_001 }),
  ],
  [
    'unexpected-witness',
    'a witness without a commitment',
    ({ chain, coins }) => buildBlock(chain, { txs: [pay(coins[0])], commit: false }),
  ],
  [
    'bad-witness-nonce-size',
    'a witness item of 31 bytes in the coinbase',
    ({ chain, coins }) => {
      const block = buildBlock(chain, { txs: [pay(coins[0])] })
      const [coinbase, ...others] = block.transactions as [Tx, ...Tx[]]
      const inputs = coinbase.inputs.map(input => ({ ...input, witness: [new Uint8Array(31)] }))
      return makeBlock(block.header, [makeTx({ ...coinbase, inputs }), ...others])
    },
  ],
  [
    'bad-witness-nonce-size',
    'a second witness item in the coinbase',
    ({ chain, coins }) => {
      const block = buildBlock(chain, { txs: [pay(coins[0])] })
      const [coinbase, ...others] = block.transactions as [Tx, ...Tx[]]
      const witness = [new Uint8Array(32), new Uint8Array(32)]
      const inputs = coinbase.inputs.map(input => ({ ...input, witness }))
      return makeBlock(block.header, [makeTx({ ...coinbase, inputs }), ...others])
    },
  ],
  [
    'bad-witness-merkle-match',
    'a witness that the coinbase does not commit to',
    ({ chain, coins }) => {
      const block = buildBlock(chain, { txs: [pay(coins[0])] })
      const [coinbase, tx] = block.transactions as [Tx, Tx]
      const inputs = tx.inputs.map(input => ({ ...input, witness: [EMPTY] }))
      return makeBlock(block.header, [coinbase, makeTx({ ...tx, inputs })])
    },
  ],
  [
    'bad-witness-merkle-match',
    'two commitments of which the first is right: the last counts',
    ({ chain, coins }) => {
      const block = buildBlock(chain, { txs: [pay(coins[0])] })
      const [coinbase, ...others] = block.transactions as [Tx, ...Tx[]]
      const wrong = { valueSat: 0, script: commitmentScript(new Uint8Array(32)) }
      return reseal(chain, block, [makeTx({ ...coinbase, outputs: [...coinbase.outputs, wrong] }), ...others])
    },
  ],
  [
    'bad-blk-sigops',
    'more signature operations than a block may cost',
    ({ chain, coins }) => {
      const outputs = [{ valueSat: 0, script: new Uint8Array(20_001).fill(0xac) }]
      return buildBlock(chain, { txs: [spend(coins.slice(0, 1), { outputs })] })
    },
  ],
  [
    'bad-txns-nonfinal',
    'a lock time that has not passed',
    ({ chain, coins }) => {
      const options = {
        outputs: [{ valueSat: 1, script: SCRIPT }],
        lockTime: chain.tip.height + 1,
        sequence: 0xfffffffe,
      }
      return buildBlock(chain, { txs: [spend(coins.slice(0, 1), options)] })
    },
  ],
  [
    'bad-txns-nonfinal',
    'an input that must rest longer',
    ({ chain, coins }) => {
      const options = { outputs: [{ valueSat: 1, script: SCRIPT }], sequence: 7 }
      return buildBlock(chain, { txs: [spend(coins.slice(0, 1), options)] })
    },
  ],
  [
    'bad-txns-vin-empty',
    'a transaction without inputs',
    ({ chain }) => buildBlock(chain, { txs: [odd({ inputs: [], outputs: [] })] }),
  ],
  [
    'bad-txns-vout-empty',
    'a transaction without outputs',
    ({ chain }) => buildBlock(chain, { txs: [odd({ outputs: [] })] }),
  ],
  [
    'bad-txns-vout-negative',
    'an output below zero',
    ({ chain }) => buildBlock(chain, { txs: [odd({ outputs: [{ valueSat: -1, script: SCRIPT }] })] }),
  ],
  [
    'bad-txns-vout-toolarge',
    'an output above 21 million coins',
    ({ chain }) => buildBlock(chain, { txs: [odd({ outputs: [{ valueSat: 21e14 + 1, script: SCRIPT }] })] }),
  ],
  [
    'bad-txns-txouttotal-toolarge',
    'outputs above 21 million coins together',
    ({ chain }) => {
      const outputs = [21e14, 1].map(valueSat => ({ valueSat, script: SCRIPT }))
      return buildBlock(chain, { txs: [odd({ outputs })] })
    },
  ],
  [
    'bad-txns-inputs-duplicate',
    'an outpoint spent twice by one transaction',
    ({ chain, coins }) => {
      const outputs = [{ valueSat: 1, script: SCRIPT }]
      return buildBlock(chain, { txs: [spend([...coins.slice(0, 1), ...coins.slice(0, 1)], { outputs })] })
    },
  ],
  [
    'bad-txns-prevout-null',
    'a null outpoint beside another input',
    ({ chain, coins }) => {
      const [coin] = coins
      const previous = [{ txid: ZEROS, index: NULL_INDEX }, coin?.point as OutPoint]
      const inputs = previous.map(point => ({ previous: point, scriptSig: EMPTY, sequence: 0, witness: [] }))
      return buildBlock(chain, { txs: [odd({ inputs })] })
    },
  ],
  [
    'bad-txns-inputs-missingorspent',
    'coins that never were',
    ({ chain }) => buildBlock(chain, { txs: [odd({})] }),
  ],
  [
    'bad-txns-inputs-missingorspent',
    'a coin spent by two transactions',
    ({ chain, coins }) => buildBlock(chain, { txs: [pay(coins[0]), pay(coins[0], 1)] }),
  ],
  [
    'bad-txns-inputs-missingorspent',
    'a coin spent before the transaction that makes it',
    ({ chain, coins }) => {
      const first = spend(coins.slice(0, 1), { outputs: [{ valueSat: 5e9, script: testKey(0).script }] })
      return buildBlock(chain, { txs: [pay(outputOf(first)), first] })
    },
  ],
  [
    'bad-txns-inputs-missingorspent',
    'the coinbase of the genesis block',
    ({ chain }) => {
      const { txid } = (chain.block(chain.genesis.hash) as Block).transactions[0] as Tx
      return buildBlock(chain, { txs: [pay({ point: { txid, index: 0 }, valueSat: 0 })] })
    },
  ],
  [
    'bad-txns-premature-spend-of-coinbase',
    'a coinbase spent one block too early',
    ({ chain }) => buildBlock(chain, { txs: [pay(rewardOf(chain.block(chain.tip.hash) as Block))] }),
  ],
  [
    'bad-txns-in-belowout',
    'more out than in',
    ({ chain, coins }) => buildBlock(chain, { txs: [pay(coins[0], 5e9 + 1)] }),
  ],
  [
    'mandatory-script-verify-flag-failed',
    'a signature of something else',
    ({ chain, coins }) => {
      const tx = pay(coins[0])
      return buildBlock(chain, { txs: [makeTx({ ...tx, outputs: [{ valueSat: 1, script: SCRIPT }] })] })
    },
  ],
  [
    'unsupported-script',
    'a coin that anyone can spend, of a kind that is not understood',
    ({ chain, coins }) => {
      const open = spend(coins.slice(0, 1), { outputs: [{ valueSat: 5e9, script: Uint8Array.of(0x51) }] })
      mineBlock(chain, { txs: [open] })
      return buildBlock(chain, { txs: [pay(outputOf(open))] })
    },
  ],
]

describe('blocks', () => {
  test.each(blockFaults)('%s: %s', (reason, _, build) => {
    const field = ground()
    const { chain } = field
    const block = build(field)
    const { tip } = chain
    const before = chain.utxoStats()
    expect(() => chain.acceptBlock(block)).toThrow(expect.objectContaining({ reason }))
    expect(chain.tip).toBe(tip)
    expect(chain.utxoStats()).toEqual(before)

    // What the header proves is remembered; what somebody on the way may have done is not.
    const status = isMutation(reason) ? 'header' : 'invalid'
    expect(chain.entry(block.hash)?.status).toBe(status)
    const again = isMutation(reason) ? reason : 'duplicate-invalid'
    expect(() => chain.acceptBlock(block)).toThrow(expect.objectContaining({ reason: again }))

    expect(mineBlock(chain, { tag: 9 }).hash).toBe(chain.tip.hash)
    expect(chain.verify(0)).toBe(true)
  })

  test('bad-blk-weight counts witnesses, by the network’s own limit', () => {
    const { chain, coins } = ground(chainParams({ ...EASY_SPEC, maxBlockWeight: 4_000 }))
    const outputs = [{ valueSat: 1, script: SCRIPT }]
    const small = spend(coins.slice(0, 3), { outputs })
    const withItem = (size: number) => {
      const [first, ...others] = small.inputs
      if (first === undefined) throw new Error('no input')
      const witness = [...first.witness, new Uint8Array(size)]
      return makeTx({ ...small, inputs: [{ ...first, witness }, ...others] })
    }
    const room = 4_000 - buildBlock(chain, { txs: [withItem(300)] }).weight
    const fits = buildBlock(chain, { txs: [withItem(300 + room)] })
    expect(fits.weight).toBe(4_000)
    const heavy = buildBlock(chain, { txs: [withItem(301 + room)] })
    expect(() => chain.acceptBlock(heavy)).toThrow(expect.objectContaining({ reason: 'bad-blk-weight' }))
    // The other one gets past the limit, to where its odd witness is refused.
    expect(() => chain.acceptBlock(fits)).toThrow(
      expect.objectContaining({ reason: 'mandatory-script-verify-flag-failed' }),
    )
  })

  test('bad-blk-length leaves witnesses out of account', () => {
    const { chain } = ground()
    const inputs = odd({}).inputs.map(input => ({ ...input, witness: [new Uint8Array(1_100_000)] }))
    const block = buildBlock(chain, { txs: [odd({ inputs })] })
    expect(block.size).toBeGreaterThan(1_000_000)
    expect(() => checkBlock(block)).not.toThrow()
  })

  test('a mutated block does not keep the real one out', () => {
    const { chain, coins } = ground()
    const real = buildBlock(chain, { txs: [pay(coins[0]), pay(coins[1])] })
    const [coinbase, first, second] = real.transactions as [Tx, Tx, Tx]
    const stripped = makeTx({ ...first, inputs: first.inputs.map(input => ({ ...input, witness: [] })) })
    for (const transactions of [
      [...real.transactions, second],
      [coinbase, first],
      [coinbase, second, first],
      [coinbase, stripped, second],
      [],
    ])
      expect(() => chain.acceptBlock(makeBlock(real.header, transactions))).toThrow()
    expect(chain.acceptBlock(real).outcome).toBe('connected')
  })

  test('bad-txns-BIP30: a block must not make a coin again that is still unspent', () => {
    // BIP34's heights make coinbases, and so all transactions, unique: the twin must come from outside.
    const { chain } = ground()
    const block = buildBlock(chain)
    const coin: Coin = { valueSat: 1, script: SCRIPT, height: 1, coinbase: false }
    const twin = `${block.transactions[0]?.txid}:0`
    const connect = () =>
      connectBlock(block, {
        params: EASY,
        secp,
        signatures: undefined,
        height: 7,
        medianTime: 0,
        medianTimeAt: () => 0,
        coinAt: key => (key === twin ? coin : undefined),
      })
    expect(connect).toThrow(expect.objectContaining({ reason: 'bad-txns-BIP30' }))
  })
})

describe('transactions that no valid block could hold to begin with', () => {
  test('bad-txns-oversize', () => {
    const script = new Uint8Array(1_000_000 - 64)
    const fits = odd({ outputs: [{ valueSat: 0, script }] })
    expect(fits.bytes.length).toBe(1_000_000)
    expect(() => checkTransaction(fits)).not.toThrow()
    const large = odd({ outputs: [{ valueSat: 0, script: new Uint8Array(script.length + 1) }] })
    expect(() => checkTransaction(large)).toThrow(expect.objectContaining({ reason: 'bad-txns-oversize' }))
  })

  test('bad-txns-inputvalues-outofrange', () => {
    const coin = (valueSat: number): Coin => ({ valueSat, script: SCRIPT, height: 1, coinbase: false })
    const tx = odd({})
    const reason = 'bad-txns-inputvalues-outofrange'
    for (const coins of [[coin(21e14 + 1)], [coin(-1)], [coin(21e14), coin(1)]])
      expect(() => checkAmounts(tx, coins, 9, 2)).toThrow(expect.objectContaining({ reason }))
  })
})
