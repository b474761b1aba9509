// What a load tells of a bottleneck that lets a burst through first, as the kernel's token bucket does.

import { expect, test } from 'vitest'
import { type LinkConditions, PERFECT_LINK } from '../../node/core/link.ts'
import { weigh } from '../../orchestrator/chaos/weigh.ts'
import { burstBytes } from '../../orchestrator/runtime/docker/link-rules.ts'
import { breakableDouble } from '../support/breakable-double.ts'

const PAIR = { from: 'a', to: 'b' }

/** Weighs a link that is said to carry `saidBps`, over a bucket, full when the load comes, that carries `carriedBps`. */
async function weighed(saidBps: number, carriedBps: number) {
  const bucketBytes = burstBytes(carriedBps)
  let sent = 0
  let tookMs = 0
  const network = breakableDouble({
    running: () => ['a', 'b'],
    burstBytes,
    pad: async (_from, _to, { frames, bytes }) => {
      sent++
      tookMs = (Math.max(0, frames * bytes - bucketBytes) * 8000) / carriedBps
    },
    rpc: async () => [{ id: 1, addr: 'b', pingtime: tookMs / 1000, pings_sent: sent, pings_answered: sent }],
  })
  const said: LinkConditions = { ...PERFECT_LINK, bandwidthBps: saidBps }
  return await weigh(
    network,
    network,
    [PAIR],
    () => said,
    () => false,
  )
}

test.each([1_000, 64_000, 1_000_000, 10_000_000, 100_000_000, 300_000_000, 500_000_000])(
  'a link of %d bit/s takes its time, one twice as wide does not',
  async bandwidthBps => {
    expect(await weighed(bandwidthBps, bandwidthBps)).toMatchObject([{ verified: true }])
    expect(await weighed(bandwidthBps, 2 * bandwidthBps)).toMatchObject([
      { verified: false, measured: '0 of 1 as slow' },
    ])
  },
)

test('what a burst takes through at once is not weighed', async () => {
  expect(await weighed(1e9, 1e9)).toEqual([])
})

interface Answers {
  readonly link: Partial<LinkConditions>
  /** How long each load took, and when its answer came after it was sent. */
  readonly tookMs?: (attempt: number) => number
  readonly comesMs?: number
  readonly changed?: (attempt: number) => boolean
  readonly lossFelt?: boolean
}

/** Weighs one link of which the answers are given; time passes when it is waited for. */
async function tried({
  link,
  tookMs = () => 0,
  comesMs = 0,
  changed = () => false,
  lossFelt = false,
}: Answers) {
  const loads: { frames: number; bytes: number }[] = []
  let nowMs = 0
  let sentMs = 0
  const network = breakableDouble({
    running: () => ['a', 'b'],
    lossFelt: () => lossFelt,
    nowMs: () => nowMs,
    wait: async ms => {
      nowMs += ms
    },
    pad: async (_from, _to, load) => {
      loads.push(load)
      sentMs = nowMs
    },
    rpc: async () => {
      const out = loads.length > 0 && nowMs < sentMs + comesMs
      const pings = { pings_sent: loads.length, pings_answered: loads.length - (out ? 1 : 0) }
      return [
        { id: 1, addr: 'b', pingtime: tookMs(loads.length) / 1000, ...pings, ...(out && { pingwait: 1 }) },
      ]
    },
  })
  const findings = await weigh(
    network,
    network,
    [PAIR],
    () => ({ ...PERFECT_LINK, ...link }),
    () => changed(loads.length),
  )
  return { loads, findings, nowMs }
}

test.each([
  [1_000_000, 50_000],
  [64_000, 4_000],
  [100_000_000, 1_000_000],
])(
  'a link of %d bit/s is given a load of %d bytes: for about 400 ms, unless that is very little or very much',
  async (bandwidthBps, bytes) => {
    const { loads } = await tried({ link: { bandwidthBps }, tookMs: () => 60_000 })
    expect(loads).toEqual([{ frames: 1, bytes }])
  },
)

