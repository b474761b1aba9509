// Files of a machine that are to be shared: a file by itself, a folder with all in it, and nothing that a link leads to.

import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openSource } from '../../node/host/content-source.ts'
import { temporaryDirectory } from '../support/node-config.ts'

const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString()

function tree() {
  const place = temporaryDirectory()
  mkdirSync(join(place, 'film', 'extras'), { recursive: true })
  mkdirSync(join(place, 'film', 'empty'))
  writeFileSync(join(place, 'film', 'a.txt'), 'hello')
  writeFileSync(join(place, 'film', 'extras', 'b.txt'), 'more')
  writeFileSync(join(place, 'film', 'none'), '')
  writeFileSync(join(place, 'secret'), 'x')
  symlinkSync(join(place, 'secret'), join(place, 'film', 'link'))
  symlinkSync(place, join(place, 'film', 'extras', 'up'))
  return place
}

it('a file is called as it is, and read from anywhere', () => {
  const source = openSource(join(tree(), 'film', 'a.txt'))
  const [file] = source?.files ?? []
  expect(source?.files).toEqual([{ path: ['a.txt'], length: 5 }])
  if (!source || !file) throw new Error('no file')
  expect(text(source.read(file, 1, 3))).toBe('ell')
  expect(text(source.read(file, 3, 10))).toBe('lo')
})

it('a folder is all files in it, but for links', () => {
  const place = tree()
  const source = openSource(join(place, 'film'))
  expect([...(source?.files ?? [])].sort((a, b) => (a.path.join() < b.path.join() ? -1 : 1))).toEqual([
    { path: ['a.txt'], length: 5 },
    { path: ['extras', 'b.txt'], length: 4 },
    { path: ['none'], length: 0 },
  ])
  const more = { path: ['extras', 'b.txt'], length: 4 }
  expect(text(source?.read(more, 0, 4))).toBe('more')
  rmSync(join(place, 'film/extras/b.txt'))
  expect(source?.read(more, 0, 4)).toBeUndefined()
  symlinkSync(join(place, 'secret'), join(place, 'film/extras/b.txt'))
  expect(source?.read(more, 0, 1)).toBeUndefined()
})

it('what is not there, is no whole path, is a link or holds nothing is none', () => {
  const place = tree()
  expect(openSource(join(place, 'nowhere'))).toBeUndefined()
  expect(openSource('film')).toBeUndefined()
  expect(openSource(join(place, 'film', 'link'))).toBeUndefined()
  expect(openSource(join(place, 'film', 'empty'))).toBeUndefined()
})
