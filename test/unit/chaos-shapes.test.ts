// Which links a partition cuts: shapes as they are drawn, lists of names and pairs, and what is refused with which words. And what
// faults that came as JSON may ask for, at their limits.

import { describe, expect, it } from 'vitest'
import { NodeBoard } from '../../orchestrator/chaos/node-board.ts'
import { parseInjection } from '../../orchestrator/chaos/parse.ts'
import {
  islands,
  parseNodes,
  parsePairs,
  parsePartition,
  type Roster,
} from '../../orchestrator/chaos/partition.ts'
import { UserError } from '../../orchestrator/errors.ts'
import { createRandom } from '../../orchestrator/spec/random.ts'
import { MAX_DURATION_MS } from '../../orchestrator/spec/units.ts'

const roster = (count: number): Roster => {
  const nodes = Array.from({ length: count }, (_, i) => `n-${i + 1}`)
  return { nodes, groups: new Map([['few', nodes.slice(0, 2)]]) }
}

const refused = (work: () => unknown): UserError => {
  try {
    work()
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('a shape', () => {
  it.each([
    ['halves', 5, 'n-1 n-2 n-3 | n-4 n-5'],
    ['minority-third', 3, 'n-1 | n-2 n-3'],
    ['minority-third', 8, 'n-1 n-2 | n-3 n-4 n-5 n-6 n-7 n-8'],
    ['bridge', 3, 'n-1 | n-3, bridged by n-2'],
    ['bridge', 4, 'n-1 | n-3 n-4, bridged by n-2'],
    ['bridge', 6, 'n-1 n-2 | n-4 n-5 n-6, bridged by n-3'],
    ['isolate n-1,n-3', 4, 'n-1 | n-3 | n-2 n-4'],
    ['isolate few', 2, 'n-1 | n-2'],
    ['random', 4, 'n-1 n-2 | n-3 n-4'],
    ['ring-of-majorities', 5, 'a ring of majorities of 3'],
    ['ring-of-majorities', 6, 'a ring of majorities of 5'],
    ['ring-of-majorities', 9, 'a ring of majorities of 5'],
    [' few -> rest ', 3, 'few -> rest'],
  ])('%s of %i: %s', (text, count, target) => {
    expect(parsePartition(text, roster(count)).target).toBe(target)
  })

  it('of a ring cuts each off from those who are farther than a majority reaches, both ways', () => {
    const { cuts } = parsePartition('ring-of-majorities', roster(6))
    const { nodes } = roster(6)
    const apart = nodes.flatMap((from, i) => (nodes[i + 3] === undefined ? [] : [`${from} ${nodes[i + 3]}`]))
    expect(new Set(cuts.map(({ from, to }) => `${from} ${to}`))).toEqual(
      new Set(apart.flatMap(pair => [pair, pair.split(' ').reverse().join(' ')])),
    )
  })

  it('that is drawn has two sides of every size, with every node on either, and the same from one seed', () => {
    const drawn = (seed: number) =>
      parsePartition('random', roster(4), createRandom(`cut ${seed}`)).sides ?? []
    const sizes = new Set<number>()
    const first = new Set<string>()
    for (let seed = 0; seed < 300; seed++) {
      const sides = drawn(seed)
      expect(sides.flat().sort()).toEqual(roster(4).nodes)
      expect(sides.map(side => side.length > 0)).toEqual([true, true])
      expect(drawn(seed)).toEqual(sides)
      sizes.add(sides[0]?.length ?? 0)
      for (const name of sides[0] ?? []) first.add(name)
    }
    expect(sizes).toEqual(new Set([1, 2, 3]))
    expect(first).toEqual(new Set(roster(4).nodes))
    const two = new Set(
      [0, 1, 2, 3, 4, 5, 6, 7].map(
        seed => parsePartition('random', roster(2), createRandom(`${seed}`)).target,
      ),
    )
    expect(two).toEqual(new Set(['n-1 | n-2', 'n-2 | n-1']))
  })
})

describe('pairs', () => {
  const of = (text: string, count = 3) =>
    parsePairs(text, roster(count)).map(({ from, to }) => `${from} ${to}`)

  it.each([
    ['all', ['n-1 n-2', 'n-1 n-3', 'n-2 n-1', 'n-2 n-3', 'n-3 n-1', 'n-3 n-2']],
    ['n-1', ['n-1 n-2', 'n-1 n-3', 'n-2 n-1', 'n-3 n-1']],
    ['n-1 -> n-2,n-3', ['n-1 n-2', 'n-1 n-3']],
    ['n-1 -> all', ['n-1 n-2', 'n-1 n-3']],
    ['few -> n-3', ['n-1 n-3', 'n-2 n-3']],
    ['rest -> n-3', ['n-1 n-3', 'n-2 n-3']],
    ['n-3 -> rest', ['n-3 n-1', 'n-3 n-2']],
    ['n-1 <-> n-2', ['n-1 n-2', 'n-2 n-1']],
    ['n-1 <-> rest', ['n-1 n-2', 'n-1 n-3', 'n-2 n-1', 'n-3 n-1']],
  ])('%s', (text, pairs) => {
    expect(of(text).sort()).toEqual(pairs)
  })
})

describe('names', () => {
  it('are nodes, groups, or all, and each counts once', () => {
    expect(parseNodes('n-2,few n-3', roster(4))).toEqual(['n-2', 'n-1', 'n-3'])
    expect(parseNodes('all', roster(2))).toEqual(['n-1', 'n-2'])
    expect(refused(() => parseNodes('all n-1', roster(2))).message).toBe('no node is named "all"')
    expect(refused(() => parseNodes('n-1,all', roster(2))).message).toBe('no node is named "all"')
  })

  it('that are missing are told from among twelve', () => {
    const hint = (count: number) => refused(() => parseNodes(' , ', roster(count))).hint
    expect(hint(12)).toBe(`nodes: ${roster(12).nodes.join(', ')}`)
    expect(hint(13)).toBe(`nodes: ${roster(12).nodes.join(', ')}, …`)
  })
})

it('islands are who still reach each other, over others and against the direction in which a connection was made', () => {
  const links = [
    { from: 'b', to: 'a' },
    { from: 'c', to: 'b' },
    { from: 'd', to: 'e' },
  ]
  expect(islands(['a', 'b', 'c', 'd', 'e'], links, [])).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e'],
  ])
  expect(islands(['a', 'b', 'c', 'd', 'e'], links, [{ from: 'a', to: 'b' }])).toEqual([
    ['a'],
    ['b', 'c'],
    ['d', 'e'],
  ])
})

