// Swarms with one who is not honest, or at fault: what comes of it.

import { expect, it } from 'vitest'
import type { SwarmStrategy } from '../../node/bittorrent/options.ts'
import { conductOf } from '../../node/bittorrent/strategies/strategies.ts'
import { createRandom } from '../../node/core/random.ts'
import { createSwarm, equalPeers } from '../support/swarm.ts'

/** One of ten is not honest. */
function swarmWith(strategy: SwarmStrategy, at = 1) {
  const conduct = conductOf(strategy, createRandom(strategy))
  const swarm = equalPeers(10, { seed: strategy, conduct: index => (index === at ? conduct : undefined) })
  const made = swarm.make(0, { length: 8_000_000 })
  for (let peer = 1; peer < 10; peer++) swarm.rpc(peer, 'addtorrent', made.magnet)
  const bannedBy = () => Array.from({ length: 10 }, (_, peer) => swarm.told(peer, 'bittorrent/banned')).flat()
  return { swarm, content: made.content, bannedBy }
}

const honest = [2, 3, 4, 5, 6, 7, 8, 9]

it('a free rider gives nothing, and holds nobody up', () => {
  const { swarm, content } = swarmWith('free-rider')
  expect(swarm.until(() => honest.every(peer => swarm.complete(peer, content)), 120_000)).toBe(true)
  swarm.advance(60_000)
  expect(swarm.health(1, content)?.upBytes).toBe(0)
})

it('a polluter in a swarm is banned by those whom it spoilt something for, and is the only one', () => {
  const { swarm, content, bannedBy } = swarmWith('polluter')
  expect(swarm.until(() => honest.every(peer => swarm.complete(peer, content)), 300_000)).toBe(true)
  expect(bannedBy().length).toBeGreaterThan(0)
  for (const { address, why } of bannedBy()) expect([address, why]).toEqual([swarm.peer(1).address, 'block'])
  for (const peer of honest)
    expect(swarm.digest(peer, content, ['film'], 8_000_000)).toBe(
      swarm.digest(0, content, ['film'], 8_000_000),
    )
})

it('planted: who accepts what it did not verify keeps what a polluter gave it', () => {
  const polluter = conductOf('polluter', createRandom('polluter'))
  const careless = conductOf('accepts-unverified', createRandom('careless'))
  const swarm = createSwarm({
    seed: 'planted',
    peers: 2,
    conduct: index => (index === 0 ? polluter : careless),
  })
  const made = swarm.make(0)
  swarm.rpc(1, 'addtorrent', made.magnet)
  expect(swarm.until(() => swarm.complete(1, made.content), 60_000)).toBe(true)
  expect(swarm.digest(1, made.content, ['film'], 1_000_000)).not.toBe(
    swarm.digest(0, made.content, ['film'], 1_000_000),
  )
})

it('planted: who forgets what it stored fetches it again', () => {
  const forgets = conductOf('forgets', createRandom('forgets'))
  const swarm = createSwarm({
    seed: 'forgets',
    peers: 2,
    conduct: index => (index === 1 ? forgets : undefined),
  })
  const made = swarm.make(0)
  swarm.rpc(1, 'addtorrent', made.magnet)
  expect(swarm.until(() => swarm.complete(1, made.content), 60_000)).toBe(true)
  swarm.kill(1)
  swarm.restart(1)
  expect(swarm.until(() => swarm.complete(1, made.content), 60_000)).toBe(true)
  expect(swarm.health(1, made.content)?.downBytes).toBe(1_000_000)
})
