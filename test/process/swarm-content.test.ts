// Files of this machine shared in a running network and taken out of it again by hand, as people do with `netsplit content`.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Desk } from '../support/cli.ts'

const SPEC = `
name: shared
runtime: process
nodes: { seeds: { count: 1, runs: bittorrent }, peers: { count: 2, runs: bittorrent } }
bittorrent: { content: [{ name: film, size: 300kB, files: 2 }] }
`

interface Listed {
  readonly name: string
  readonly wanted: number
  readonly complete: number
}

test('content add shares a folder, get brings it to a peer and back to this machine, ls tells of it', async () => {
  const desk = new Desk(SPEC)
  const bytes = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7 + (i >> 9)) & 255))
  mkdirSync(join(desk.folder, 'mine', 'sub'), { recursive: true })
  writeFileSync(join(desk.folder, 'mine', 'a.bin'), bytes)
  writeFileSync(join(desk.folder, 'mine', 'sub', 'b.bin'), bytes.subarray(0, 40_001))
  expect((await desk.run('up', '--detach')).code).toBe(0)
  const content = (...args: string[]) => desk.run('content', ...args)
  const listed = async () => JSON.parse((await content('ls', '--json')).stdout) as readonly Listed[]

  const added = await content(
    'add',
    'mine',
    '--on',
    'seeds-1',
    '--for',
    'peers-1',
    '--torrent',
    'hybrid',
    '--json',
  )
  expect(added.code, added.stderr).toBe(0)
  expect(JSON.parse(added.stdout)).toMatchObject({
    ...{
      name: 'mine',
      bytes: 240_001,
      on: 'seeds-1',
      for: ['peers-1'],
      magnet: expect.stringContaining('urn:btih:'),
    },
  })
  expect((await content('get', 'mine', '--to', 'peers-2')).code).toBe(0)
  // Each look is a program of its own: no more than so many are needed for half a megabyte on loopback.
  let seen = await listed()
  for (let looks = 0; looks < 60 && seen.some(({ complete }) => complete < 2); looks++) seen = await listed()
  expect(seen.map(({ name, wanted, complete }) => [name, wanted, complete])).toEqual([
    ['film', 2, 2],
    ['mine', 2, 2],
  ])

  const got = await content('get', 'mine', '--to', './got')
  expect(got.stdout, got.stderr).toContain('hashed anew and as it should be')
  expect(readFileSync(join(desk.folder, 'got', 'mine', 'a.bin')).equals(bytes)).toBe(true)
  expect(readFileSync(join(desk.folder, 'got', 'mine', 'sub', 'b.bin')).length).toBe(40_001)
  expect(await content('get', 'mine', '--to', './got')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('there already'),
  })
  expect(await content('get', 'mien', '--to', 'peers-1')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('did you mean mine'),
  })
  expect(await content('add', 'mine', '--on', 'peers-9')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('peers-9'),
  })
  const down = await desk.run('down', '--json')
  expect(JSON.parse(down.stdout).systems.bittorrent).toMatchObject({
    ...{ peers: 3, wanted: 4, complete: 4, verifiedBytes: 2 * (300_000 + 240_001), bound: null },
  })
})
