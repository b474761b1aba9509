// What is kept of swarms, by events and samples that a test makes up: progress, copies, who got what, bans, and what a split keeps back.

import { describe, expect, test } from 'vitest'
import { bittorrent } from '../../orchestrator/systems/bittorrent/system.ts'
import { CONDITIONS } from '../../orchestrator/systems/conditions.ts'
import { ALL, BYTES, bitfield, CONTENT, PaperSwarm, PIECE_BYTES } from '../support/bittorrent-paper.ts'

/** One seed, and peers that were told to get it. */
function swarm(...wanting: readonly string[]): PaperSwarm {
  const paper = new PaperSwarm()
  paper.shared()
  paper.wanted(...wanting)
  return paper
}

const conditionOf = (name: string, paper: PaperSwarm) => CONDITIONS[name]?.value(paper.state)

describe('a content', () => {
  test('is known from when it is shared: who has it, who wants it, how it is found', () => {
    const paper = swarm('peers-1', 'peers-2')
    expect(paper.content).toMatchObject({
      ...{
        content: CONTENT,
        name: 'film',
        bytes: BYTES,
        pieces: 8,
        seeds: ['seeds-1'],
        wanted: 2,
        complete: 0,
      },
      ...{ progress: 0, magnet: expect.stringContaining(CONTENT), pieceLength: PIECE_BYTES },
    })
    expect(paper.state.nodes[0]?.systems.bittorrent.contents[CONTENT]).toMatchObject({
      role: 'seed',
      complete: true,
    })
  })

  test('has come as far as those who want it have', () => {
    const paper = swarm('peers-1', 'peers-2')
    paper.has('peers-1', [0, 1, 2, 3])
    expect(paper.content.progress).toBe(0.25)
    expect(conditionOf('progress', paper)).toBe(25)
    paper.progress('peers-2', 4, { 'seeds-1:1': 4 * PIECE_BYTES })
    expect(conditionOf('progress', paper)).toBe(50)
    paper.complete('peers-1')
    paper.complete('peers-2')
    expect([conditionOf('progress', paper), conditionOf('complete', paper)]).toEqual([100, 2])
  })

  test('is complete at each peer once, and its times count from when that was told', () => {
    const paper = swarm('peers-1')
    paper.complete('peers-1', 4_000)
    paper.wanted('peers-2')
    paper.complete('peers-2', 1_000)
    paper.complete('peers-2', 9_000)
    expect(paper.content.completions).toEqual([
      { node: 'peers-1', atMs: 4_000, tookMs: 4_000 },
      { node: 'peers-2', atMs: 5_000, tookMs: 1_000 },
    ])
    expect(paper.content.seconds).toEqual({ p50: 1, p90: 4, max: 4 })
  })

  test('cannot be anywhere sooner than the lines allow: here the uplinks of all', () => {
    // 1 Mbit each of the seed and of two peers have to carry it twice; alone, the seed's carries it once.
    expect(swarm('peers-1', 'peers-2').content.boundSeconds).toBeCloseTo((8 * BYTES) / 1e6, 9)
    const many = swarm('peers-1', 'peers-2', 'peers-3', 'peers-4')
    expect(many.content.boundSeconds).toBeCloseTo((8 * BYTES) / 1e6, 9)
  })

  test('and a polluter that has it first makes it no sooner', () => {
    const paper = swarm('peers-1', 'peers-2', 'peers-3', 'peers-4')
    paper.shared('evil-1')
    expect(paper.content.seeds).toEqual(['seeds-1', 'evil-1'])
    expect(paper.content.boundSeconds).toBeCloseTo((8 * BYTES) / 1e6, 9)
  })
})

describe('copies', () => {
  test('are of the rarest piece, and behind the point of how many there are more', () => {
    const paper = swarm('peers-1', 'peers-2')
    expect(paper.content.copies).toBe(1)
    paper.has('peers-1', [0, 1])
    expect(paper.content.copies).toBe(1.25)
    expect(paper.content.availability).toEqual([2, 2, 1, 1, 1, 1, 1, 1])
    paper.testnet({
      type: 'node-exited',
      node: 'seeds-1',
      code: 0,
      signal: null,
      expected: true,
      lastLines: [],
    })
    expect(paper.content.copies).toBe(0.25)
    expect(conditionOf('copies', paper)).toBe(0.25)
  })

  test('of who gives none do not count: free riders, polluters, and who has left', () => {
    const paper = swarm('peers-1', 'evil-1')
    paper.has('evil-1', ALL)
    paper.has('peers-1', ALL)
    expect(paper.content.copies).toBe(2)
    paper.node('peers-1', { type: 'bittorrent/left' })
    expect(paper.content.copies).toBe(1)
  })

  test('are counted on each side of a split by themselves', () => {
    const paper = swarm('peers-1', 'peers-2', 'peers-3')
    paper.has('peers-2', [0, 1, 2, 3])
    paper.has('peers-3', [4, 5, 6, 7])
    expect(paper.content.copiesBySide).toBeUndefined()
    paper.split(['seeds-1', 'peers-1', 'evil-1', 'liars-1'], ['peers-2', 'peers-3', 'peers-4'])
    expect(paper.content.copiesBySide).toEqual([1, 1])
    paper.node('peers-3', { type: 'bittorrent/damaged', pieces: 2 })
    paper.has('peers-3', [4, 5])
    expect(paper.content.copiesBySide).toEqual([1, 0.75])
    paper.heal()
    expect(paper.content.copiesBySide).toBeUndefined()
  })
})

