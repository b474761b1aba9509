// Torrents of which the names want out of the content's folder, and a seed that gives their bytes: on the real disk nothing is
// written anywhere else, whether the torrent is refused or its names are made safe.

import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ContentFolder } from '../../node/host/content-files.ts'
import { attachRawSeed } from '../support/raw-seed.ts'
import { createSwarm, type Swarm } from '../support/swarm.ts'

const SEED_ADDRESS = '10.9.0.1:6881'
const PIECE_BYTES = 16_384
const TEXT = 'not yours'

type Value = string | Buffer | number | readonly Value[] | { readonly [key: string]: Value }

/** Keys in the order that they are given in. */
function bencode(value: Value): Buffer {
  if (typeof value === 'number') return Buffer.from(`i${value}e`)
  if (typeof value === 'string') return bencode(Buffer.from(value, 'latin1'))
  if (Buffer.isBuffer(value)) return Buffer.concat([Buffer.from(`${value.length}:`), value])
  if (Array.isArray(value)) return Buffer.concat([Buffer.from('l'), ...value.map(bencode), Buffer.from('e')])
  const entries = Object.entries(value as { readonly [key: string]: Value })
  return Buffer.concat([
    Buffer.from('d'),
    ...entries.flatMap(([key, each]) => [bencode(key), bencode(each)]),
    Buffer.from('e'),
  ])
}

interface Entry {
  readonly path: readonly string[]
  readonly symlink?: readonly string[]
}

const LONG = 'x'.repeat(5000)
const HOSTILE: readonly (readonly [what: string, name: string, entries: readonly Entry[]])[] = [
  ['goes up', 'film', [{ path: ['..', '..', 'out'] }]],
  ['goes up from below', 'film', [{ path: ['a', '..', '..', '..', 'out'] }]],
  ['is absolute', 'film', [{ path: ['/out'] }, { path: ['', 'out'] }]],
  ['has slashes in an element', 'film', [{ path: ['../../out'] }, { path: ['a/../../../out'] }]],
  ['has backslashes in an element', 'film', [{ path: ['..\\..\\out'] }]],
  ['ends at a NUL', 'film', [{ path: ['in\0/../../out'] }, { path: ['..\0', 'out'] }]],
  ['is a name of nothing', 'film', [{ path: ['.'] }, { path: ['.', '.', 'out'] }, { path: [''] }]],
  ['is a name of a device', 'film', [{ path: ['CON'] }, { path: ['nul.txt'] }, { path: ['dev', 'stdout'] }]],
  ['is longer than a disk takes', 'film', [{ path: [LONG] }, { path: [LONG, LONG] }]],
  ['is deep', 'film', [{ path: Array.from({ length: 3000 }, () => 'd') }]],
  ['is there twice', 'film', [{ path: ['same'] }, { path: ['same'] }, { path: ['SAME'] }]],
  ['is a file and a folder', 'film', [{ path: ['a'] }, { path: ['a', 'b'] }, { path: ['a', 'b', 'c'] }]],
  [
    'is a link that leads out, and a file behind it',
    'film',
    [{ path: ['way'], symlink: ['..', '..'] }, { path: ['way', 'out'] }],
  ],
  ['is no text', 'film', [{ path: ['\xff\xfe/..'] }, { path: ['\xc0\xae\xc0\xae', 'out'] }]],
  ['is a folder called up', '..', [{ path: ['out'] }]],
  ['is an absolute folder', '/tmp/netsplit-out', [{ path: ['out'] }]],
  ['is a folder of nothing', '', [{ path: ['out'] }]],
  ['is a folder of another content', '../0000000000000000000000000000000000000000', [{ path: ['out'] }]],
]

function torrentOf(
  name: string,
  entries: readonly Entry[],
): { readonly info: Buffer; readonly content: Buffer } {
  const content = Buffer.concat(entries.map(({ symlink }) => Buffer.from(symlink ? '' : TEXT)))
  const files = entries.map(({ path, symlink }) => ({
    ...(symlink && { attr: 'l' }),
    length: symlink ? 0 : TEXT.length,
    path,
    ...(symlink && { 'symlink path': symlink }),
  }))
  const pieces = createHash('sha1').update(content).digest()
  return { info: bencode({ files, name, 'piece length': PIECE_BYTES, pieces }), content }
}

function attachSeed(swarm: Swarm, infoHash: Buffer, content: Buffer): void {
  const block = (_piece: number, begin: number, length: number) => content.subarray(begin, begin + length)
  attachRawSeed(swarm, SEED_ADDRESS, { infoHash, block })
}

/** All that lies below, links by what they are. */
function treeOf(folder: string, below = folder): string[] {
  return readdirSync(below).flatMap(name => {
    const path = join(below, name)
    const stat = lstatSync(path)
    return stat.isDirectory()
      ? treeOf(folder, path)
      : [`${relative(folder, path)}${stat.isFile() ? '' : ' (no file)'}`]
  })
}

test.each(HOSTILE)('a name that %s: nothing is written outside', (_, name, entries) => {
  const ground = mkdtempSync(join(tmpdir(), 'netsplit-test-'))
  onTestFinished(() => rmSync(ground, { recursive: true, force: true }))
  const node = join(ground, 'node', 'content')
  mkdirSync(node, { recursive: true })
  writeFileSync(join(ground, 'out'), 'untouched')
  const { info, content } = torrentOf(name, entries)
  const infoHash = createHash('sha1').update(info).digest()
  const swarm = createSwarm({ seed: 'names', peers: 1, files: () => new ContentFolder(node) })
  attachSeed(swarm, infoHash, content)
  const torrent = Buffer.concat([Buffer.from('d4:info'), info, Buffer.from('e')]).toString('base64')
  let refused = false
  try {
    swarm.rpc(0, 'addtorrent', torrent, { peers: [SEED_ADDRESS] })
  } catch {
    refused = true
  }
  const done = () =>
    refused || swarm.complete(0, infoHash.toString('hex')) || swarm.told(0, 'bittorrent/stuck').length > 0
  expect(swarm.until(done, 60_000)).toBe(true)
  const inside = join('node', 'content', infoHash.toString('hex'))
  const outside = treeOf(ground).filter(path => path !== 'out' && !path.startsWith(`${inside}/`))
  expect(outside).toEqual([])
  expect(treeOf(ground).filter(path => path.endsWith('(no file)'))).toEqual([])
  expect(readFileSync(join(ground, 'out'), 'utf8')).toBe('untouched')
  expect(readdirSync('/tmp')).not.toContain('netsplit-out')
})

test('an honest name is written, so that the others could have been', () => {
  const ground = mkdtempSync(join(tmpdir(), 'netsplit-test-'))
  onTestFinished(() => rmSync(ground, { recursive: true, force: true }))
  const { info, content } = torrentOf('film', [{ path: ['in', 'it'] }])
  const infoHash = createHash('sha1').update(info).digest()
  const swarm = createSwarm({ seed: 'names', peers: 1, files: () => new ContentFolder(ground) })
  attachSeed(swarm, infoHash, content)
  const torrent = Buffer.concat([Buffer.from('d4:info'), info, Buffer.from('e')]).toString('base64')
  swarm.rpc(0, 'addtorrent', torrent, { peers: [SEED_ADDRESS] })
  expect(swarm.until(() => swarm.complete(0, infoHash.toString('hex')), 60_000)).toBe(true)
  expect(treeOf(ground)).toEqual([`${infoHash.toString('hex')}/in/it`])
})
