// The selfish miner as its neighbours see it: silent of what it hides, faultless in what it sends; and preciousblock.

import { describe, expect, test } from 'vitest'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { MINUTE_MS, simulate } from '../support/simulation.ts'
import { INTERVAL_MS, selfishSpec } from '../support/theory.ts'

describe.each(['inv', 'headers', 'unsolicited', 'compact'])(
  'selfish mining where blocks are relayed by %s',
  relay => {
    test('nobody hears of a hidden block before an honest one threatens it, and nothing sent is an offence', async () => {
      const { testnet, events } = await simulate(`${selfishSpec(51, 0.4, undefined)}relay: ${relay}\n`)
      await testnet.elapse(150 * INTERVAL_MS)
      const own = new Map<string, { readonly height: number; readonly atMs: number }>()
      let [honest, longestMs] = [0, 0]
      for (const { node, timeMs, event } of events) {
        if (event.type === 'block-mined' && node === 'evil-1')
          own.set(event.hash, { height: event.height, atMs: timeMs })
        else if (event.type === 'block-mined') honest = Math.max(honest, event.height)
        else if (event.type === 'block-seen' && node !== 'evil-1') {
          const block = own.get(event.hash)
          if (!block) continue
          // Shown one ahead of the honest chain at most.
          expect(honest).toBeGreaterThanOrEqual(block.height - 1)
          longestMs = Math.max(longestMs, timeMs - block.atMs)
        }
      }
      expect(longestMs).toBeGreaterThan(INTERVAL_MS)
      const told = new Set(events.map(({ event }) => event.type))
      expect(told.has('misbehaviour')).toBe(false)
      expect(told.has('peer-down')).toBe(false)
      expect(testnet.state().systems.ledger.totals.reorgMaxDepth).toBeGreaterThan(0)
      await testnet.down('seen')
    })
  },
)

test('preciousblock: of two blocks of the same work the one that is asked for', async () => {
  const { testnet } = await simulate(`
nodes: { miners: { count: 2, share: 100% } }
chain: { blockInterval: 1d, difficulty: { rule: fixed } }
topology: { kind: explicit, edges: [] }
load: { tx: 0/s }
`)
  const hashes: string[] = []
  for (const name of ['miners-1', 'miners-2']) {
    const address = await testnet.rpc(name, 'getnewaddress', [])
    const [hash] = (await testnet.rpc(name, 'generatetoaddress', [1, address])) as string[]
    hashes.push(hash ?? '')
  }
  const [own, other] = hashes
  await testnet.rpc('miners-2', 'addnode', [testnet.node('miners-1').address, 'onetry'])
  await testnet.elapse(MINUTE_MS)
  const tip = () => testnet.rpc('miners-1', 'getbestblockhash', [])
  expect(await tip()).toBe(own)
  for (const hash of [other, own, own, other]) {
    expect(await testnet.rpc('miners-1', 'preciousblock', [hash])).toBeNull()
    expect(await tip()).toBe(hash)
  }
  const genesis = await testnet.rpc('miners-1', 'getblockhash', [0])
  expect(await testnet.rpc('miners-1', 'preciousblock', [genesis])).toBeNull()
  expect(await tip()).toBe(other)
  await expect(testnet.rpc('miners-1', 'preciousblock', ['00'.repeat(32)])).rejects.toThrow('Block not found')
  await testnet.down('seen')
})

test.each([
  ['nodes: { a: { count: 1, strategy: selfish }, b: { share: 100% } }', 'a strategy is about mining'],
  ['nodes: { a: { share: 100%, strategy: selfish } }', 'somebody must be honest'],
  ['nodes: { a: { share: 50%, strategy: greedy }, b: { share: 50% } }', 'nodes.a.strategy'],
  [
    'nodes: { a: { share: 50%, strategy: { selfish: { gamma: 2 } } }, b: { share: 50% } }',
    'nodes.a.strategy',
  ],
])('refuses %s', (yaml, why) => {
  expect(() => parseSpec(yaml, 'test', {})).toThrow(why)
})
