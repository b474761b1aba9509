// What is found of hosts, in sentences that name the host and say what to do.

import { expect, test } from 'vitest'
import {
  findingsOf,
  type HostReport,
  type HostsReport,
  NO_HELPER,
  type PairReport,
  type Try,
} from '../../orchestrator/runtime/docker/host-findings.ts'

const host = (name: string, changes: Partial<HostReport> = {}): HostReport => ({
  ...{
    name,
    engine: `ssh://${name}`,
    reachedMs: 5,
    version: '28.2.2',
    mtu: 1500,
    image: true,
    swarm: 'none',
  },
  clock: { offsetMs: 3, errorMs: 4 },
  ...changes,
})
const pair = (from: string, to: string, ...tries: Try[]): PairReport => ({
  from,
  to,
  at: `addr-${to}`,
  tries,
})
const open = (what: string): Try => ({ what, outcome: 'open' })
const closed = (what: string, why: string): Try => ({ what, outcome: 'closed', why })
const untried = (what: string, why: string): Try => ({ what, outcome: 'untried', why })

const told = (changes: Partial<HostsReport>) =>
  findingsOf({ image: 'node:1', hosts: [host('a'), host('b')], pairs: [], twins: [], ...changes }).map(
    ({ what, verdict, found, advice }) =>
      `${verdict} ${what}: ${found}${advice === undefined ? '' : ` → ${advice}`}`,
  )

test('where all is well there is one line, of what was tried', () => {
  expect(
    told({ pairs: [pair('a', 'b', open('7946/tcp')), pair('b', 'a', open('2377/tcp'), open('7946/tcp'))] }),
  ).toEqual(['ok ways: 7946/tcp, 2377/tcp between all pairs'])
  expect(told({ hosts: [host('a')] })).toEqual([])
})

test('what was not tried is not said to be open', () => {
  const pairs = [pair('a', 'b', open('7946/tcp'), untried('7946/udp', 'its engine holds the port'))]
  expect(told({ pairs })).toEqual([
    'note ways: 7946/tcp came through; not proven: 7946/udp (its engine holds the port)',
  ])
  expect(
    told({ hosts: [host('a', { image: false })], pairs: [pair('a', 'b', untried('4789/udp', NO_HELPER))] }),
  ).toEqual([
    'note node image: node:1 is not on a: what a helper made of it shows was not tried there → netsplit doctor --hosts --images sends it there first, as netsplit up does',
    'note ways: nothing came through; not proven: 4789/udp',
  ])
})

test('what is shut is named by its way and port, with what to do about it', () => {
  const pairs = [
    pair('a', 'b', open('7946/tcp'), closed('4789/udp', 'it did not get to b')),
    pair(
      'b',
      'a',
      closed('2377/tcp', 'ECONNREFUSED'),
      closed('7946/udp', 'a has something else there (EADDRINUSE)'),
    ),
    pair('c', 'a', closed('4789/udp', '1400 of 100032 bytes came back')),
  ]
  const lines = told({ hosts: [host('a', { mtu: 1400 }), host('b', { mtu: 1400 })], pairs })
  expect(lines).toEqual([
    'fail a → b: 4789/udp at addr-b: it did not get to b → let 4789/udp through from a to b in the firewalls of both and between them; or say another address of b in hosts',
    "fail b → a: 2377/tcp at addr-a: ECONNREFUSED → nothing listens there: is a's address right? Say address in hosts",
    'fail b → a: 7946/udp at addr-a: a has something else there (EADDRINUSE) → find out what uses 7946/udp on a: a swarm needs it',
    'fail c → a: 4789/udp at addr-a: 1400 of 100032 bytes came back → small packets pass and large ones do not: the way carries less than the 1400 bytes of its interfaces; lower their MTU',
  ])
})

test('one thing that is shut is all that is said of the ways', () => {
  const pairs = [pair('a', 'b', closed('4789/udp', 'no answer')), pair('b', 'a', open('4789/udp'))]
  expect(told({ pairs })).toHaveLength(1)
})

test('a host that cannot take part is named, and so is what differs', () => {
  const hosts = [
    host('a', { reachedMs: null, why: 'a: ssh://a: cannot be reached', hint: 'start it' }),
    host('b', { noSwarm: 'is podman, which forms no swarms', version: '5.0' }),
    host('c', { mtu: 1400, swarm: 'not well', trouble: ['c has no helper: why'] }),
  ]
  expect(
    told({ hosts, twins: ['b and c are one engine'], swarm: { why: 'two swarms', hint: 'leave one' } }),
  ).toEqual([
    'fail a: a: ssh://a: cannot be reached → start it',
    'fail b: b is podman, which forms no swarms → install Docker there, run as root',
    'note c: c is in a swarm, and not well there',
    'note c: c has no helper: why',
    'fail hosts: b and c are one engine → one host an engine; machines that were copied need names of their own',
    'fail swarm: two swarms → leave one',
    'note version: it is not the same everywhere: 28.2.2 (a, c), 5.0 (b) → engines work best together in one version',
    'note MTU: it is not the same everywhere: 1500 (a, b), 1400 (c) → the least of them is what all can carry',
  ])
})

test('more nodes than a host has room for are said with both figures', () => {
  const room = { nodes: 20, because: '1.2 GB of memory are free' }
  expect(told({ hosts: [host('a', { room, nodes: 20 }), host('b', { room, nodes: 21 })] })).toEqual([
    'fail b: 21 nodes are too many for b: there is room for about 20 nodes, as 1.2 GB of memory are free → give it a smaller share, or launch fewer',
  ])
})

test('a clock is wrong only where its error does not explain it', () => {
  const clocks = (offsetMs: number, errorMs: number) =>
    told({ hosts: [host('a', { clock: { offsetMs, errorMs } })] })
  expect(clocks(1_000, 0)).toEqual([])
  expect(clocks(1_040, 40)).toEqual([])
  expect(clocks(-3_210, 40)).toEqual([
    'note a: the clock of a is 3.2 s behind → set it by NTP; figures are corrected for it, logs are not',
  ])
  expect(clocks(60_000, 40)[0]).toContain('the clock of a is 60.0 s ahead →')
})
