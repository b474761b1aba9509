// The clock that a regtest node's caller may stop, as Core's tests do; and the small methods beside it.

import { expect, test } from 'vitest'
import { RpcError } from '../../node/core/service.ts'
import { Machine } from '../../node/host/machine.ts'
import { hostMethods } from '../../node/host/methods.ts'

const services = { stop() {}, written: async () => {}, nowMs: () => 0, active: () => [] }

test('setmocktime stops the node’s clock and lets it run again', () => {
  const machine = new Machine()
  const { setmocktime } = hostMethods({}, { ...services, clock: machine })
  const call = (timestamp: unknown) => setmocktime?.handle([timestamp], () => {})
  expect(call(1_700_000_000)).toBeNull()
  expect(machine.clock.now()).toBe(1_700_000_000_000)
  call(0)
  expect(Math.abs(machine.clock.now() - Date.now())).toBeLessThan(60_000)
  for (const [wrong, code] of [
    ['1', -3],
    [-1, -8],
    [1e12, -8],
  ] as const)
    expect(() => call(wrong)).toThrow(expect.objectContaining({ code }))
})

test('on another network than regtest it is refused', () => {
  const { setmocktime } = hostMethods({}, services)
  const refused = new RpcError(-1, 'setmocktime is for regression testing (-regtest mode) only')
  expect(() => setmocktime?.handle([1], () => {})).toThrow(refused)
})

test('echo gives back what it is given, what is left out as null', () => {
  const { echo, echojson } = hostMethods({}, services)
  for (const method of [echo, echojson])
    expect(method?.handle([1, undefined, { a: 'b' }], () => {})).toEqual([1, null, { a: 'b' }])
})

test('a clock that is moved takes timers to their end, in their order; one that is not moved leaves them to real time', async () => {
  const machine = new Machine()
  const ran: string[] = []
  machine.mockTime(1_700_000_000_000)
  machine.clock.after(60_000, () => ran.push('a minute'))
  machine.clock.after(30_000, () => {
    ran.push('half a minute')
    machine.clock.after(0, () => ran.push('planned then'))
  })
  const cancel = machine.clock.after(10_000, () => ran.push('cancelled'))
  machine.clock.after(90_000, () => ran.push('later'))
  cancel()
  machine.mockTime(1_700_000_029_999)
  expect(ran).toEqual([])
  machine.mockTime(1_700_000_060_000)
  expect(ran).toEqual(['half a minute', 'a minute'])
  await new Promise<void>(resolve => machine.clock.after(0, resolve))
  expect(ran).toEqual(['half a minute', 'a minute', 'planned then'])
})

test('mockscheduler does what is due within so many seconds, and leaves the clock', () => {
  const machine = new Machine()
  machine.mockTime(1_700_000_000_000)
  const ran: number[] = []
  for (const seconds of [5, 10, 11]) machine.clock.after(seconds * 1000, () => ran.push(seconds))
  const { mockscheduler } = hostMethods({}, { ...services, clock: machine })
  expect(mockscheduler?.handle([10], () => {})).toBeNull()
  expect(ran).toEqual([5, 10])
  expect(machine.clock.now()).toBe(1_700_000_000_000)
  for (const wrong of [0, 3_601])
    expect(() => mockscheduler?.handle([wrong], () => {})).toThrow('between 1 and 3600')
  expect(() => hostMethods({}, services).mockscheduler?.handle([1], () => {})).toThrow('-regtest mode')
})

test('logging keeps its switches, and knows Core’s categories', () => {
  const { logging } = hostMethods({}, { ...services, logCategories: ['net', 'rpc'] })
  const call = (...params: unknown[]) => logging?.handle(params, () => {}) as Record<string, boolean>
  const on = (all: Record<string, boolean>) => Object.keys(all).filter(name => all[name])
  expect(on(call())).toEqual(['net', 'rpc'])
  expect(on(call(['mempool'], ['net']))).toEqual(['mempool', 'rpc'])
  expect(on(call(['all'], ['qt']))).toHaveLength(Object.keys(call()).length - 1)
  expect(() => call(['nothing'])).toThrow('unknown logging category nothing')
})

test('getmemoryinfo adds up', () => {
  const { getmemoryinfo } = hostMethods({}, services)
  const call = (...params: unknown[]) => getmemoryinfo?.handle(params, () => {}) as never
  const { locked } = call() as { locked: Record<string, number> }
  expect((locked.used ?? 0) + (locked.free ?? 0)).toBe(locked.total)
  expect(() => call('mallocinfo')).toThrow('mallocinfo mode not available')
  expect(() => call('other')).toThrow('unknown mode other')
})

test('a bug can be asked for, and a method that is gone says what took its place', () => {
  const { echo, help } = hostMethods(
    { gone: { params: [], summary: '', replaced: 'gone, ask another', handle: () => null } },
    services,
  )
  const nine = [...new Array(9).fill(undefined), 'trigger_internal_bug']
  expect(() => echo?.handle(nine, () => {})).toThrow('Internal bug detected')
  expect(help?.handle(['gone'], () => {})).toBe('gone, ask another')
  expect(String(help?.handle([], () => {}))).not.toContain('gone')
})
