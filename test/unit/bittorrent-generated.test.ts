// Content that nobody ships: the same bytes wherever and in whatever order they are read, and nothing that compresses.

import { createHash } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { GeneratedFile } from '../../node/bittorrent/generated.ts'
import { BLOCK_BYTES } from '../../node/bittorrent/metainfo/metainfo.ts'
import { createRandom, xoshiro128pp } from '../../node/core/random.ts'
import { hasher } from '../../node/hash.ts'

const file = new GeneratedFile('7 film', ['film', 'a.bin'])

describe('generated content', () => {
  it('is the same for good', () => {
    const sha = createHash('sha256').update(file.read(0, 100_000)).digest('hex')
    expect(sha).toBe('3769e5b8ee83ccbdc1f015bcd8a0561d68f5ef724b7ee2aaee9581ed3d47da3d')
  })

  it('is xoshiro128++ over a hash of seed, path and block, word by word', () => {
    const name = new TextEncoder().encode('netsplit content ["7 film","film","a.bin"]')
    const place = new Uint8Array(40)
    place.set(hasher.sha256(name))
    place[32] = 3
    const key = new DataView(hasher.sha256(place).buffer)
    const next = xoshiro128pp([0, 4, 8, 12].map(at => key.getUint32(at, true)))
    const block = new DataView(file.block(3).buffer)
    for (let at = 0; at < BLOCK_BYTES; at += 4) expect(block.getUint32(at, true)).toBe(next())
  })

  it('is the same from whichever byte it is read', () => {
    const whole = file.read(0, 5 * BLOCK_BYTES)
    const random = createRandom('places')
    for (let i = 0; i < 200; i++) {
      const from = random.int(whole.length)
      const length = random.int(whole.length - from + 1)
      expect(Buffer.compare(file.read(from, length), whole.subarray(from, from + length))).toBe(0)
    }
    expect(file.read(BLOCK_BYTES, BLOCK_BYTES)).toEqual(file.block(1))
    const far = 3 * 2 ** 40 + 5
    expect(file.read(far, 10)).toEqual(file.read(far - 5, 15).subarray(5))
  })

  it('differs by seed, path and block, however names are put together', () => {
    const blocks = [
      file.block(0),
      file.block(1),
      file.block(2 ** 32),
      new GeneratedFile('8 film', ['film', 'a.bin']).block(0),
      new GeneratedFile('7 film', ['film', 'b.bin']).block(0),
      new GeneratedFile('7 film', ['filma.bin']).block(0),
      new GeneratedFile('7 film","film', ['a.bin']).block(0),
    ]
    expect(new Set(blocks.map(block => createHash('sha1').update(block).digest('hex'))).size).toBe(
      blocks.length,
    )
  })

  it('does not compress', () => {
    const bytes = file.read(0, 1_000_000)
    expect(deflateRawSync(bytes, { level: 9 }).length).toBeGreaterThan(bytes.length)
  })
})
