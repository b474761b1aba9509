// Where newcomers go in a partition: those who were there stay where they are, whatever the cut, and the place is the rule's.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compile, type Effect, type Fault, grow } from '../../orchestrator/chaos/faults.ts'
import { type Cut, rosterOf } from '../../orchestrator/chaos/partition.ts'
import { sidesOf } from '../../orchestrator/chaos/sides.ts'
import { createRandom } from '../../orchestrator/spec/random.ts'

const named = (count: number, group = 'miners') =>
  Array.from({ length: count }, (_, i) => ({ name: `${group}-${i + 1}`, group }))
const random = () => createRandom('growth')
const cutsOf = (effect: Effect): readonly Cut[] => (effect.on === 'links' ? effect.cuts : [])
const key = ({ from, to }: Cut) => `${from} ${to}`

/** As it began, and with one newcomer after the other. */
function grown(cut: string, count: number, newcomers: readonly { name: string; group: string }[]) {
  const fault: Fault = { kind: 'partition', cut }
  const before = compile(fault, rosterOf(named(count)), random())
  let effect = before
  const members = named(count)
  for (const newcomer of newcomers) {
    members.push(newcomer)
    effect = grow(fault, effect, [newcomer.name], rosterOf(members), random())
  }
  return { before, effect, names: members.map(({ name }) => name) }
}

const SHAPES = ['halves', 'minority-third', 'bridge', 'ring-of-majorities', 'random'] as const
const TEXTS = [
  'miners-1 | rest',
  'isolate miners-2',
  'miners-1 -> rest',
  'rest -> miners-1',
  'miners-1 <-> rest',
]

test('whoever was there stays where it is, and a newcomer is cut off from somebody', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...SHAPES, ...TEXTS),
      fc.integer({ min: 5, max: 12 }),
      fc.integer({ min: 1, max: 5 }),
      (cut, count, joining) => {
        const late = named(joining, 'late')
        const { before, effect } = grown(cut, count, late)
        const old = new Set(named(count).map(({ name }) => name))
        const among = cutsOf(effect).filter(({ from, to }) => old.has(from) && old.has(to))
        expect(new Set(among.map(key))).toEqual(new Set(cutsOf(before).map(key)))
        for (const { name } of late)
          expect(
            cutsOf(effect).some(({ from, to }) => from === name || to === name),
            name,
          ).toBe(true)
      },
    ),
  )
})

test.each([
  ['halves', 4, 'miners-1 miners-2 late-1 late-3 | miners-3 miners-4 late-2'],
  ['halves', 5, 'miners-1 miners-2 miners-3 late-2 | miners-4 miners-5 late-1 late-3'],
  ['minority-third', 3, 'miners-1 | miners-2 miners-3 late-1 late-2 late-3'],
  ['bridge', 5, 'miners-1 miners-2 late-1 late-3 | miners-4 miners-5 late-2, bridged by miners-3'],
  ['miners-1 | rest', 3, 'miners-1 | miners-2 miners-3 late-1 late-2 late-3'],
  ['miners-1', 3, 'miners-1 | miners-2 miners-3 late-1 late-2 late-3'],
  ['miners | late', 0, ''],
  ['miners-1,miners-2 | miners-3', 3, 'miners-1 miners-2 | miners-3 | late-1 late-2 late-3'],
])('%s of %i: %s', (cut, count, target) => {
  if (count === 0) return expect(() => grown(cut, 3, named(3, 'late'))).toThrow(/no node is named "late"/)
  expect(grown(cut, count, named(3, 'late')).effect.target).toBe(target)
})

test('a newcomer is where its group is', () => {
  const both = [...named(2), ...named(2, 'full')]
  const fault: Fault = { kind: 'partition', cut: 'miners | full' }
  const before = compile(fault, rosterOf(both))
  const late = [{ name: 'full-3', group: 'full' }]
  expect(grow(fault, before, ['full-3'], rosterOf([...both, ...late]), random()).target).toBe(
    'miners-1 miners-2 | full-1 full-2 full-3',
  )
})

test('a newcomer of a ring sees the last of it and whom that one sees', () => {
  const { effect, names } = grown('ring-of-majorities', 6, named(1, 'late'))
  const cut = new Set(cutsOf(effect).map(key))
  const sees = (name: string) => names.filter(other => other !== name && !cut.has(`${name} ${other}`))
  expect(sees('late-1')).toEqual(['miners-1', 'miners-2', 'miners-4', 'miners-5', 'miners-6'])
  expect(sees('miners-6')).toEqual(['miners-1', 'miners-2', 'miners-4', 'miners-5', 'late-1'])
  expect(cut.has('late-1 miners-3') && cut.has('miners-3 late-1')).toBe(true)
})

test('a bridge stays one: two halves, and one node that sees all', () => {
  const { effect, names } = grown('bridge', 5, named(4, 'late'))
  const cut = new Set(cutsOf(effect).map(key))
  expect(names.filter(name => names.every(other => !cut.has(`${name} ${other}`)))).toEqual(['miners-3'])
  const halves = sidesOf(
    names.filter(name => name !== 'miners-3'),
    cutsOf(effect),
  )
  expect(halves?.map(side => side.length)).toEqual([4, 4])
})
