// Synthetic blocks take the time of their size on the links, in each form of relay, and nothing else changes.

import { expect, test } from 'vitest'
import { encodeFrame } from '../../node/bitcoin/wire/framing.ts'
import { wireBytes } from '../../node/ledger/synthetic.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { MINUTE_MS, simulate } from '../support/simulation.ts'

const LATENCY_MS = 50
const BANDWIDTH_BPS = 10e6

/** Mean time of a block from its miner to the other of two nodes, in ms. */
async function travelMs(relay: string, blockSize: string): Promise<number> {
  const { testnet } = await simulate(`
nodes: { miner: { share: 100% }, other: { count: 1 } }
chain: { blockInterval: 1m, ${blockSize} difficulty: { rule: fixed } }
topology: { kind: full }
links: { latency: ${LATENCY_MS}ms, jitter: 0ms, bandwidth: ${BANDWIDTH_BPS}bit }
relay: ${relay}
load: { tx: 0/s }
`)
  await testnet.elapse(60 * MINUTE_MS)
  const {
    systems: {
      ledger: { propagationHistogram, totals },
    },
  } = testnet.state()
  expect(totals.blocks).toBeGreaterThan(30)
  await testnet.down('measured')
  return propagationHistogram.sumMs / propagationHistogram.count
}

test.each([
  ['inv', 5],
  ['headers', 3],
  ['unsolicited', 1],
])('%s: a megabyte takes its 800 ms beside %i link delays', async (relay, delays) => {
  const small = await travelMs(relay, '')
  const large = await travelMs(relay, 'blockSize: 1MB,')
  // What is not the block (hashes, headers, the small block itself) takes under a millisecond a message here.
  expect(small / LATENCY_MS).toBeGreaterThan(delays)
  expect(small / LATENCY_MS).toBeLessThan(delays + 0.1)
  expect(large - small).toBeGreaterThan(799)
  expect(large - small).toBeLessThan(800)
})

test('compact: a megabyte is 2,500 short ids, 12 ms', async () => {
  const small = await travelMs('compact', '')
  const large = await travelMs('compact', 'blockSize: 1MB,')
  expect(large - small).toBeGreaterThan(11)
  // The first blocks, before the miner is asked for compact ones, come by headers first.
  expect(large - small).toBeLessThan(15)
})

test('only what carries a block counts more than it is', () => {
  const frame = (command: string, bytes: number) =>
    encodeFrame(new Uint8Array(4), command, new Uint8Array(bytes))
  expect(wireBytes(frame('block', 300), 1_000_000)).toBe(1_000_024)
  expect(wireBytes(frame('block', 300), 100)).toBe(324)
  expect(wireBytes(frame('cmpctblock', 300), 1_000_000)).toBe(24 + 2_500 * 6)
  for (const command of ['blocktxn', 'headers', 'inv', 'bloc', 'blocks', 'tx'])
    expect(wireBytes(frame(command, 300), 1_000_000)).toBe(324)
})

test.each([
  ['chain: { blockSize: 1MB }', 'links without bandwidth'],
  [
    'chain: { blockSize: 1MB, maxBlockWeight: 500000 }\nlinks: { bandwidth: 1Mbit }',
    'maxBlockWeight allows no block of more than 500000',
  ],
  ['chain: { blockSize: 1 }', 'a size with its unit'],
])('refuses %j', (yaml, why) => {
  expect(() => parseSpec(yaml, 'test', {})).toThrow(why)
})
