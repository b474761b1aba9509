// The checks of light clients, by states and answers that a test makes up.

import { describe, expect, test } from 'vitest'
import { encode } from '../../node/bitcoin/wire/codec.ts'
import { toHex } from '../../node/bitcoin/wire/hex.ts'
import { blockCodec } from '../../node/ledger/chain/block.ts'
import type { Ground } from '../../orchestrator/checks/check.ts'
import { liarsRefused } from '../../orchestrator/systems/light/checks/liars.ts'
import { holdingsOf } from '../../orchestrator/systems/light/checks/raw-coins.ts'
import { createLightNetwork } from '../support/light-network.ts'

const WISH = { name: 'liars-refused', within: { ms: 0, after: undefined }, numbers: {} } as const

function groundWith(liars: readonly { readonly by: string; readonly node: string }[]): Ground {
  const node = (name: string, client: boolean) => ({ name, phase: 'running', systems: { light: { client } } })
  const said = liars.map(liar => ({ lie: 'filter', height: 7, timeMs: 0, ...liar }))
  return {
    plan: {
      nodes: [
        { name: 'honest' },
        { name: 'liar', strategy: { name: 'liar', lies: ['filters'] } },
        { name: 'mute', strategy: { name: 'liar', lies: ['filters', 'silence'] } },
      ],
      topology: {
        edges: ['honest', 'liar', 'mute'].flatMap(to => [
          { from: 'l-1', to },
          { from: 'l-2', to },
        ]),
      },
    },
    state: () => ({
      nodes: [node('honest', false), node('l-1', true), node('l-2', true)],
      systems: { light: { liars: said } },
    }),
    moments: { stoodMs: 0 },
    nowMs: () => 1,
    wait: async () => {},
  } as unknown as Ground
}

describe('whom light clients call a liar', () => {
  test('is every liar that they are connected to, and nobody else', async () => {
    const all = [
      { by: 'l-1', node: 'liar' },
      { by: 'l-2', node: 'liar' },
    ]
    expect(await liarsRefused.run(groundWith(all), WISH)).toMatchObject({
      passed: true,
      measured: '2 of 2, 0 blamed wrongly',
    })
    expect(await liarsRefused.run(groundWith(all.slice(1)), WISH)).toMatchObject({
      passed: false,
      message: 'l-1 has found nothing against liar',
    })
  })

  test('is nobody honest: what was said of one stays said', async () => {
    const wronged = [
      { by: 'l-1', node: 'liar' },
      { by: 'l-2', node: 'liar' },
      { by: 'l-2', node: 'honest' },
    ]
    expect(await liarsRefused.run(groundWith(wronged), WISH)).toMatchObject({
      passed: false,
      final: true,
      message: 'l-2 blames honest: filter at 7',
    })
  })
})

test('what scripts hold is worked out from raw blocks, those spent again left out', () => {
  const net = createLightNetwork({ seed: 'raw', full: 2 })
  net.advance(5_000)
  const mine = (count: number) => {
    for (let i = 0; i < count; i++) net.mine(0)
    net.advance(5_000)
  }
  mine(4)
  const txid = net.pay(0, 0, 3)
  mine(1)
  const sent = net.rpc(2, 'sendtoaddress', net.rpc(0, 'getnewaddress'), 1) as string
  net.advance(1_000)
  mine(1)
  const { chain } = net.ledger(1)
  const blocks = Array.from({ length: chain.tip.height + 1 }, (_, height) =>
    Buffer.from(encode(blockCodec, chain.block(chain.at(height)?.hash ?? '') as never)),
  )
  const scripts = new Set(net.client(0).parts.wallet.usedScripts.map(toHex))
  const { sat, transactions } = holdingsOf(blocks, scripts)
  expect(Number(sat) / 1e8).toBe(net.rpc(2, 'getbalance'))
  expect([...transactions]).toEqual([
    [txid, 5],
    [sent, 6],
  ])
  expect(holdingsOf(blocks, new Set()).sat).toBe(0n)
})
