// A node's policy as its operator may set it: what else it takes then, and what it refuses.

import { describe, expect, it } from 'vitest'
import { concat, pushData } from '../../node/ledger/chain/push.ts'
import type { Tx } from '../../node/ledger/chain/types.ts'
import type { Policy } from '../../node/ledger/policy-rules.ts'
import { outputOf, spend, testKey } from '../support/chain.ts'
import { reasonOf } from '../support/ledger.ts'
import { funded, type Output, type PaymentOptions, pay, payment } from '../support/mempool.ts'

const sweep = (coin: Output, feeSat: number, options?: PaymentOptions) => payment([coin], feeSat, options)

function chainOf(coin: Output, length: number): Tx[] {
  const txs = [sweep(coin, 1_000)]
  while (txs.length < length) txs.push(sweep(outputOf(txs.at(-1) as Tx), 1_000))
  return txs
}

describe('a policy of one’s own', () => {
  const refusedBy = (policy: Partial<Policy>, tx: (coin: Output) => Tx) => {
    const { mempool, coin } = funded(3, { policy })
    return reasonOf(() => mempool.accept(tx(coin(0))))
  }
  const odd = (coin: Output) =>
    spend([coin], { outputs: [pay(coin.valueSat - 11_000), pay(10_000, new Uint8Array(30).fill(0x51))] })

  it.each<[what: string, policy: Partial<Policy>, tx: (coin: Output) => Tx, reason: string | undefined]>([
    ['the least fee', { minRelaySatPerKvb: 20_000 }, coin => sweep(coin, 2_000), 'min relay fee not met'],
    ['no least fee', { minRelaySatPerKvb: 0 }, coin => sweep(coin, 0), undefined],
    ['dust', { dustSatPerKvb: 0 }, coin => spend([coin], { outputs: [pay(1)] }), undefined],
    [
      'no data',
      { dataCarrierBytes: 0 },
      coin => spend([coin], { outputs: [pay(1e6), pay(0, Uint8Array.of(0x6a, 1, 1))] }),
      'scriptpubkey',
    ],
    [
      'no bare multisignatures',
      { permitBareMultisig: false },
      coin =>
        spend([coin], {
          outputs: [
            pay(1e6, concat(Uint8Array.of(0x51), pushData(testKey(0).publicKey), Uint8Array.of(0x51, 0xae))),
          ],
        }),
      'bare-multisig',
    ],
    ['any form', { acceptNonStandard: true }, odd, undefined],
    [
      'any form but one that is too small',
      { acceptNonStandard: true },
      coin => spend([coin], { outputs: [pay(0, Uint8Array.of(0x6a))] }),
      'tx-size-small',
    ],
  ])('%s', (_what, policy, tx, reason) => {
    expect(refusedBy(policy, tx)).toBe(reason)
  })

  it('may be that only what says so is replaced, and what is of version 3', () => {
    const { mempool, coin } = funded(3, { policy: { fullRbf: false } })
    mempool.accept(sweep(coin(0), 1_000))
    expect(reasonOf(() => mempool.accept(sweep(coin(0), 3_000)))).toBe('txn-mempool-conflict')
    mempool.accept(sweep(coin(1), 1_000, { sequence: 0xfffffffd }))
    mempool.accept(sweep(coin(2), 1_000, { version: 3 }))
    for (const i of [1, 2]) mempool.accept(sweep(coin(i), 3_000))
  })

  it('is what ancestors, descendants and replacements are held to', () => {
    const { mempool, coin } = funded(3, {
      policy: { maxAncestors: 2, maxDescendants: 5, incrementalSatPerKvb: 10_000 },
    })
    const txs = chainOf(coin(0), 3)
    for (const tx of txs.slice(0, 2)) mempool.accept(tx)
    expect(reasonOf(() => mempool.accept(txs[2] as Tx))).toBe('too-long-mempool-chain')
    mempool.accept(sweep(coin(1), 1_000))
    expect(reasonOf(() => mempool.accept(sweep(coin(1), 2_000)))).toBe('insufficient fee')
    mempool.accept(sweep(coin(1), 2_100))
  })
})