describe('a split', () => {
  const sides = [
    ['seeds-1', 'peers-1', 'evil-1', 'liars-1'],
    ['peers-2', 'peers-3', 'peers-4'],
  ]
  const differs = (paper: PaperSwarm) => bittorrent.differs(paper.state, paper.plan)

  test('keeps pieces from who lacks what another side has, while it holds', () => {
    const paper = swarm('peers-1', 'peers-2')
    paper.has('peers-1', ALL)
    paper.has('peers-2', [0, 1])
    expect(differs(paper)).toBe(false)
    paper.split(...sides)
    expect(differs(paper)).toBe(true)
    paper.has('peers-2', ALL)
    expect(differs(paper)).toBe(false)
    paper.has('peers-2', [0, 1])
    paper.heal()
    expect(differs(paper)).toBe(false)
  })

  test('keeps nothing back where the other sides have no piece more', () => {
    const paper = swarm('peers-1', 'peers-2')
    paper.has('peers-1', [1])
    paper.has('peers-2', [0, 1])
    paper.testnet({
      type: 'node-exited',
      node: 'seeds-1',
      code: 0,
      signal: null,
      expected: true,
      lastLines: [],
    })
    paper.split(['peers-2', 'evil-1', 'liars-1'], ['peers-1', 'peers-3', 'peers-4', 'seeds-1'])
    expect(differs(paper)).toBe(true)
    paper.has('peers-1', [0, 1])
    expect(differs(paper)).toBe(false)
  })
})

test('who got what from whom adds up by name, most first', () => {
  const paper = swarm('peers-1', 'peers-2')
  paper.progress('peers-1', 2, { 'seeds-1:1': 2 * PIECE_BYTES })
  paper.progress('peers-1', 4, { 'seeds-1:1': PIECE_BYTES, '9.9.9.9:6881': PIECE_BYTES })
  paper.progress('peers-2', 1, { 'peers-1:1': PIECE_BYTES })
  expect(paper.content.given).toEqual([
    { from: 'seeds-1', to: 'peers-1', bytes: 3 * PIECE_BYTES },
    { from: '9.9.9.9:6881', to: 'peers-1', bytes: PIECE_BYTES },
    { from: 'peers-1', to: 'peers-2', bytes: PIECE_BYTES },
  ])
})

test('bans name who banned whom, and whether that one is honest', () => {
  const paper = swarm('peers-1')
  paper.bans('peers-1', 'evil-1')
  paper.bans('peers-2', 'peers-1', 'hashes')
  paper.node('peers-2', { type: 'bittorrent/banned', address: '9.9.9.9:6881', why: 'protocol' })
  expect(paper.swarm.bans.map(({ by, node, honest, why }) => [by, node, honest, why])).toEqual([
    ['peers-1', 'evil-1', false, 'block'],
    ['peers-2', 'peers-1', true, 'hashes'],
    ['peers-2', '9.9.9.9:6881', false, 'protocol'],
  ])
  expect(bittorrent.summary(paper.state)).toMatchObject({ bans: { honest: 1, dishonest: 1, strangers: 1 } })
})

test('what a node received in an earlier life stays counted in the next', () => {
  const paper = swarm('peers-1')
  paper.has('peers-1', [0, 1], { wastedBytes: 100, upBytes: 7 })
  paper.testnet({
    type: 'node-exited',
    node: 'peers-1',
    code: null,
    signal: 'SIGKILL',
    expected: true,
    lastLines: [],
  })
  const held = () => paper.state.nodes[1]?.systems.bittorrent.contents[CONTENT]
  expect(held()).toMatchObject({ connections: 0, downBytes: 2 * PIECE_BYTES })
  paper.node('peers-1', { type: 'bittorrent/joined', name: 'film', bytes: BYTES, pieces: 8, has: 2 })
  expect(held()).toMatchObject({ role: 'wants', pieces: 2, verifiedBytes: 2 * PIECE_BYTES })
  paper.has('peers-1', [0, 1, 2], { downBytes: PIECE_BYTES, wastedBytes: 1 })
  expect(held()).toMatchObject({
    downBytes: 3 * PIECE_BYTES,
    wastedBytes: 101,
    upBytes: 7,
    has: bitfield([0, 1, 2]),
  })
  expect(paper.content).toMatchObject({ wastedBytes: 101, downBytes: 3 * PIECE_BYTES })
})

test('the swarm has come to rest when all who run have what they were told to get', () => {
  const paper = swarm('peers-1', 'peers-2')
  paper.complete('peers-1')
  expect(bittorrent.settled(paper.state)).toBe(false)
  paper.testnet({
    type: 'node-exited',
    node: 'peers-2',
    code: 0,
    signal: null,
    expected: true,
    lastLines: [],
  })
  expect(bittorrent.settled(paper.state)).toBe(true)
})
