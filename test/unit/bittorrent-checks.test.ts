// The checks of BitTorrent: each passes where all is well and fails where it is not, by states and torrents that a test makes up.

import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Ground } from '../../orchestrator/checks/check.ts'
import { jainOf } from '../../orchestrator/systems/bittorrent/checks/pace.ts'
import { rootOf, wrongWith } from '../../orchestrator/systems/bittorrent/checks/stored.ts'
import { described } from '../../orchestrator/systems/bittorrent/checks/torrent-file.ts'
import { ALL, BYTES, CONTENT, PaperSwarm, PIECE_BYTES } from '../support/bittorrent-paper.ts'
import { groundOf, verdictOf } from '../support/ground.ts'
import { bencoded, torrentOf } from '../support/torrents.ts'

const PEERS = ['peers-1', 'peers-2', 'peers-3', 'peers-4']

function swarm(...wanting: readonly string[]): PaperSwarm {
  const paper = new PaperSwarm()
  paper.shared()
  paper.wanted(...wanting)
  return paper
}

/** `during`: what happens while the check waits, look by look. */
function groundWith(
  paper: PaperSwarm,
  more: Partial<Ground> = {},
  during: (waited: number) => void = () => {},
): Ground {
  let nowMs = 0
  return groundOf({
    ...{ plan: paper.plan, state: () => paper.state, nowMs: () => nowMs },
    wait: async ms => {
      nowMs += ms
      during(nowMs)
    },
    ...more,
  })
}

/** So many ms from now all of these have all, and gave half as much. */
function complete(paper: PaperSwarm, afterMs: number, ...names: readonly string[]): void {
  paper.nowMs += afterMs
  for (const name of names) {
    paper.has(name, ALL, { upBytes: BYTES / 2 })
    paper.complete(name)
  }
}

describe('content-complete', () => {
  test('is of all honest peers that run, told yet or not', async () => {
    const paper = swarm('peers-1', 'peers-2', 'evil-1')
    complete(paper, 1_000, 'peers-1', 'peers-2')
    const late = await verdictOf('content-complete', groundWith(paper))
    expect(late).toMatchObject({
      passed: false,
      measured: '2 of 4',
      message: expect.stringContaining('peers-3 has 0 % of film'),
    })
    paper.testnet({
      type: 'node-exited',
      node: 'peers-4',
      code: 0,
      signal: null,
      expected: true,
      lastLines: [],
    })
    paper.wanted('peers-3')
    complete(paper, 1_000, 'peers-3')
    expect(await verdictOf('content-complete', groundWith(paper))).toMatchObject({
      passed: true,
      measured: '3 of 3',
    })
  })

  test('is nothing where nothing was shared', async () => {
    expect(await verdictOf('content-complete', groundWith(new PaperSwarm()))).toMatchObject({ passed: false })
  })
})

describe('polluters-found', () => {
  const served = (...names: readonly string[]): Partial<Ground> => ({
    rpc: async (node, method) => {
      if (node !== 'evil-1' || method !== 'gettorrents') throw new Error(`${node} ${method}`)
      return [{ upTo: Object.fromEntries(names.map(name => [`${name}:1`, PIECE_BYTES])) }]
    },
  })

  test('is every peer that a polluter served, and somebody for each liar that had it first', async () => {
    const paper = swarm(...PEERS)
    paper.shared('liars-1')
    paper.bans('peers-1', 'evil-1')
    paper.bans('peers-3', 'liars-1', 'hashes')
    expect(await verdictOf('polluters-found', groundWith(paper, served('peers-1', 'peers-2')))).toMatchObject(
      {
        ...{ passed: false, measured: '2 of 3, 0 banned wrongly', message: 'peers-2 has not banned evil-1' },
      },
    )
    paper.bans('peers-2', 'evil-1')
    expect(await verdictOf('polluters-found', groundWith(paper, served('peers-1', 'peers-2')))).toMatchObject(
      {
        passed: true,
      },
    )
  })

  test('fails for good where somebody honest was banned, and where nobody was served', async () => {
    const paper = swarm(...PEERS)
    paper.bans('peers-3', 'liars-1', 'hashes')
    paper.bans('peers-2', 'peers-1')
    expect(await verdictOf('polluters-found', groundWith(paper, served()))).toMatchObject({
      ...{ passed: false, final: true, message: 'peers-2 bans peers-1, which is honest (block)' },
    })
    const quiet = swarm(...PEERS)
    expect(await verdictOf('polluters-found', groundWith(quiet, served()))).toMatchObject({
      ...{ passed: false, message: 'nobody was served anything by a polluter or liar' },
    })
    quiet.shared('liars-1')
    expect(await verdictOf('polluters-found', groundWith(quiet, served()))).toMatchObject({
      message: 'nobody has banned liars-1',
    })
  })
})

