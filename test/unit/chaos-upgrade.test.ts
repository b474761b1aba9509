// Nodes that become another program: one after the other, measured by what they say of themselves, and taken back or for good.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { parseInjection } from '../../orchestrator/chaos/parse.ts'
import type { ProgramSaid } from '../../orchestrator/clients/program-said.ts'
import { upgraded } from '../../orchestrator/clients/upgrade.ts'
import { readFault } from '../../orchestrator/commands/fault-words.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { PaperBreakable } from '../support/paper-breakable.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Nodes that are programs by their paths, each of which says something of itself. */
function worldOf(says: Readonly<Record<string, string>>) {
  const is = new Map(['a', 'b', 'c'].map(name => [name, 'old']))
  const world: PaperBreakable = new PaperBreakable([...is.keys()], {
    become: (node: string, to: ProgramSaid) => {
      const before = is.get(node) as string
      is.set(node, to.program ?? before)
      return () => void is.set(node, before)
    },
    says: node => {
      const version = says[is.get(node) as string]
      return version === undefined ? undefined : { version, whole: `/x:${version}/` }
    },
  })
  const inject = (to: ProgramSaid, stays = false) =>
    world.during(world.chaos.inject({ kind: 'upgrade', nodes: 'a,b', to, stays }))
  return { world, is, inject }
}

describe('an upgrade', () => {
  it('restarts one node after the other as what it is to be, and heals to what they were', async () => {
    const { world, is, inject } = worldOf({ old: '27.0', new: '28.1.0' })
    expect(await inject({ program: 'new' })).toMatchObject({
      ...{ target: 'a b', verified: true },
      measured: expect.stringContaining('2 of 2 say so: /x:28.1.0/, before /x:27.0/'),
    })
    expect(world.orders).toEqual(['stop a', 'start a', 'stop b', 'start b'])
    expect([...is]).toEqual([
      ['a', 'new'],
      ['b', 'new'],
      ['c', 'old'],
    ])
    expect(world.chaos.faults).toHaveLength(1)
    expect(await world.during(world.chaos.heal())).toMatchObject([
      { verified: true, measured: expect.stringContaining('2 of 2 say so') },
    ])
    expect(is.get('a')).toBe('old')
  })

  it('that stays is over when it has happened', async () => {
    const { world, is, inject } = worldOf({ old: '27.0', new: '28.1.0' })
    await inject({ program: 'new' }, true)
    expect(world.chaos.faults).toEqual([])
    expect(is.get('a')).toBe('new')
  })

  it('is not measured where both say the same, and has not taken where the version is another', async () => {
    const { inject } = worldOf({ old: '27.0', same: '27.0', new: '28.1.0' })
    expect(await inject({ program: 'same' })).toMatchObject({
      ...{ verified: false, unmeasured: true },
      measured: expect.stringContaining('it says that it is /x:27.0/, as before'),
    })
    const other = worldOf({ old: '27.0', new: '28.1.0' })
    const asked = { program: 'new', version: '29' }
    expect(await other.inject(asked)).toMatchObject({
      ...{ verified: false, asked: expect.stringContaining('version 29') },
      measured: expect.stringContaining('0 of 2 say so'),
    })
    const right = worldOf({ old: '27.0', new: '28.1.0' })
    expect(await right.inject({ ...asked, version: '28.1' })).toMatchObject({ verified: true })
  })

  it('of a node that does not come up as the other leaves it what it was', async () => {
    const { world, is, inject } = worldOf({ old: '27.0', new: '28.1.0' })
    world.deaf.add('stop a')
    expect(await inject({ program: 'new' })).toMatchObject({
      ...{ verified: false, measured: expect.stringContaining('a does not stop; 1 of 2 did') },
    })
    expect([is.get('a'), is.get('b')]).toEqual(['old', 'new'])
    expect([...world.running].sort()).toEqual(['a', 'b', 'c'])
  })
})

describe('an upgrade that is asked for', () => {
  const yaml = (to: string, end = '') => `
chain: { network: regtest }
nodes:
  ours: { count: 1, share: 100% }
  core27: { count: 1, client: bitcoind, program: /27, args: [-a], version: 27 }
  core28: { count: 1, client: bitcoind, program: /28, version: 28.1 }
faults: { up: { upgrade: { nodes: core27, to: ${to} }, at: height 5${end} } }
`
  const planOf = (to: string, end?: string) => makePlan(parseSpec(yaml(to, end), 'test', {}))

  it('in a spec names a group or says the program, and stays without an end', () => {
    const [step] = planOf('core28').faults ?? []
    expect(step).toMatchObject({
      fault: { kind: 'upgrade', nodes: 'core27', to: { program: '/28', version: '28.1' }, stays: true },
    })
    const [other] = planOf('{ program: /29, args: [-b] }', ', for: 10s').faults ?? []
    expect(other).toMatchObject({
      ...{ forMs: 10_000, fault: { to: { program: '/29', args: ['-b'] }, stays: false } },
    })
  })

  it('makes of a node one that is started as the other, by the version that was said for it and no other', () => {
    const { nodes } = planOf('core28')
    const [ours, core] = nodes as [(typeof nodes)[0], (typeof nodes)[0]]
    const other = upgraded(core, { program: '/29' }, 'process')
    expect(other.client).toMatchObject({ launch: { argv: ['/29', '-datadir={data}', '-a'] } })
    expect(other.client?.version).toBeUndefined()
    expect(upgraded(core, { image: 'core:29' }, 'docker').client?.launch).toMatchObject({ image: 'core:29' })
    expect(upgraded(ours, { program: '/dist', version: '1' }, 'process')).toMatchObject({
      ...{ program: '/dist', version: '1' },
    })
    expect(() => upgraded(core, { image: 'x' }, 'process')).toThrow('images are for containers')
    expect(() => upgraded(ours, { program: '/x' }, 'docker')).toThrow('say image')
    expect(() => upgraded(ours, { args: ['x'] }, 'process')).toThrow('no arguments')
    expect(() => upgraded(core, { program: '/x' }, 'sim')).toThrow('virtual time')
  })

  it('of a running network is said with flags, or as JSON', () => {
    const fault = { kind: 'upgrade', nodes: 'core-1', to: { program: '/29' } }
    expect(readFault('upgrade', ['core-1'], { program: '/29' })).toEqual(fault)
    expect(() => readFault('upgrade', ['core-1'], {})).toThrow('nothing becomes another')
    expect(() => readFault('kill', ['core-1'], { program: '/29' })).toThrow('--program is not for kill')
    expect(parseInjection({ fault, forMs: 1_000 }).fault).toEqual(fault)
    expect(() => parseInjection({ fault: { ...fault, to: { version: '2' } } })).toThrow('nothing becomes')
  })
})
