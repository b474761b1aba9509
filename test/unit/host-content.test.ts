// Content files of a machine: as they are on the disk, in their folder whatever they are called, and a disk that is full.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ContentFolder } from '../../node/host/content-files.ts'
import { digests } from '../../node/host/digests.ts'
import { Machine } from '../../node/host/machine.ts'
import { smallDisk } from '../support/full-disk.ts'
import { temporaryDirectory } from '../support/node-config.ts'

const bytes = Uint8Array.of(1, 2, 3)
const hex = (digest: Uint8Array) => Buffer.from(digest).toString('hex')

function folder(mostOpen?: number) {
  const place = join(temporaryDirectory(), 'content')
  return { place, files: new ContentFolder(place, mostOpen) }
}

describe('content files', () => {
  it('lie in their folder as they are called, and nothing is there before', () => {
    const { place, files } = folder()
    expect(files.read(['x', 'a'], 0, 3)).toBeUndefined()
    expect(files.size(['x', 'a'])).toBeUndefined()
    expect(existsSync(place)).toBe(false)
    expect(files.write(['x', 'film', 'a.bin'], 0, bytes)).toBeUndefined()
    expect([...readFileSync(join(place, 'x/film/a.bin'))]).toEqual([1, 2, 3])
    expect(files.read(['x', 'film', 'a.bin'], 1, 100)).toEqual(Uint8Array.of(2, 3))
    expect(files.read(['x', 'film', 'a.bin'], 50, 100)).toEqual(new Uint8Array(0))
    expect(files.size(['x', 'film', 'a.bin'])).toBe(3)
    expect(files.write(['x', 'none'], 0, new Uint8Array(0))).toBeUndefined()
    expect(files.size(['x', 'none'])).toBe(0)
    files.close()
  })

  it('take no room where nothing was written', () => {
    const { place, files } = folder()
    files.write(['x', 'a'], 1_000_000_000, bytes)
    expect(files.size(['x', 'a'])).toBe(1_000_000_003)
    expect(statSync(join(place, 'x/a')).blocks * 512).toBeLessThan(100_000)
    expect(files.read(['x', 'a'], 999_999_998, 5)).toEqual(Uint8Array.of(0, 0, 1, 2, 3))
    files.close()
  })

  it('are nobody else’s: no name and no link leads out', () => {
    const outside = temporaryDirectory()
    writeFileSync(join(outside, 'secret'), 'x')
    const { place, files } = folder()
    files.write(['x', 'a'], 0, bytes)
    symlinkSync(outside, join(place, 'x', 'link'))
    symlinkSync(join(outside, 'secret'), join(place, 'x', 'file'))
    symlinkSync(join(outside, 'new'), join(place, 'x', 'dangling'))
    symlinkSync(outside, join(place, 'y'))
    const bad = [
      [],
      [''],
      ['..', 'x'],
      ['x', '..', '..', 'out'],
      ['x', '.'],
      ['x', 'a/../../../out'],
      ['x', 'a\\b'],
      ['x', 'a\0b'],
      ['/etc/passwd'],
      ['x', 'link', 'secret'],
      ['x', 'file'],
      ['x', 'dangling'],
      ['y', 'secret'],
      ['y', 'new'],
    ]
    for (const path of bad) {
      expect([path, files.write(path, 0, bytes)]).toEqual([path, expect.stringContaining('does not lie')])
      expect([path, files.read(path, 0, 1)]).toEqual([path, undefined])
      expect([path, files.size(path)]).toEqual([path, undefined])
      files.sync(path)
      if (path.length > 1) files.remove(path)
    }
    expect(readdirSync(outside)).toEqual(['secret'])
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('x')
    expect(readdirSync(dirname(place))).toEqual(['content'])
    files.close()
  })

  it('say what is in the way', () => {
    const { place, files } = folder()
    files.write(['x', 'a'], 0, bytes)
    mkdirSync(join(place, 'x', 'b'))
    expect(files.write(['x', 'b'], 0, bytes)).toBe('a folder lies where the file belongs')
    expect(files.write(['x', 'a', 'c'], 0, bytes)).toMatch(/does not lie|a file lies/)
    expect(files.write(['x', 'n'.repeat(300)], 0, bytes)).toBe('a name is too long for this disk')
    expect(files.read(['x', 'b'], 0, 1)).toBeUndefined()
    files.close()
  })

  it('are removed one by one or with their folder, and are then gone', () => {
    const { place, files } = folder()
    for (const name of ['a', 'b']) files.write(['x', name], 0, bytes)
    files.write(['xx', 'a'], 0, bytes)
    files.remove(['x', 'a'])
    expect(files.read(['x', 'a'], 0, 3)).toBeUndefined()
    files.remove(['x'])
    expect(readdirSync(place)).toEqual(['xx'])
    expect(files.read(['x', 'b'], 0, 3)).toBeUndefined()
    expect(files.read(['xx', 'a'], 0, 3)).toEqual(bytes)
    files.close()
  })

  it('are kept open, a few of many, and read and written all the same', () => {
    const { place, files } = folder(3)
    const before = openBelow(place)
    for (let round = 0; round < 2; round++)
      for (let i = 0; i < 10; i++) expect(files.write(['x', `${i}`], round, bytes)).toBeUndefined()
    expect(openBelow(place) - before).toBe(3)
    for (let i = 0; i < 10; i++) {
      files.sync(['x', `${i}`])
      expect(files.read(['x', `${i}`], 0, 10)).toEqual(Uint8Array.of(1, 1, 2, 3))
    }
    expect(openBelow(place) - before).toBe(3)
    files.close()
    expect(openBelow(place)).toBe(before)
  })

  it('that somebody put something else in the place of are seen as they are, once they were asked for by size', () => {
    const { place, files } = folder()
    files.write(['x', 'a'], 0, bytes)
    unlinkSync(join(place, 'x/a'))
    expect(files.size(['x', 'a'])).toBeUndefined()
    expect(files.read(['x', 'a'], 0, 3)).toBeUndefined()
    expect(files.write(['x', 'a'], 1, bytes)).toBeUndefined()
    expect([...readFileSync(join(place, 'x/a'))]).toEqual([0, 1, 2, 3])
    rmSync(join(place, 'x/a'))
    writeFileSync(join(place, 'x/a'), 'zzzzz')
    expect(files.size(['x', 'a'])).toBe(5)
    expect(Buffer.from(files.read(['x', 'a'], 0, 9) ?? []).toString()).toBe('zzzzz')
    files.close()
  })
})

