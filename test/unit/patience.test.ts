// How long is waited for what crosses slow links: as ever over usual ones, and by the slowest round trip of the plan else.

import { describe, expect, it } from 'vitest'
import { dialTimeoutMs, handshakeTimeoutMs } from '../../node/core/patience.ts'
import { timesOf } from '../../node/ledger/times.ts'
import { meetingMs, roundTripOf } from '../../orchestrator/network/patience.ts'
import { agreeingMs } from '../../orchestrator/network/standing.ts'
import { serviceConfigs } from '../../orchestrator/runtime/node-config.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import type { Plan } from '../../orchestrator/spec/types.ts'

const planOf = (links: string, more = '') =>
  makePlan(parseSpec(`runtime: sim\nlinks: { ${links} }\n${more}`, 'test', {}))

function toldRoundTrip(plan: Plan): unknown {
  const [node] = plan.nodes
  if (!node) throw new Error('no node')
  const listen = { host: '10.0.0.1', port: 1 }
  return serviceConfigs(plan, node, {}, () => listen).bitcoin?.roundTripMs
}

describe('the slowest round trip', () => {
  it.each([
    ['latency: 50ms', undefined],
    ['latency: 1s, jitter: 0ms', undefined],
    ['latency: 1001ms, jitter: 0ms', 2_002],
    ['latency: 2600ms, jitter: 0ms', 5_200],
    ['latency: 60s, jitter: 60s', 480_000],
    ['regions: 2019', undefined],
  ])('of %s: %d ms, and nodes are told of it', (links, roundTripMs) => {
    const plan = planOf(links)
    expect(roundTripOf(plan)).toBe(roundTripMs)
    expect(toldRoundTrip(plan)).toBe(roundTripMs)
    expect(meetingMs(plan)).toBe(12 * (roundTripMs ?? 0))
  })

  it('counts once for each step by which peers find each other', () => {
    const plan = planOf(
      'latency: 10s, jitter: 0ms',
      'nodes: { a: { count: 8 } }\ntopology: { kind: discovered }\n',
    )
    expect(meetingMs(plan)).toBe(3 * 12 * 20_000)
  })
})

describe('waits', () => {
  it('are as ever where nothing is said', () => {
    expect([dialTimeoutMs(), handshakeTimeoutMs()]).toEqual([5_000, 60_000])
    expect(timesOf(1_000)).toMatchObject({
      ...{ headersResponseMs: 3_000, headersAgainMs: 120_000, blockDownloadMs: 10_000, blockRetryMs: 2_000 },
      ...{ stallMs: 2_000, transactionMs: 60_000 },
    })
    expect(timesOf(1_000, 500)).toEqual(timesOf(1_000))
  })

  it('are longer than what is waited for takes', () => {
    for (const roundTripMs of [5_200, 20_000, 120_000, 480_000]) {
      expect(dialTimeoutMs(roundTripMs)).toBeGreaterThan(roundTripMs)
      expect(handshakeTimeoutMs(roundTripMs)).toBeGreaterThan(2 * roundTripMs)
      const times = timesOf(1_000, roundTripMs)
      for (const key of [
        'headersResponseMs',
        'headersAgainMs',
        'blockRetryMs',
        'stallMs',
        'transactionMs',
      ] as const)
        expect(times[key]).toBeGreaterThan(roundTripMs)
      expect(times.blockDownloadMs).toBeGreaterThan(2 * roundTripMs)
    }
  })
})

/** Chernoff's bound of the chance that no block was found alone (none within Δ before it or after it) for `waitMs`. */
function neverAlone(ratio: number, waits: number): number {
  let least = 1
  for (let s = 0.01; s < 1; s += 0.001) {
    const quick = (1 - Math.exp(-(1 - s) * ratio)) / (1 - s)
    const slow = Math.exp(-(1 - s) * ratio) / (1 - s)
    const rest = 1 - quick - quick * slow
    if (rest > 0) least = Math.min(least, (slow * slow * Math.exp(-s * waits)) / rest)
  }
  return least
}

describe('a tie at the launch', () => {
  it.each([0.001, 0.05, 0.1, 0.2, 0.3, 0.4, 0.49])(
    'outlasts the wait less than once in 10⁹, Δ/T = %d',
    ratio => {
      const latencyMs = Math.round(600_000 * ratio)
      const plan = planOf(
        'latency: 50ms',
        'chain: { blockInterval: 600s }\ntopology: { kind: full }\nrelay: unsolicited\n',
      )
      const slow: Plan = {
        ...plan,
        topology: {
          ...plan.topology,
          edges: plan.topology.edges.map(edge => ({
            ...edge,
            link: { ...edge.link, latencyMs, jitterMs: 0 },
          })),
        },
      }
      const waits = agreeingMs(slow) / 600_000
      expect(neverAlone(ratio, waits)).toBeLessThan(1e-9)
      // It is no longer than it need be, by a quarter.
      expect(neverAlone(ratio, 0.75 * waits)).toBeGreaterThan(1e-9)
    },
  )

  it('is no matter where blocks come as fast as they travel, nor without a ledger', () => {
    expect(agreeingMs(planOf('latency: 60s', 'chain: { blockInterval: 60s }\n'))).toBe(0)
    expect(
      agreeingMs(planOf('latency: 50ms', 'nodes: { a: { count: 3, runs: p2p } }\nload: { tx: 0/s }\n')),
    ).toBe(0)
  })
})
