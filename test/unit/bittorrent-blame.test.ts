// Whoever spoils what it gives is found and banned, and nobody else.

import { describe, expect, it } from 'vitest'
import { type Conduct, HONEST } from '../../node/bittorrent/conduct.ts'
import { createSwarm, peerAddress, type Swarm } from '../support/swarm.ts'

/** Spoils every block of these pieces. */
function polluter(isBad: (piece: number, begin: number) => boolean): Conduct {
  return {
    ...HONEST,
    served: ({ piece, begin }, block) => {
      if (!isBad(piece, begin)) return block
      const spoilt = block.slice()
      spoilt[7] = (spoilt[7] as number) ^ 1
      return spoilt
    },
  }
}

const liar: Conduct = {
  ...HONEST,
  hashes: (_, hashes) => {
    const spoilt = hashes.slice()
    spoilt[0] = (spoilt[0] as number) ^ 1
    return spoilt
  },
}

/** Peers 0 to 2 have all of it, the last wants it; `conduct` of peer 1. */
function swarmWith(seed: string, conduct: Conduct, version: 'v1' | 'v2' | 'hybrid') {
  const swarm = createSwarm({
    seed,
    peers: 4,
    connect: index => (index === 3 ? [0, 1, 2] : []),
    conduct: index => (index === 1 ? conduct : undefined),
    accessOf: () => ({ upBps: 2_000_000, downBps: 0 }),
  })
  const order = { length: 2_000_000, version }
  const made = swarm.make(0, order)
  swarm.make(1, order)
  swarm.make(2, order)
  swarm.rpc(3, 'addtorrent', made.magnet)
  return { swarm, content: made.content }
}

const banned = (swarm: Swarm) => swarm.told(3, 'bittorrent/banned')

describe('one of three seeds', () => {
  for (const version of ['v2', 'hybrid', 'v1'] as const)
    it(`${version}: spoils blocks: it is banned, and the content is whole`, () => {
      const { swarm, content } = swarmWith(
        `blocks ${version}`,
        polluter((_, begin) => begin === 16_384),
        version,
      )
      expect(swarm.until(() => swarm.complete(3, content), 120_000)).toBe(true)
      expect(banned(swarm).map(({ address, why }) => [address, why])).toEqual([[peerAddress(1), 'block']])
      expect(swarm.digest(3, content, ['film'], 2_000_000)).toBe(
        swarm.digest(0, content, ['film'], 2_000_000),
      )
      expect(swarm.rpc(3, 'banned')).toHaveLength(1)
    })

  it('v2: lies about hashes: it is banned, and the content is whole', () => {
    // The one that is asked first.
    const swarm = createSwarm({
      seed: 'hashes',
      peers: 3,
      conduct: index => (index === 0 ? liar : undefined),
    })
    const made = swarm.make(0, { length: 2_000_000 })
    swarm.make(1, { length: 2_000_000 })
    swarm.rpc(2, 'addtorrent', made.magnet)
    expect(swarm.until(() => swarm.complete(2, made.content), 120_000)).toBe(true)
    const told = swarm.told(2, 'bittorrent/banned').map(({ address, why }) => [address, why])
    expect(told).toEqual([[peerAddress(0), 'hashes']])
    expect(swarm.digest(2, made.content, ['film'], 2_000_000)).toBe(
      swarm.digest(1, made.content, ['film'], 2_000_000),
    )
  })
})

it('the only seed spoils everything: nothing of it is stored, and it is banned', () => {
  const swarm = createSwarm({
    seed: 'alone',
    peers: 2,
    conduct: index => (index === 0 ? polluter(() => true) : undefined),
  })
  const made = swarm.make(0)
  swarm.rpc(1, 'addtorrent', made.magnet)
  expect(
    swarm.until(() => banned(swarm).length + swarm.told(1, 'bittorrent/banned').length > 0, 60_000),
  ).toBe(true)
  expect(swarm.health(1, made.content)).toMatchObject({ hasPieces: 0, connections: 0 })
  swarm.advance(60_000)
  expect(swarm.health(1, made.content)).toMatchObject({ hasPieces: 0, connections: 0 })
})