describe('a disk that is full', () => {
  it('by a fault takes nothing more of content, as of the store, until there is room again', () => {
    const machine = new Machine()
    const files = machine.content(temporaryDirectory())
    expect(files.write(['x', 'a'], 0, bytes)).toBeUndefined()
    machine.set({ clockSkewMs: 0, diskFull: true })
    expect(files.write(['x', 'a'], 3, bytes)).toBe('disk full')
    expect(files.read(['x', 'a'], 0, 10)).toEqual(bytes)
    machine.set({ clockSkewMs: 0, diskFull: false })
    expect(files.write(['x', 'a'], 3, bytes)).toBeUndefined()
    expect(files.size(['x', 'a'])).toBe(6)
    machine.close()
  })

  it('for real is said by the same word', context => {
    const files = new ContentFolder(join(smallDisk(context, '64k'), 'content'))
    const block = new Uint8Array(16_384).fill(7)
    const said = Array.from({ length: 8 }, (_, i) => files.write(['x', 'a'], i * block.length, block))
    expect(said[0]).toBeUndefined()
    expect(said.at(-1)).toBe('disk full')
    expect(files.read(['x', 'a'], 0, 4)).toEqual(Uint8Array.of(7, 7, 7, 7))
    files.close()
  })
})

/** Descriptors of this process that lead below there. */
function openBelow(place: string): number {
  return readdirSync('/proc/self/fd').filter(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(place)
    } catch {
      return false // closed meanwhile
    }
  }).length
}

describe('digests of the machine', () => {
  it('are those of the standard', () => {
    const abc = new TextEncoder().encode('abc')
    expect(hex(digests.sha1(abc))).toBe('a9993e364706816aba3e25717850c26c9cd0d89d')
    expect(hex(digests.sha256?.(abc) as Uint8Array)).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
    expect(digests.sha1(abc).constructor).toBe(Uint8Array)
  })
})
