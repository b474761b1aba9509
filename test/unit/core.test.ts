// Many cores together: the same seed gives the same run, and nothing that happens to the network breaks it for good.

import { describe, expect, test } from 'vitest'
import type { Random } from '../../node/core/host.ts'
import { createRandom } from '../../node/core/random.ts'
import { createHarness, type Harness } from '../support/harness.ts'

const lossyLink = (_from: number, _to: number, random: Random) => ({
  latencyMs: 20 + random.float() * 80,
  jitterMs: 5,
  bandwidthBps: 1e6,
  loss: 0.01,
  blocked: false,
})

/** Nodes that can be reached from node 0 over the connections that stand. */
function reachable(harness: Harness): number {
  const indexOf = new Map(harness.nodes.map(node => [node.address, node.index]))
  const reached = new Set([0])
  for (const index of reached)
    for (const peer of harness.node(index).core.peers()) {
      const other = indexOf.get(peer.address)
      if (other !== undefined) reached.add(other)
    }
  return reached.size
}

/** An hour of mishaps: power cuts, restarts, partitions, heals, bad links; then everything is put right again. */
function ordeal(seed: string): Harness {
  const harness = createHarness({
    seed,
    nodes: 12,
    linkOf: lossyLink,
    connect: index => (index === 0 ? [] : [0]),
    core: { mode: 'discovered', maxOutbound: 4 },
  })
  const random = createRandom(`${seed} mishaps`)
  const someone = () => random.int(12)
  const mishaps = [
    () => harness.kill(someone()),
    () => restartAll(harness, () => random.float() < 0.5),
    () => harness.partition([Array.from({ length: 1 + random.int(6) }, someone)]),
    () => harness.heal(),
    () => harness.setLink(someone(), someone(), { loss: random.float(), latencyMs: random.int(2000) }),
    () => harness.setLink(someone(), someone(), { blocked: true }),
  ]
  for (let i = 0; i < 60; i++) {
    mishaps[random.int(mishaps.length)]?.()
    harness.advance(random.int(120_000))
  }
  harness.heal()
  for (let from = 0; from < 12; from++)
    for (let to = 0; to < 12; to++) harness.setLink(from, to, { blocked: false, loss: 0.01, latencyMs: 50 })
  restartAll(harness, () => true)
  return harness
}

function restartAll(harness: Harness, wanted: () => boolean): void {
  for (const { running, index } of harness.nodes) if (!running && wanted()) harness.restart(index)
}

describe('cores in virtual time', () => {
  test('connect as they are told, and the same seed gives the same log to the byte', () => {
    const run = (seed: string) => {
      const harness = createHarness({ seed, nodes: 10, linkOf: lossyLink })
      harness.advance(600_000)
      return harness
    }
    const harness = run('a')
    for (const { core } of harness.nodes) expect(core.peers().length).toBeGreaterThanOrEqual(2)
    expect(reachable(harness)).toBe(10)
    expect(run('a').log()).toBe(harness.log())
    expect(run('b').log()).not.toBe(harness.log())
  })

  test.each(['first', 'second', 'third'])('are one network again after any ordeal (%s)', seed => {
    const harness = ordeal(seed)
    expect(harness.until(() => reachable(harness) === 12, 5 * 60_000)).toBe(true)
    harness.advance(60 * 60_000)
    // Once everything is well nothing is lost any more, and nobody was blamed for the weather.
    const late = harness.events.filter(({ timeMs }) => timeMs > harness.elapsedMs() - 20 * 60_000)
    expect(late.filter(({ event }) => event.type !== 'peer-up')).toEqual([])
    expect(harness.events.filter(({ event }) => event.type === 'misbehaviour')).toEqual([])
    for (const { core } of harness.nodes) {
      const addresses = core.peers().map(peer => peer.address)
      expect(new Set(addresses).size).toBe(addresses.length)
    }
  })

  test('go through the same ordeal in the same way', () => {
    expect(ordeal('again').log()).toBe(ordeal('again').log())
  })
})
