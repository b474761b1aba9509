// Networks that are stopped and keep their chain: whose name they hold, who may take them up again, and what a sweep leaves alone.

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ControllerFile } from '../../orchestrator/control/api.ts'
import { leftovers, sweep } from '../../orchestrator/machine/gc.ts'
import { Keeper } from '../../orchestrator/machine/keeper.ts'
import { readKept } from '../../orchestrator/machine/kept.ts'
import {
  claim,
  findNetwork,
  knownNetworks,
  leave,
  reclaim,
  release,
} from '../../orchestrator/machine/networks.ts'
import { networkDirectory } from '../../orchestrator/machine/paths.ts'
import { grownPlan } from '../../orchestrator/spec/join.ts'
import type { Plan } from '../../orchestrator/spec/types.ts'
import { paperPlan } from '../support/network-double.ts'
import { controllerFile, DIED, eachHasItsOwnState } from '../support/state-home.ts'

eachHasItsOwnState()

/** A network that ran under this controller and keeps its chain. */
function kept(file: ControllerFile, plan: Plan = paperPlan()): void {
  writeFileSync(join(claim(file), 'chain'), 'blocks')
  new Keeper({ plan, specYaml: '' }).write(plan)
}

const chain = () => existsSync(join(networkDirectory('demo'), 'chain'))

test('a stopped network holds its name, and says how to bring it up again', () => {
  const file = controllerFile()
  kept(file)
  leave(file)
  expect(knownNetworks()).toMatchObject([
    { network: 'demo', alive: false, kept: true, controller: undefined },
  ])
  expect(() => claim(controllerFile())).toThrow('demo is stopped')
  expect(() => findNetwork('demo')).toThrow('demo is stopped')
  expect(() => findNetwork(undefined)).toThrow('no network is running')
  expect(leftovers()).toEqual([])
  sweep()
  expect(chain()).toBe(true)
})

test('one controller takes it up again; a second is told that it runs', () => {
  const first = controllerFile()
  kept(first)
  leave(first)
  const again = controllerFile()
  expect(reclaim(again)).toBe(networkDirectory('demo'))
  expect(findNetwork('demo')).toEqual(again)
  expect(() => reclaim(controllerFile())).toThrow('already running')
  leave(first) // not its any more
  expect(findNetwork('demo')).toEqual(again)
  release(again)
  expect(chain()).toBe(false)
})

test('a controller that died leaves it stopped, and its file is no hindrance', () => {
  kept(controllerFile(DIED))
  expect(knownNetworks()).toMatchObject([{ alive: false, kept: true }])
  const again = controllerFile()
  reclaim(again)
  expect(findNetwork('demo')).toEqual(again)
  expect(chain()).toBe(true)
})

test('it comes up again with the token that it had, and is not taken for the one before', () => {
  const first = controllerFile(DIED)
  kept(first)
  const again = controllerFile({ token: first.token })
  reclaim(again)
  leave(first)
  release(first)
  expect(findNetwork('demo')).toEqual(again)
  const address = { port: 1234, token: first.token }
  new Keeper({ plan: paperPlan(), specYaml: '', address }).write(paperPlan())
  expect(readKept('demo')?.address).toEqual(address)
})

test('what has kept nothing cannot be taken up', () => {
  const file = controllerFile(DIED)
  claim(file)
  expect(() => reclaim(controllerFile())).toThrow('has kept nothing')
})

test('kept is what brings it up again: with newcomers, without its schedule, and kept from now on', () => {
  const planned: Plan = { ...paperPlan(2), durationMs: 60_000, faults: [], expect: [] }
  const [one] = planned.nodes
  if (!one) throw new Error('the plan has nodes')
  const late = { ...one, name: 'late', index: 2 }
  const grown = grownPlan(planned, [{ node: late, peers: ['miners-1'] }])
  expect(grown.topology.edges).toContainEqual({ from: 'late', to: 'miners-1', link: planned.defaultLink })
  expect(grown.topology.wantedPeers.late).toBe(1)
  kept(controllerFile(), grown)
  const { plan } = readKept('demo') ?? {}
  expect(plan).toMatchObject({ keep: true, durationMs: 0 })
  expect(plan?.nodes.map(({ name }) => name)).toEqual(['miners-1', 'miners-2', 'late'])
  expect(plan).not.toHaveProperty('faults')
})

test('a simulation keeps nothing, and says so', () => {
  const keeper = new Keeper({ plan: { ...paperPlan(), runtime: 'sim' }, specYaml: '' })
  expect(() => keeper.keep()).toThrow('a simulation keeps nothing')
  expect(keeper.keeps).toBe(false)
})

test('a first launch that failed keeps nothing; one that was kept before loses nothing', () => {
  const plan = { ...paperPlan(), keep: true }
  const first = new Keeper({ plan, specYaml: '' })
  expect(first.keeps).toBe(false)
  first.stood = true
  expect(first.keeps).toBe(true)
  first.drop()
  expect(first.keeps).toBe(false)
  expect(new Keeper({ plan, specYaml: '', again: true }).keeps).toBe(true)
})
