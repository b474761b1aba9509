// Content of simulated nodes: files as on a disk, and blocks that are equal are one for all of them.

import { describe, expect, it } from 'vitest'
import { GeneratedFile } from '../../node/bittorrent/generated.ts'
import { createRandom } from '../../node/core/random.ts'
import { ContentFolder } from '../../node/host/content-files.ts'
import { MemoryContent, SharedBlocks } from '../../orchestrator/runtime/sim/content.ts'
import { temporaryDirectory } from '../support/node-config.ts'

const BLOCK = 16_384
const PATH = ['x', 'film', 'a.bin']
const film = new GeneratedFile('film', ['a.bin'])

describe('content of simulated nodes', () => {
  it('is read as it lies on a disk, whatever is written where', () => {
    const disk = new ContentFolder(temporaryDirectory())
    const memory = new MemoryContent(new SharedBlocks())
    const random = createRandom('content')
    const paths = [PATH, ['x', 'b'], ['y', 'b']]
    for (let i = 0; i < 2_000; i++) {
      const path = paths[random.int(3)] as string[]
      const offset = random.int(2) === 0 ? random.int(8) * BLOCK : random.int(8 * BLOCK)
      const length = random.int(3) === 0 ? BLOCK : random.int(3 * BLOCK)
      if (random.int(2) === 0) {
        const bytes = film.read(offset, length)
        expect(memory.write(path, offset, bytes)).toBe(disk.write(path, offset, bytes))
      } else if (random.int(100) === 0) {
        const gone = path.slice(0, 1 + random.int(path.length))
        memory.remove(gone)
        disk.remove(gone)
      }
      expect(memory.size(path)).toBe(disk.size(path))
      const [mine, its] = [memory.read(path, offset, length), disk.read(path, offset, length)]
      expect([i, mine?.length]).toEqual([i, its?.length])
      if (mine && its && Buffer.compare(mine, its) !== 0) throw new Error(`other bytes at step ${i}`)
    }
    disk.close()
  })

  it('is one for all, block by block, and spoilt blocks are those of who spoilt them', () => {
    const shared = new SharedBlocks()
    const nodes = Array.from({ length: 3 }, () => new MemoryContent(shared))
    for (const node of nodes) for (let i = 0; i < 3; i++) node.write(PATH, i * BLOCK, film.block(i))
    for (const node of nodes) node.write(PATH, 3 * BLOCK, film.block(3).subarray(0, 100))
    const [a, b, c] = nodes as [MemoryContent, MemoryContent, MemoryContent]
    const at = (node: MemoryContent, i: number) => node.read(PATH, i * BLOCK, i === 3 ? 100 : BLOCK)
    for (let i = 0; i < 4; i++) {
      expect(at(b, i)).toBe(at(a, i))
      expect(at(c, i)).toBe(at(a, i))
    }
    c.write(PATH, BLOCK + 5, Uint8Array.of(1, 2, 3))
    expect(at(a, 1)).toEqual(film.block(1))
    expect(at(c, 1)).not.toEqual(film.block(1))
    c.write(PATH, BLOCK, film.block(1))
    expect(at(c, 1)).toBe(at(a, 1))
  })

  it('is not what its writer does to the bytes afterwards', () => {
    const node = new MemoryContent(new SharedBlocks())
    const bytes = film.block(0)
    node.write(PATH, 0, bytes)
    bytes.fill(0)
    expect(node.read(PATH, 0, BLOCK)).toEqual(film.block(0))
  })

  it('takes the room of the content, however many have it', () => {
    const shared = new SharedBlocks()
    const before = process.memoryUsage().arrayBuffers
    const nodes = Array.from({ length: 100 }, () => new MemoryContent(shared))
    const blocks = Array.from({ length: 64 }, (_, i) => film.block(i))
    for (const node of nodes) for (const [i, block] of blocks.entries()) node.write(PATH, i * BLOCK, block)
    expect(nodes.at(-1)?.size(PATH)).toBe(64 * BLOCK)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 64 * BLOCK)
  })
})
