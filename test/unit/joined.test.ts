// A program that runs already, as it is said and as it stands in a plan.

import { describe, expect, test } from 'vitest'
import { planJoined, readJoinsFrom, readPort } from '../../orchestrator/clients/joined.ts'
import { grownPlan, planNewcomer } from '../../orchestrator/spec/join.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'

const plan = (chain = '{ network: regtest }', more = '') =>
  makePlan(
    parseSpec(`chain: ${chain}\nnodes: { ours: { count: 2, share: 100% }${more} }`, 'test', {
      runtime: 'process',
    }),
  )

describe('its address', () => {
  test.each([
    ['127.0.0.1:18444', 18444],
    ['localhost:18444', 18444],
    [':18444', 18444],
    ['18444', 18444],
    ['http://127.0.0.1:18443/', 18443],
  ])('%s', (text, port) => expect(readPort('address', text)).toBe(port))

  test.each([
    '',
    'core',
    '127.0.0.1',
    '127.0.0.1:0',
    '127.0.0.1:65536',
    '127.0.0.1:1x',
    '[::1]:18444',
    'u:p@127.0.0.1:1',
  ])('is not %j', text => expect(() => readPort('address', text)).toThrow(/is not an address/))

  test('is of this machine', () => {
    expect(() => readPort('--rpc', '10.0.0.5:18443')).toThrow(
      "--rpc: 10.0.0.5 is not this machine's own address",
    )
  })
})

test('its RPC and its password are said together', () => {
  expect(readJoinsFrom('18444', undefined, undefined)).toEqual({ p2pPort: 18444 })
  expect(readJoinsFrom('18444', '18443', '/a/.cookie')).toEqual({
    ...{ p2pPort: 18444, rpc: { port: 18443, loginFile: '/a/.cookie' } },
  })
  expect(() => readJoinsFrom('18444', '18443', undefined)).toThrow('wants a password')
  expect(() => readJoinsFrom('18444', undefined, '/a')).toThrow('--cookie is for its RPC')
})

test('it is a node of its own group; whoever cannot be asked is dialled, and asked for no block', () => {
  const there = plan()
  const rpc = { port: 2, loginFile: '/a' }
  const mute = planNewcomer(there, there.nodes, { from: { p2pPort: 1 } })
  expect(mute).toMatchObject({ name: 'joined-1', group: 'joined', mining: { mode: 'off' } })
  expect(mute.client).toEqual(planJoined({ p2pPort: 1 }))
  expect(mute.client).toMatchObject({ name: 'joined', wallet: false, isDialled: true })
  const asked = planNewcomer(there, there.nodes, { from: { p2pPort: 1, rpc }, name: 'dbg', hashRateHps: 100 })
  expect(asked).toMatchObject({ name: 'dbg', mining: { mode: 'paced', hashRateHps: 100 } })
  expect(asked.client?.isDialled).toBeUndefined()
  expect(() => planNewcomer(there, there.nodes, { from: { p2pPort: 1 }, hashRateHps: 1 })).toThrow(
    'asked for blocks',
  )
  const { edges } = grownPlan(there, [
    { node: mute, peers: ['ours-1'] },
    { node: asked, peers: ['ours-2'] },
  ]).topology
  expect(edges.slice(-2)).toMatchObject([
    { from: 'ours-1', to: 'joined-1' },
    { from: 'dbg', to: 'ours-2' },
  ])
})

test("a network of rules of its own is none for other people's programs", () => {
  const there = plan('{}')
  expect(() => planNewcomer(there, there.nodes, { from: { p2pPort: 1 } })).toThrow(
    'this network is not regtest',
  )
})

test("who joins a group of other people's programs is one, but for what somebody else started", () => {
  const there = plan('{ network: regtest }', ', core: { count: 1, client: bitcoind, program: /b }')
  const core = planNewcomer(there, there.nodes, { group: 'core' })
  expect(core.client).toEqual(there.nodes.find(({ group }) => group === 'core')?.client)
  const joined = planNewcomer(there, there.nodes, { from: { p2pPort: 1 } })
  const present = [...there.nodes, joined]
  expect(() => planNewcomer(there, present, { group: 'joined' })).toThrow('started by hand')
})
