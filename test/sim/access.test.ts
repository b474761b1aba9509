// Lines that a simulated node's connections share: blocks over them take what arithmetic says, a thinner one is a fault like any
// other, and relay modes and topologies rank as theory has it.

import { expect, test } from 'vitest'
import { staleRate } from '../../orchestrator/research/formulas.ts'
import { simulate } from '../support/simulation.ts'
import { delayOf, isStale, meshSpec, mine } from '../support/theory.ts'

const MB = 1_000_000
const UP_BPS = 8e6
/** What a megabyte takes over such a line, in s. */
const ONE_S = (MB * 8) / UP_BPS

/** When each node had each block, in s from its being found; blocks of a spec whose first node mines them all. */
async function arrivals(spec: string, blocks: number): Promise<number[][]> {
  const { testnet, events } = await simulate(spec, type => type === 'block-mined' || type === 'tip')
  await testnet.elapse(blocks * 600_000)
  await testnet.down('measured')
  const found = new Map<string, { atMs: number; times: number[] }>()
  for (const { timeMs, event } of events) {
    const { type, hash } = event as { type: string; hash: string }
    if (type === 'block-mined') found.set(hash, { atMs: timeMs, times: [] })
    else found.get(hash)?.times.push((timeMs - (found.get(hash)?.atMs ?? 0)) / 1000)
  }
  const nodes = testnet.plan.nodes.length
  return [...found.values()].flatMap(({ times }) =>
    times.length >= nodes ? [times.sort((a, b) => a - b)] : [],
  )
}

const spec = (nodes: string, topology: string, access: string, rest = 'relay: unsolicited') => `
seed: 4
nodes: { one: { share: 100% }, ${nodes} }
chain: { blockInterval: 10m, blockSize: 1MB, difficulty: { rule: fixed } }
topology: ${topology}
links: { latency: 10ms, jitter: 0ms, ${access} }
load: { tx: 0/s }
${rest}
`

test('ten copies of a block over one uplink take ten times one', async () => {
  const star = (count: number) =>
    spec(`leaf: { count: ${count} }`, '{ kind: star }', 'lines: { one-1: { up: 8Mbit } }')
  const [one, ten] = [await arrivals(star(1), 5), await arrivals(star(10), 5)]
  expect(one.length).toBeGreaterThan(1)
  for (const times of one) expect(times.at(-1)).toBeCloseTo(ONE_S + 0.01, 2)
  for (const times of ten) {
    expect(times).toHaveLength(11)
    for (const seconds of times.slice(1)) expect(seconds / (10 * ONE_S)).toBeCloseTo(1, 2)
  }
})

test('what thin receivers leave of an uplink goes to the others', async () => {
  const lines = 'lines: { one-1: { up: 8Mbit }, leaf-1: { down: 800kbit }, leaf-2: { down: 800kbit } }'
  const found = await arrivals(spec('leaf: { count: 4 }', '{ kind: star }', lines), 5)
  expect(found.length).toBeGreaterThan(1)
  // Two have a tenth each, so the others have two fifths each.
  for (const [, first, second, third, last] of found as [number, number, number, number, number][]) {
    expect([first / 2.5, second / 2.5]).toEqual([expect.closeTo(1, 1), expect.closeTo(1, 1)])
    expect([third / 10, last / 10]).toEqual([expect.closeTo(1, 1), expect.closeTo(1, 1)])
  }
})

test('over equal uplinks nobody is faster than doubling, and sharing a line among more peers only costs', async () => {
  const half: number[] = []
  for (const degree of [4, 8, 16]) {
    const found = await arrivals(
      spec('peer: { count: 63 }', `{ degree: ${degree} }`, 'access: { up: 8Mbit }', 'relay: inv'),
      6,
    )
    expect(found.length).toBeGreaterThan(2)
    for (const times of found) {
      // A copy takes a second of a line, so that at most twice as many have one a second later.
      for (const share of [0.5, 0.9]) {
        const have = Math.ceil(64 * share)
        expect(times[have - 1]).toBeGreaterThanOrEqual(Math.log2(have) * ONE_S)
      }
      // All peers of a node at once, as deep as the network is.
      expect(times.at(-1)).toBeLessThan(4 * degree * ONE_S)
    }
    half.push(found.reduce((sum, times) => sum + (times[31] as number), 0) / found.length)
  }
  expect(half).toEqual([...half].sort((a, b) => a - b))
})

