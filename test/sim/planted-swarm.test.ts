// Planted bugs of BitTorrent peers, which the checks must see: one takes blocks unverified, one forgets what it stored.

import { afterEach, describe, expect, test, vi } from 'vitest'
import type { SwarmStrategy } from '../../node/api.ts'
import { firstRed, rehearsed } from '../support/rehearsal.ts'

const planted = vi.hoisted(() => ({ bug: undefined as string | undefined }))

vi.mock('../../orchestrator/systems/bittorrent/service.ts', async original => {
  const own = await original<typeof import('../../orchestrator/systems/bittorrent/service.ts')>()
  return {
    ...own,
    // They pass for honest: nothing of it is in the plan.
    bittorrentConfig: (...of: Parameters<typeof own.bittorrentConfig>) => ({
      ...own.bittorrentConfig(...of),
      ...(of[1].group === 'peers' && planted.bug !== undefined && { strategy: planted.bug as SwarmStrategy }),
    }),
  }
})

afterEach(() => Object.assign(planted, { bug: undefined }))

const swarm = (expected: string, more = '', fault = 'pause: peers-1, at: progress 50, for: 100ms') => `
nodes:
  seeds: { count: 1, runs: bittorrent, access: { up: 2Mbit, down: 40Mbit } }
  peers: { count: 8, runs: bittorrent }
  ${more}
topology: { kind: full }
links: { latency: 20ms, access: { up: 8Mbit, down: 40Mbit } }
bittorrent: { content: [{ name: film, size: 2MB, pieceLength: 32KiB, on: seeds }] }
faults: { gone: { ${fault} } }
expect: { ${expected} }
`
const EVIL = 'evil: { count: 1, runs: bittorrent, strategy: polluter }'
const VERIFIED = 'content-verified: { within: 20s after heal }'
const WASTE = 'waste: { within: 60s after heal }'
const KILLED = 'kill: "peers-1,peers-2,peers-3", at: progress 50, for: 1s'

describe('honest peers', () => {
  test('have what was shared, though one among them pollutes it', async () => {
    const checks = await rehearsed(swarm(VERIFIED, EVIL))
    expect(checks.get('content-verified')).toMatchObject({ passed: true, measured: '8 of 8' })
  })

  test('fetch nothing twice, though some are killed', async () => {
    expect((await rehearsed(swarm(WASTE, '', KILLED))).get('waste')).toMatchObject({ passed: true })
  })
})

describe('a peer that', () => {
  test('takes blocks as they come has what nobody shared', async () => {
    planted.bug = 'accepts-unverified'
    const red = await firstRed(swarm(VERIFIED, EVIL), 'content-verified', 3)
    expect(red?.message).toContain('film does not hash to its root')
  })

  test('forgets what it stored fetches it again', async () => {
    planted.bug = 'forgets'
    expect(await firstRed(swarm(WASTE, '', KILLED), 'waste', 3)).toMatchObject({ passed: false })
  })
})
