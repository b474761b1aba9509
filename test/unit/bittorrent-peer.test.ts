// BitTorrent peers among themselves: a content comes over whole, by its magnet link alone.

import { describe, expect, it } from 'vitest'
import { createSwarm } from '../support/swarm.ts'

describe('one seed and one peer', () => {
  for (const version of ['v2', 'hybrid', 'v1'] as const)
    it(`${version}: the magnet link is enough`, () => {
      const swarm = createSwarm({ seed: `one ${version}`, peers: 2 })
      const files = [
        { path: ['a', 'first'], length: 200_001 },
        { path: ['b'], length: 0 },
        { path: ['c'], length: 16_384 },
        { path: ['d'], length: 300_000 },
      ]
      const made = swarm.make(0, { files, version })
      swarm.rpc(1, 'addtorrent', made.magnet)
      expect(swarm.until(() => swarm.complete(1, made.content), 60_000)).toBe(true)
      for (const { path, length } of files)
        expect(swarm.digest(1, made.content, path, length)).toBe(swarm.digest(0, made.content, path, length))
      expect(swarm.health(1, made.content)).toMatchObject({ wastedBytes: 0, downBytes: 516_385 })
    })
})
