// Hosts on which something of a network may lie are remembered until all of it is gone, beside the networks' own folders.

import { expect, it } from 'vitest'
import { debris, knownNetworks } from '../../orchestrator/machine/networks.ts'
import { hostsOf, networksOnHosts, noteClean, noteUsed } from '../../orchestrator/machine/used-hosts.ts'
import { eachHasItsOwnState } from '../support/state-home.ts'

eachHasItsOwnState()

const a = { name: 'a', engine: 'unix:///a.sock' }
const b = { name: 'b', engine: 'tcp://b:2376', tls: { ca: '/ca', cert: '/cert', key: '/key' } }

it('each is struck out by itself, and with the last the network is forgotten', () => {
  expect(networksOnHosts()).toEqual([])
  noteUsed('demo', [a, b])
  noteUsed('other', [a])
  // It comes up again, on hosts that are partly others.
  noteUsed('demo', [{ ...a, name: 'first' }])
  expect(networksOnHosts()).toEqual([
    { network: 'demo', hosts: [b, { ...a, name: 'first' }] },
    { network: 'other', hosts: [a] },
  ])
  noteClean('demo', a.engine)
  noteClean('demo', 'unix:///nowhere')
  expect(hostsOf('demo')).toEqual([b])
  noteClean('demo', b.engine)
  expect(networksOnHosts()).toEqual([{ network: 'other', hosts: [a] }])
  expect([knownNetworks(), debris()]).toEqual([[], []])
})
