// Faults of whole hosts: what they come to, and what they say of hosts that there are not.

import { expect, it } from 'vitest'
import { compile, type Fault } from '../../orchestrator/chaos/faults.ts'
import { rosterOf } from '../../orchestrator/chaos/partition.ts'

const node = (name: string, host?: string) => ({ name, group: name.slice(0, 1), host })
const roster = rosterOf([node('a-1', 'here'), node('b-1', 'there'), node('a-2', 'there'), node('c-1')])
const fault = (kind: 'host-down' | 'host-cut', hosts: string): Fault => ({ kind, hosts })

it('take the nodes of each host at once, or part them from all others', () => {
  expect(compile(fault('host-down', 'there, here'), roster)).toMatchObject({
    nodes: ['b-1', 'a-2', 'a-1'],
    order: 'kill',
  })
  expect(compile(fault('host-cut', 'here there'), roster)).toMatchObject({
    sides: [['a-1'], ['b-1', 'a-2'], ['c-1']],
    worse: { blocked: true },
  })
})

it.each([
  ['', 'a host is missing', 'hosts: here, there'],
  ['a-1', 'no node is on a host named "a-1"', 'hosts: here, there'],
  ['ther', 'no node is on a host named "ther"', 'did you mean there?'],
])('%j is refused with the hosts that there are', (text, message, hint) => {
  expect(() => compile(fault('host-down', text), roster)).toThrow(expect.objectContaining({ message, hint }))
})