describe('content-available', () => {
  test('keeps what there was, in the network and on each side of a cut', async () => {
    const paper = swarm('peers-1')
    complete(paper, 1_000, 'peers-1')
    expect(await verdictOf('content-available', groundWith(paper), { copies: 1 })).toMatchObject({
      ...{ passed: true, measured: '1 of 1' },
    })
    const losing = groundWith(paper, {}, waited => {
      if (waited === 1_000)
        paper.split(['seeds-1', 'peers-2', 'evil-1', 'liars-1'], ['peers-1', 'peers-3', 'peers-4'])
      if (waited === 2_000) paper.node('peers-1', { type: 'bittorrent/damaged', pieces: 8 })
      if (waited === 2_000) paper.has('peers-1', [])
    })
    expect(await verdictOf('content-available', losing, { copies: 1 })).toMatchObject({
      ...{ passed: false, measured: '2 of 3', message: 'film, side 2 of cut-1: 0.00 copies at the least' },
    })
  })

  test('is lost with the only seed, and says nothing where there never was a copy', async () => {
    const paper = swarm('peers-1')
    paper.has('peers-1', [0, 1, 2, 3])
    const dying = groundWith(paper, {}, waited => {
      if (waited === 1_000)
        paper.testnet({
          type: 'node-exited',
          node: 'seeds-1',
          code: null,
          signal: 'SIGKILL',
          expected: true,
          lastLines: [],
        })
    })
    expect(await verdictOf('content-available', dying, { copies: 1 })).toMatchObject({
      ...{ passed: false, message: 'film, all: 0.50 copies at the least' },
    })
    expect(await verdictOf('content-available', groundWith(swarm()), { copies: 2 })).toMatchObject({
      ...{ passed: false, message: 'nowhere were there 2 copies at any time' },
    })
  })
})

describe('swarm-bound, fair and waste', () => {
  // The uplinks of all together carry it to four in 1.05 s: 4 F / 4 Mbit … and the seed's alone in 1.05 s.
  const boundMs = (8 * BYTES * 1000) / 1e6

  test('a content is with all within a factor of the bound, or not', async () => {
    const paper = swarm(...PEERS)
    complete(paper, 1.4 * boundMs, ...PEERS)
    expect(await verdictOf('swarm-bound', groundWith(paper), { factor: 1.5 })).toMatchObject({ passed: true })
    expect(await verdictOf('swarm-bound', groundWith(paper), { factor: 1.2 })).toMatchObject({
      ...{ passed: false, final: true, message: expect.stringContaining('the bound is 1.0 s') },
    })
    const unfinished = swarm(...PEERS)
    complete(unfinished, boundMs, 'peers-1')
    expect(await verdictOf('swarm-bound', groundWith(unfinished), { factor: 9 })).toMatchObject({
      passed: false,
    })
  })

  test('peers are equally fast, or not, and give what is asked of them', async () => {
    const paper = swarm(...PEERS)
    complete(paper, 1_000, 'peers-1')
    complete(paper, 100, ...PEERS.slice(1))
    expect(await verdictOf('fair', groundWith(paper), { jain: 0.9, ratio: 0.4 })).toMatchObject({
      ...{ passed: true, measured: expect.stringContaining('share ratio 0.50') },
    })
    expect(await verdictOf('fair', groundWith(paper), { jain: 0.9, ratio: 0.6 })).toMatchObject({
      passed: false,
    })
    const starved = swarm(...PEERS)
    complete(starved, 1_000, ...PEERS.slice(1))
    complete(starved, 60_000, 'peers-1')
    expect(await verdictOf('fair', groundWith(starved), { jain: 0.9, ratio: 0 })).toMatchObject({
      passed: false,
    })
    expect([jainOf([1, 1, 1]), jainOf([1, 0, 0])]).toEqual([1, 1 / 3])
  })

  test('little is thrown away, or much', async () => {
    const paper = swarm(...PEERS)
    complete(paper, 1_000, ...PEERS)
    paper.has('peers-1', ALL, { downBytes: BYTES, wastedBytes: BYTES / 4 })
    expect(await verdictOf('waste', groundWith(paper), { most: 0.05 })).toMatchObject({ passed: false })
    expect(await verdictOf('waste', groundWith(paper), { most: 0.07 })).toMatchObject({ passed: true })
    // What was there and is fetched again in another life was received for nothing, though no block was thrown away.
    paper.has('peers-2', ALL, { downBytes: 1.5 * BYTES })
    expect(await verdictOf('waste', groundWith(paper), { most: 0.07 })).toMatchObject({ passed: false })
  })
})