describe('machines under several faults', () => {
  it('are in the strictest conditions of them all, and in those of the others when one is over', () => {
    const board = new NodeBoard()
    const sound = { clockSkewMs: 0, diskFull: false, cpus: undefined, memoryBytes: undefined }
    expect(board.conditions('a')).toEqual(sound)
    board.apply('one', ['a'], { clockSkewMs: -5000, cpus: 0.5 })
    board.apply('two', ['a', 'b'], { clockSkewMs: 4000, cpus: 0.25, memoryBytes: 64e6 })
    board.apply('three', ['a'], { diskFull: true, memoryBytes: 128e6 })
    expect(board.conditions('a')).toEqual({
      clockSkewMs: -5000,
      diskFull: true,
      cpus: 0.25,
      memoryBytes: 64e6,
    })
    expect(board.conditions('b')).toEqual({ ...sound, clockSkewMs: 4000, cpus: 0.25, memoryBytes: 64e6 })
    expect(board.conditions('c')).toEqual(sound)
    board.lift('two')
    expect(board.conditions('a')).toEqual({
      clockSkewMs: -5000,
      diskFull: true,
      cpus: 0.5,
      memoryBytes: 128e6,
    })
    expect(board.conditions('b')).toEqual(sound)
  })
})

describe('a fault as JSON', () => {
  const taken = (fault: object, more: object = {}) => {
    try {
      return typeof parseInjection({ fault, ...more }) === 'object'
    } catch (error) {
      if (error instanceof UserError) return error.message.split(':')[0]
      throw error
    }
  }

  it.each<[key: string, least: number, most: number, of: (value: number) => object]>([
    ['fault.periodMs', 200, MAX_DURATION_MS, periodMs => ({ kind: 'flapping', cut: 'halves', periodMs })],
    ['fault.worse.latencyMs', 0, 60_000, latencyMs => ({ kind: 'link', on: 'all', worse: { latencyMs } })],
    ['fault.worse.jitterMs', 0, 60_000, jitterMs => ({ kind: 'link', on: 'all', worse: { jitterMs } })],
    [
      'fault.worse.bandwidthBps',
      1000,
      1e12,
      bandwidthBps => ({ kind: 'link', on: 'all', worse: { bandwidthBps } }),
    ],
    ['fault.worse.loss', 0, 0.9, loss => ({ kind: 'link', on: 'all', worse: { loss } })],
    [
      'fault.perMinute',
      60 / 86_400,
      600,
      perMinute => ({ kind: 'churn', nodes: 'all', perMinute, downMs: 100 }),
    ],
    ['fault.downMs', 100, MAX_DURATION_MS, downMs => ({ kind: 'churn', nodes: 'all', perMinute: 1, downMs })],
    ['fault.byMs', -MAX_DURATION_MS, MAX_DURATION_MS, byMs => ({ kind: 'clock-skew', nodes: 'all', byMs })],
    ['fault.cpus', 0.05, 64, cpus => ({ kind: 'cpu', nodes: 'all', cpus })],
    ['fault.bytes', 16e6, 1e12, bytes => ({ kind: 'memory', nodes: 'all', bytes })],
  ])('has %s from %d to %d', (key, least, most, of) => {
    expect([taken(of(least)), taken(of(most))]).toEqual([true, true])
    const step = Math.max(1e-6, Math.abs(most) * 1e-12)
    expect([taken(of(least - step)), taken(of(most + step))]).toEqual([key, key])
  })

  it.each(['kill', 'stop', 'restart', 'rolling-restart', 'pause', 'disk-full'])('may be %s', kind => {
    expect(taken({ kind, nodes: 'all' })).toBe(true)
    expect(taken({ kind, nodes: '' })).toBe('fault.nodes')
  })

  it('lasts from a tenth of a second to the longest time there is, unless it is over at once', () => {
    const pause = { kind: 'pause', nodes: 'all' }
    expect([100, MAX_DURATION_MS].map(forMs => taken(pause, { forMs }))).toEqual([true, true])
    expect([99, MAX_DURATION_MS + 1].map(forMs => taken(pause, { forMs }))).toEqual(['forMs', 'forMs'])
    for (const fault of [
      { kind: 'reset', on: 'all' },
      { kind: 'restart', nodes: 'all' },
    ])
      expect(taken(fault, { forMs: 1000 })).toBe('forMs')
  })

  it('must make something worse, and a clock wrong', () => {
    expect(taken({ kind: 'link', on: 'all', worse: {} })).toBe('fault.worse')
    expect(taken({ kind: 'clock-skew', nodes: 'all', byMs: 0 })).toBe('fault.byMs')
    expect(taken({ kind: 'partishun', cut: 'halves' })).toBe('fault.kind')
  })
})
