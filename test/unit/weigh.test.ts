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
