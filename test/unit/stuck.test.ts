// What an engine would not remove, in words: each thing by itself, but one known fault once, with its remedy.

import { expect, test } from 'vitest'
import { isLost } from '../../orchestrator/runtime/docker/lost.ts'
import { stuckLines } from '../../orchestrator/runtime/docker/stuck.ts'

const thing = (kind: 'network' | 'volume', name: string, why: string) =>
  ({ kind, id: name, name, network: 'demo', run: 'feedface', why }) as const
const lost = (name: string) =>
  thing('network', name, `${name}: error while removing network: ${name} has active endpoints`)

test('networks that only a restart of the engine removes are told in one line, with what to do', () => {
  const stuck = [lost('a'), lost('b'), lost('c'), lost('d'), thing('volume', 'v', 'v: volume is in use')]
  const lines = stuckLines(stuck)
  expect(lines).toHaveLength(2)
  expect(lines[0]).toBe('could not remove the volume v: volume is in use; netsplit gc tries again')
  expect(lines[1]).toContain('4 networks')
  expect(lines[1]).toContain('(a, b, c, …)')
  expect(lines[1]).toContain('systemctl restart docker')
  expect(stuck.filter(isLost)).toHaveLength(4)
})

test('nothing is said of nothing, and other refusals are not taken for that fault', () => {
  expect(stuckLines([])).toEqual([])
  expect(isLost(thing('network', 'n', 'n: permission denied'))).toBe(false)
  expect(isLost(thing('volume', 'v', 'active endpoints'))).toBe(false)
})