test.each([5, 10, 20])(
  '%d s of uniform delay, written in a spec, make as many stale blocks as theory says, for each miner',
  async latencyS => {
    const shares = [0.4, 0.3, 0.2, 0.1]
    const mesh = { seed: 7, shares, latencyMs: latencyS * 1000, intervalMs: 600_000 }
    const found = await mine(meshSpec(mesh), 4_000 * mesh.intervalMs)
    const ratio = delayOf(mesh) / mesh.intervalMs
    const expected = found.length * staleRate(delayOf(mesh), mesh.intervalMs, shares)
    const stale = found.filter(isStale)
    // Rare events are Poisson: 3.3 deviations are 0.1 % by chance. The formula leaves out terms of about Δ/T of itself.
    const within = (count: number, wanted: number) =>
      expect(Math.abs(count - wanted)).toBeLessThan(3.3 * Math.sqrt(wanted) + 2 * ratio * wanted)
    within(stale.length, expected)
    for (const [i, share] of shares.entries()) {
      const own = stale.filter(({ miner }) => miner === `m${i}-1`).length
      // A block of this miner loses against one that another found meanwhile; both lose alike: h(1 − h) of all that go stale.
      within(own, (expected * share * (1 - share)) / (1 - shares.reduce((sum, h) => sum + h * h, 0)))
    }
  },
)

test('a line that gets thinner is a fault: loaded, measured and given back', async () => {
  const { testnet } = await simulate(
    'seed: 3\nchain: { blockInterval: 1s }\nload: { tx: 0/s }\nnodes: { miners: { count: 4, share: 100% } }\ntopology: { kind: full }\nlinks: { lines: { miners-2: { up: 3Mbit } } }',
  )
  await testnet.wait(3000)
  const report = await testnet.inject({
    kind: 'access',
    nodes: 'miners-1 miners-2',
    worse: { upBps: 1e6, downBps: 2e6 },
  })
  expect(report).toMatchObject({
    verified: true,
    asked: '2 lines up that take 320 ms for a load; 2 lines down that take 320 ms for a load',
    measured: '2 of 2 as slow; 2 of 2 as slow',
  })
  const lineOf = (name: string) => {
    const node = testnet.state().nodes.find(node => node.name === name)
    return [node?.plannedAccess, node?.access]
  }
  const thin = { upBps: 1e6, downBps: 2e6 }
  expect([lineOf('miners-1'), lineOf('miners-2'), lineOf('miners-3')]).toEqual([
    [undefined, thin],
    [{ upBps: 3e6, downBps: 0 }, thin],
    [undefined, undefined],
  ])
  const [healed] = await testnet.heal()
  expect(healed).toMatchObject({ verified: true })
  expect([lineOf('miners-1'), lineOf('miners-2')]).toEqual([
    [undefined, undefined],
    [
      { upBps: 3e6, downBps: 0 },
      { upBps: 3e6, downBps: 0 },
    ],
  ])
  const again = await testnet.inject({ kind: 'access', nodes: 'miners-2', worse: { upBps: 10e6 } })
  expect(again, 'as thin as it was planned').toMatchObject({ verified: true })
  await testnet.down('the test is over')
})

test('a line that its peers cannot fill is not said to hold: nobody can tell', async () => {
  const { testnet } = await simulate(
    'seed: 3\nload: { tx: 0/s }\nnodes: { miners: { count: 4, share: 100%, access: { up: 1Mbit } } }\ntopology: { kind: full }',
  )
  const report = await testnet.inject({ kind: 'access', nodes: 'miners-1', worse: { downBps: 8e6 } })
  expect(report).toMatchObject({ verified: false, unmeasured: true })
  expect(report.measured).toContain('their peers cannot fill them')
  await testnet.heal()
  const narrow = await testnet.inject({ kind: 'access', nodes: 'miners-1', worse: { downBps: 2e6 } })
  expect(narrow).toMatchObject({ verified: true })
  await testnet.down('the test is over')
})
