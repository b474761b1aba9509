// Every rule of transactions is broken once, in a block. Of blocks: chain-rejects.test.ts.

import { describe, expect, test } from 'vitest'
import { makeTx, NULL_INDEX } from '../../node/ledger/chain/tx.ts'
import { checkAmounts, checkTransaction } from '../../node/ledger/chain/tx-rules.ts'
import type { Block, Coin, OutPoint, Tx } from '../../node/ledger/chain/types.ts'
import { buildBlock, mineBlock, outputOf, rewardOf, spend, testKey } from '../support/chain.ts'
import { type BlockFault, EMPTY, isRefused, odd, pay, SCRIPT } from '../support/rejects.ts'

const BARE = { scriptSig: EMPTY, sequence: 0xffffffff, witness: [] }
const ZEROS = '00'.repeat(32)

const faults: readonly BlockFault[] = [
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
    'mandatory-script-verify-flag-failed',
    'a coin that anyone can spend, with a witness that it does not ask for',
    ({ chain, coins }) => {
      const open = spend(coins.slice(0, 1), { outputs: [{ valueSat: 5e9, script: Uint8Array.of(0x51) }] })
      mineBlock(chain, { txs: [open] })
      return buildBlock(chain, { txs: [pay(outputOf(open))] })
    },
  ],
  [
    'mandatory-script-verify-flag-failed',
    'a coin that nobody can spend',
    ({ chain, coins }) => {
      const shut = spend(coins.slice(0, 1), { outputs: [{ valueSat: 5e9, script: Uint8Array.of(0x00) }] })
      mineBlock(chain, { txs: [shut] })
      return buildBlock(chain, { txs: [odd({ inputs: [{ ...BARE, previous: outputOf(shut).point }] })] })
    },
  ],
]

test.each(faults)('%s: %s', isRefused)

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
