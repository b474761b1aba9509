// What hosts can do together, where one of the helpers that try it ends meanwhile: the rest is told all the same.

import { expect, test } from 'vitest'
import { type Patient, tryPorts } from '../../orchestrator/runtime/docker/host-doctor.ts'
import { RuntimeError } from '../../orchestrator/runtime/runtime.ts'

const ended = async () => {
  throw new RuntimeError('engine', 'b: the helper does not answer')
}

function patient(name: string, probe: object): Patient {
  return {
    ...{ host: { name }, address: `addr-${name}`, swarm: { state: 'inactive' }, probe },
  } as unknown as Patient
}

test('a helper that ends while ports are tried: its pairs are untried with the reason, all others are tried', async () => {
  const well = {
    listen: async () => ({ '7946/tcp': null, '7946/udp': null, '4789/udp': null }),
    dial: async () => undefined,
    heard: async () => ({ includes: () => true }),
  }
  const patients = [
    patient('a', well),
    patient('b', { ...well, dial: ended }),
    patient('c', { ...well, listen: ended }),
  ]
  const pairs = await tryPorts(patients, [])
  const told = Object.fromEntries(
    pairs.map(({ from, to, tries }) => [
      `${from}${to}`,
      [...new Set(tries.map(({ outcome, why }) => (why === undefined ? outcome : `${outcome}: ${why}`)))],
    ]),
  )
  const [gone, none] = [['untried: b: the helper does not answer'], ['untried: no helper']]
  expect(told).toEqual({ ab: ['open'], ac: none, ba: gone, bc: none, ca: ['open'], cb: ['open'] })
})