describe('what is stored', () => {
  const FILES = [
    { path: ['a.bin'], bytes: bytesOf(3 * PIECE_BYTES + 100, 1) },
    { path: ['sub', 'b.bin'], bytes: bytesOf(5 * PIECE_BYTES + 1, 2) },
    { path: ['empty'], bytes: Buffer.alloc(0) },
  ]
  const readOf =
    (files: readonly { readonly path: readonly string[]; readonly bytes: Buffer }[]) =>
    async (path: readonly string[], offset: number, length: number) =>
      files.find(file => file.path.join('/') === path.join('/'))?.bytes.subarray(offset, offset + length) ??
      Buffer.alloc(0)
  /** With one bit of that file changed. */
  const damaged = (at: number) =>
    FILES.map((file, i) => {
      const bytes = Buffer.from(file.bytes)
      if (i === at) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
      return { ...file, bytes }
    })

  test.each(['v1', 'v2', 'hybrid'] as const)(
    'is what a torrent of %s says, to the last bit',
    async version => {
      const torrent = described(torrentOf(version, 'd', FILES, 2 * PIECE_BYTES))
      expect(await wrongWith(torrent, readOf(FILES))).toBeUndefined()
      expect(await wrongWith(torrent, readOf(damaged(0)))).toMatch(/a\.bin does not hash|piece 1 does not/)
      expect(await wrongWith(torrent, readOf(damaged(1)))).toMatch(/b\.bin does not hash|piece \d does not/)
      const short = FILES.map(file => ({ ...file, bytes: file.bytes.subarray(0, file.bytes.length - 1) }))
      expect(await wrongWith(torrent, readOf(short))).toContain('is too short')
    },
  )

  test('is hashed as BEP 52 has it: leaves of 16 KiB, filled up with zero hashes', () => {
    const leaf = createHash('sha256').update('leaf').digest()
    const pair = (a: Buffer, b: Buffer) => createHash('sha256').update(a).update(b).digest()
    const zero = Buffer.alloc(32)
    expect(rootOf([leaf])).toEqual(leaf)
    expect(rootOf([leaf, leaf, leaf])).toEqual(pair(pair(leaf, leaf), pair(leaf, zero)))
    expect(rootOf([leaf, leaf, leaf, leaf, leaf])).toEqual(
      pair(pair(pair(leaf, leaf), pair(leaf, leaf)), pair(pair(leaf, zero), pair(zero, zero))),
    )
  })

  test.each(['', 'd', 'i1e', 'd4:infod4:name1:a', 'd4:info3:abce', 'de5:'])(
    'a file that is no torrent is refused: %s',
    text => {
      expect(() => described(Buffer.from(text))).toThrow(/torrent/)
    },
  )

  test('content-verified reads every copy, and finds the one that is not what was shared', async () => {
    const torrent = torrentOf('v2', 'd', FILES, 2 * PIECE_BYTES)
    const info = torrent.subarray(torrent.indexOf('4:info') + 6, torrent.indexOf('12:piece layers'))
    const content = createHash('sha256').update(info).digest('hex')
    expect(described(torrent).infoHashV2).toBe(content)
    const paper = new PaperSwarm()
    const data = { content, name: 'film', magnet: 'magnet:', bytes: 1, pieces: 8, pieceLength: PIECE_BYTES }
    paper.testnet({ type: 'bittorrent/shared', data: { node: 'seeds-1', ...data } })
    for (const node of PEERS) {
      paper.testnet({ type: 'bittorrent/wanted', data: { node, content, name: 'film' } })
      paper.node(node, { type: 'bittorrent/complete', content, ms: 1, verifiedBytes: 1, wastedBytes: 0 })
    }
    const bad = new Set<string>()
    const rpc: Ground['rpc'] = async (node, method, [, path, offset, length]) => {
      if (method === 'gettorrentfile') return torrent.toString('base64')
      const files = bad.has(node) ? damaged(1) : FILES
      return (await readOf(files)(String(path).split('/'), Number(offset), Number(length))).toString('base64')
    }
    expect(await verdictOf('content-verified', groundWith(paper, { rpc }), { peers: 100 })).toMatchObject({
      ...{ passed: true, measured: '4 of 4' },
    })
    bad.add('peers-3')
    expect(await verdictOf('content-verified', groundWith(paper, { rpc }), { peers: 100 })).toMatchObject({
      ...{ passed: false, message: 'peers-3, film: sub/b.bin does not hash to its root' },
    })
    const another: Ground['rpc'] = async () => bencoded({ info: { name: 'x' } }).toString('base64')
    expect(
      await verdictOf('content-verified', groundWith(paper, { rpc: another }), { peers: 2 }),
    ).toMatchObject({
      ...{ passed: false, measured: '0 of 2', message: expect.stringContaining('its torrent is another') },
    })
  })
})

function bytesOf(length: number, seed: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 7 + (i >> 8)) & 255))
}

test('a paper swarm has the id that its events have', () => {
  expect(swarm().content.content).toBe(CONTENT)
})
