// Every rule of blocks is broken once. Of transactions: tx-rejects.test.ts; of headers: header-rejects.test.ts.

import { describe, expect, test } from 'vitest'
import { makeBlock, merkleRootOf } from '../../node/ledger/chain/block.ts'
import { checkBlock, commitmentScript, isMutation } from '../../node/ledger/chain/block-rules.ts'
import type { Chain } from '../../node/ledger/chain/chain.ts'
import { connectBlock } from '../../node/ledger/chain/connect.ts'
import { makeHeader } from '../../node/ledger/chain/header.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Block, Coin, Tx } from '../../node/ledger/chain/types.ts'
import { chainParams } from '../../node/params.ts'
import { buildBlock, coinbaseInput, EASY, EASY_SPEC, secp, solve, spend } from '../support/chain.ts'
import { type BlockFault, EMPTY, ground, isRefused, odd, pay, SCRIPT } from '../support/rejects.ts'

/** The same block with other transactions under a header that commits to them. */
function reseal(chain: Chain, block: Block, transactions: readonly Tx[]): Block {
  const merkleRoot = merkleRootOf(transactions).root
  return makeBlock(solve(makeHeader({ ...block.header, merkleRoot, nonce: 0 }), chain.params), transactions)
}

const faults: readonly BlockFault[] = [
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
]

describe('blocks', () => {
  test.each(faults)('%s: %s', isRefused)

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
        rules: chain.rules.after(chain.tip),
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

/** Core's BLOCK_MUTATED: a header is not to blame for what it does not cover, or covers for another body as well. */
test('what somebody on the way may have changed does not condemn the header', () => {
  const mutations = [
    'bad-txnmrklroot',
    'bad-txns-duplicate',
    'bad-witness-nonce-size',
    'bad-witness-merkle-match',
    'unexpected-witness',
  ] as const
  for (const reason of mutations) expect(isMutation(reason)).toBe(true)
  const proven = [
    'high-hash',
    'bad-blk-length',
    'bad-cb-amount',
    'bad-txns-nonfinal',
    'bad-cb-height',
  ] as const
  for (const reason of proven) expect(isMutation(reason)).toBe(false)
})
