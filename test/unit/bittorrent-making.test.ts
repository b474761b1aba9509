// Torrents made here of files with awkward names: they are stored under the names by which all who read the torrent know them, and what
// could not be read by anybody is refused.

import { describe, expect, test } from 'vitest'
import { RpcError } from '../../node/core/service.ts'
import { createSwarm } from '../support/swarm.ts'

type Version = 'v1' | 'v2' | 'hybrid'

const made = (swarm: ReturnType<typeof createSwarm>, paths: readonly string[][], version: Version) =>
  swarm.rpc(0, 'createtorrent', {
    ...{ name: 'content', pieceLength: 16_384, version },
    generate: { seed: 'names', files: paths.map((path, i) => ({ path, length: 20_000 + i })) },
  }) as { content: string; magnet: string }

describe.each(['v1', 'v2', 'hybrid'] as const)('%s', version => {
  test.each([
    ['that differ in case alone', [['readme'], ['README'], ['Docs', 'a'], ['docs', 'a']]],
    ['that are too long', [['x'.repeat(250)], [`${'y'.repeat(245)}.txt`]]],
    ['with what no terminal shows', [['a\nb'], ['c\u202ed']]],
    ['in the order of their bytes', [['b'], ['a', 'z'], ['a-b'], ['10'], ['9'], ['ä'], ['Z']]],
  ])('names %s are seeded as they are read', (_, paths) => {
    const swarm = createSwarm({ seed: 'making', peers: 2 })
    const { content, magnet } = made(swarm, paths, version)
    swarm.rpc(1, 'addtorrent', magnet)
    expect(swarm.until(() => swarm.complete(1, content), 600_000)).toBe(true)
    const files = swarm.peer(0).service.torrents.get(content)?.meta?.files ?? []
    expect(files).toHaveLength(paths.length)
    for (const { path, length } of files)
      expect(swarm.digest(1, content, path, length)).toBe(swarm.digest(0, content, path, length))
    expect(swarm.told(1, 'bittorrent/banned')).toEqual([])
  })
})

test('what no one could read is refused in words', () => {
  const swarm = createSwarm({ seed: 'making', peers: 1 })
  const both = [['a'], ['a', 'b']]
  expect(() => made(swarm, both, 'v2')).toThrow(RpcError)
  expect(() => made(swarm, [Array.from({ length: 120 }, () => 'd')], 'v1')).toThrow(RpcError)
  const large = {
    name: 'x',
    pieceLength: 2 ** 30,
    generate: { seed: 's', files: [{ path: 'x', length: 9 }] },
  }
  expect(() => swarm.rpc(0, 'createtorrent', large)).toThrow(/pieceLength/)
})