test('a load takes four fifths of its time by the rate, and the latency', async () => {
  const link = { bandwidthBps: 1_000_000, latencyMs: 30 }
  expect(await tried({ link, tookMs: () => 350 })).toMatchObject({
    findings: [{ asked: '1 load of at least 350 ms', measured: '1 of 1 as slow', verified: true }],
  })
  expect(await tried({ link, tookMs: () => 349 })).toMatchObject({
    findings: [{ measured: '0 of 1 as slow' }],
  })
})

test('what was too quick is tried three times, and not more', async () => {
  const link = { bandwidthBps: 1_000_000 }
  const third = await tried({ link, tookMs: attempt => (attempt === 3 ? 320 : 5) })
  expect([third.loads.length, third.findings[0]?.verified]).toEqual([3, true])
  const never = await tried({ link, tookMs: () => 5 })
  expect([never.loads.length, never.findings[0]?.verified]).toEqual([3, false])
})

test('an answer is waited for four times as long as it must take, and twenty seconds more', async () => {
  const link = { bandwidthBps: 1_000_000 }
  const waited = (comesMs: number) =>
    tried({ link, comesMs, tookMs: attempt => (attempt === 0 ? 0 : comesMs) })
  const inTime = await waited(21_250)
  expect([inTime.loads.length, inTime.nowMs, inTime.findings[0]?.verified]).toEqual([1, 21_250, true])
  const late = await waited(21_350)
  expect(late.loads.length).toBe(3)
})

test('a link that others change meanwhile is given up, and not judged', async () => {
  const { loads, findings } = await tried({
    link: { bandwidthBps: 1_000_000 },
    changed: attempt => attempt > 0,
  })
  expect(loads).toHaveLength(1)
  expect(findings).toMatchObject([
    { measured: expect.stringContaining('0 of 0 as slow'), verified: false, unmeasured: true },
  ])
})

test.each([
  [0.5, 20],
  [0.02, 684],
  [1 - 0.1 ** (6 / 7000), 7000],
])('a loss of %d shows in one of %i frames, a million times to one', async (loss, frames) => {
  const { loads, findings } = await tried({ link: { loss }, lossFelt: true, tookMs: () => 195 })
  expect(loads).toEqual([{ frames, bytes: 0 }])
  expect(findings).toMatchObject([{ asked: '1 volley of at least 195 ms', verified: true }])
})

test('a loss that would take more frames is not weighed, nor one that is not felt', async () => {
  // A hair less than the loss of which 7,000 frames show one, a million times to one.
  expect(
    (await tried({ link: { loss: 1 - 0.1 ** ((6 * (1 - 3e-8)) / 7000) }, lossFelt: true })).loads,
  ).toEqual([])
  expect((await tried({ link: { loss: 0.5 } })).loads).toEqual([])
  expect((await tried({ link: {}, lossFelt: true })).findings).toEqual([])
})

test('of several links each has the time that the slowest of them needs, and peers that are not weighed are not waited for', async () => {
  const links: Record<string, LinkConditions> = {
    b: { ...PERFECT_LINK, bandwidthBps: 1_000_000 },
    c: { ...PERFECT_LINK, bandwidthBps: 1_000_000, latencyMs: 10_000 },
  }
  let nowMs = 0
  let sent = 0
  const network = breakableDouble({
    running: () => ['a'],
    nowMs: () => nowMs,
    wait: async ms => {
      nowMs += ms
    },
    pad: async () => void sent++,
    rpc: async () => {
      const peer = (addr: string, id: number, tookMs: number) => {
        const out = sent > 0 && nowMs < tookMs
        const pings = { pings_sent: 1 + sent, pings_answered: out ? 1 : 1 + sent }
        return { id, addr, pingtime: tookMs / 1000, ...pings, ...(out && { pingwait: 1 }) }
      }
      return [peer('b', 1, 400), peer('c', 2, 50_000), peer('d', 3, 1e9)]
    },
  })
  const pairs = ['b', 'c'].map(to => ({ from: 'a', to }))
  const linkOf = ({ to }: { to: string }) => links[to] ?? PERFECT_LINK
  expect(await weigh(network, network, pairs, linkOf, () => false)).toMatchObject([
    { measured: '2 of 2 as slow', verified: true },
  ])
  // A load each, and no second try.
  expect([sent, nowMs]).toEqual([2, 50_000])
})
