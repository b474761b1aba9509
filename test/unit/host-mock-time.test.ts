// The clock that a regtest node's caller may stop, as Core's tests do; and the small methods beside it.

import { expect, test } from 'vitest'
import { RpcError } from '../../node/core/service.ts'
import { Machine } from '../../node/host/machine.ts'
import { hostMethods } from '../../node/host/methods.ts'

const services = { stop() {}, written: async () => {} }

test('setmocktime stops the node’s clock and lets it run again', () => {
  const machine = new Machine()
  const { setmocktime } = hostMethods({}, { ...services, mockTime: ms => machine.mockTime(ms) })
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
