// What decides before a launch whether the machine can bear it.

import { expect, test } from 'vitest'
import { checkRoom, type Machine, readMachine, roomFor } from '../../orchestrator/runtime/room.ts'

const PLENTY: Machine = { memoryBytes: 1e12, heapBytes: 1e12, openFiles: 1e6, threads: 1e6 }
const nodes = (count: number, host?: string) => Array.from({ length: count }, () => (host ? { host } : {}))

test('there is room for as many nodes as what there is least of allows', () => {
  expect(roomFor('process', { ...PLENTY, memoryBytes: 19e9 })).toEqual({
    nodes: 250,
    because: '19.0 GB of memory are free',
  })
  expect(roomFor('process', { ...PLENTY, openFiles: 1024 }).nodes).toBe(154)
  expect(roomFor('process', { ...PLENTY, threads: 300 }).nodes).toBe(20)
  expect(roomFor('process', { ...PLENTY, memoryBytes: 0 }).nodes).toBe(0)
  // Containers have the engine's processes and a subnet's addresses; simulated nodes share this very process.
  expect(roomFor('docker', { ...PLENTY, threads: 0 }).nodes).toBe(1019)
  expect(roomFor('sim', { ...PLENTY, threads: 0, openFiles: 0, heapBytes: 2.2e9 }).nodes).toBe(8_000)
})

test('more than that is refused with exit 4, the figure and a way out; what is forced or small is not', () => {
  const machine = { ...PLENTY, memoryBytes: 19e9 }
  const plan = { runtime: 'process', nodes: nodes(5_000) } as const
  expect(() => checkRoom(plan, false, machine)).toThrow(
    expect.objectContaining({
      exitCode: 4,
      message: expect.stringMatching(/5000 nodes .* about 250 nodes, as 19\.0 GB/),
      hint: expect.stringContaining('--force'),
    }),
  )
  checkRoom(plan, true, machine)
  checkRoom({ ...plan, nodes: nodes(250) }, false, machine)
  expect(() => checkRoom({ ...plan, nodes: nodes(251) }, false, machine)).toThrow('251 nodes')
  checkRoom({ ...plan, nodes: nodes(10) }, false, { ...machine, memoryBytes: 0 })
})

test('on several hosts, only what runs on this machine is counted against its memory', () => {
  const machine = { ...PLENTY, memoryBytes: 1.2e9 }
  const host = (name: string, engine: string) => ({ name, engine, share: 1, labels: [] })
  const hosts = [host('here', 'unix:///run/docker.sock'), host('b', 'ssh://b')]
  const on = (here: number, there: number) => ({
    ...({ runtime: 'docker', hosts, nodes: [...nodes(here, 'here'), ...nodes(there, 'b')] } as const),
  })
  checkRoom(on(20, 900), false, machine)
  expect(() => checkRoom(on(21, 900), false, machine)).toThrow('21 nodes are too many here')
  expect(() => checkRoom(on(0, 30), false, { ...machine, openFiles: 200 })).toThrow(
    '30 nodes are too many here',
  )
  // Names alone are no machines.
  expect(() => checkRoom({ ...on(0, 30), runtime: 'process' }, false, machine)).toThrow(
    '30 nodes are too many',
  )
})

test('this machine says what it has', () => {
  const machine = readMachine()
  for (const each of Object.values(machine)) expect(each).toBeGreaterThan(0)
  expect(machine.memoryBytes).toBeLessThan(1e14)
  if (process.platform === 'linux') expect(machine.openFiles).toBeLessThan(Number.POSITIVE_INFINITY)
})
