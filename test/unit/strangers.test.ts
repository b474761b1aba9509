// Ways round a cut through peers that the network does not know.

import { expect, test } from 'vitest'
import { cutsBetween } from '../../orchestrator/chaos/partition.ts'
import { wayRound } from '../../orchestrator/chaos/strangers.ts'
import { programAt } from '../../orchestrator/clients/bypass.ts'

const CUTS = cutsBetween([
  ['a', 'b'],
  ['c', 'd'],
])
const at = (node: string, address: string) => ({ node, address })

test('one host at both sides bridges them, whatever its ports', () => {
  const found = wayRound(CUTS, [at('a', '172.20.0.9:40112'), at('d', '172.20.0.9:18444')])
  expect(found).toEqual({
    asked: 'no way round',
    measured: 'bridged by 172.20.0.9, a peer of a and d that this network does not know',
    verified: false,
  })
})

test('on loopback all share one host: only one address is one peer', () => {
  const one = wayRound(CUTS, [at('a', '127.0.0.1:7'), at('c', '127.0.0.1:7')])
  expect(one?.measured).toMatch(/^bridged by 127\.0\.0\.1:7, /)
  const two = wayRound(CUTS, [at('a', '127.0.0.1:7'), at('c', '127.0.0.1:8')])
  expect(two?.measured).toBe(
    'perhaps bridged by 127.0.0.1:7 at a and 127.0.0.1:8 at c, peers that this network does not know',
  )
})

test('strangers at one side only, or at nodes that no cut parts, are no way round', () => {
  expect(wayRound(CUTS, [])).toBeUndefined()
  expect(wayRound(CUTS, [at('a', '172.20.0.9:1'), at('b', '172.20.0.9:2')])).toBeUndefined()
  expect(
    wayRound([{ from: 'a', to: 'c' }], [at('a', '172.20.0.9:1'), at('d', '172.20.0.9:2')]),
  ).toBeUndefined()
})

test('whoever reaches the other side past its links is named; what it reaches on its own side is no way round', () => {
  const past = (node: string, to: string) => ({ node, address: '127.0.0.1:9', to })
  expect(wayRound(CUTS, [past('d', 'a')])).toEqual({
    ...{ asked: 'no way round', measured: 'd reaches a directly, past its links', verified: false },
  })
  expect(wayRound(CUTS, [past('a', 'b')])).toBeUndefined()
})

test('whose program dials from a host, that host alone can tell', () => {
  const node = (name: string, address: string, client?: object) =>
    ({ name, address, planned: { client } }) as unknown as Parameters<typeof programAt>[1] extends Iterable<
      infer N
    >
      ? N
      : never
  const nodes = [node('a', '172.20.0.2:18444'), node('b', '172.20.0.3:18444', {})]
  expect(programAt('172.20.0.3:50000', nodes)).toBe('b')
  expect(programAt('172.20.0.2:50000', nodes)).toBeUndefined()
  expect(programAt('172.20.0.9:50000', nodes)).toBeUndefined()
  const processes = [node('a', '127.0.0.1:1', {}), node('b', '127.0.0.1:2', {})]
  expect(programAt('127.0.0.1:50000', processes)).toBeUndefined()
})
