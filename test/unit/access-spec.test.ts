// Lines to the network in a spec: fixed ones, and those that each node draws for itself, from the seed and its name.

import { describe, expect, it } from 'vitest'
import { grownPlan, planNewcomer } from '../../orchestrator/spec/join.ts'
import { parseSpec, specToYaml } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { FileProblem } from '../../orchestrator/spec/tables.ts'

const COUNT = 400
const CSV = 'up,down\n1,10\n2,20\n4,40\n'
const specOf = (yaml: string, read = (name: string) => (name === 'lines.csv' ? CSV : absent(name))) =>
  parseSpec(yaml.includes('nodes:') ? yaml : `${NODES}\n${yaml}`, 'net.yaml', {}, read)
const planOf = (yaml: string) => makePlan(specOf(yaml))
const NODES = `nodes: { m: { count: ${COUNT}, share: 100% } }`
const UPS = (yaml: string) => planOf(yaml).nodes.map(({ access }) => access?.upBps ?? 0)

function absent(name: string): never {
  throw new FileProblem(name, undefined, 'there is no such file')
}

function refusal(yaml: string): string {
  try {
    specOf(yaml)
  } catch (error) {
    return (error as Error).message.split('\n')[0] ?? ''
  }
  return 'accepted'
}

describe('lines that are drawn', () => {
  const LOGNORMAL = 'links: { access: { up: { mean: 10Mbit, shape: lognormal 0.5 }, down: 50Mbit } }'

  it('have the distribution asked for over the nodes: mean and median within five standard deviations', () => {
    const ups = UPS(LOGNORMAL).sort((a, b) => a - b)
    const mean = ups.reduce((sum, bps) => sum + bps, 0) / COUNT
    expect(Math.abs(mean - 10e6)).toBeLessThan((5 * 10e6 * Math.sqrt(Math.expm1(0.25))) / Math.sqrt(COUNT))
    const below = ups.filter(bps => bps < 10e6 * Math.exp(-0.125)).length
    expect(Math.abs(below - COUNT / 2)).toBeLessThan(5 * Math.sqrt(COUNT / 4))
    expect(new Set(planOf(LOGNORMAL).nodes.map(({ access }) => access?.downBps))).toEqual(new Set([50e6]))
  })

  it('follow from the seed and the name alone, each direction by itself', () => {
    const both =
      'links: { access: { up: { mean: 9Mbit, shape: exponential }, down: { mean: 9Mbit, shape: exponential } } }'
    const plan = planOf(both)
    for (const { access } of plan.nodes) expect(access?.upBps).not.toBe(access?.downBps)
    const small = planOf(`nodes: { m: { count: 3, share: 100% }, x: { count: 2 } }\n${both}`)
    expect(small.nodes.slice(0, 3).map(({ access }) => access)).toEqual(
      plan.nodes.slice(0, 3).map(({ access }) => access),
    )
    expect(planOf(`seed: 2\n${both}`).nodes[0]?.access).not.toEqual(plan.nodes[0]?.access)
  })

  it('of a group go before those of all, and a single node has what is said of it', () => {
    const { nodes } = planOf(`
nodes: { a: { count: 20, share: 100%, access: { up: { shape: uniform, least: 1Mbit, most: 2Mbit } } }, b: { count: 2 } }
links: { access: { up: { from: lines.csv, column: up }, down: { from: lines.csv, column: down } }, lines: { a-1: { up: 7Mbit } } }`)
    const [first, ...others] = nodes
      .filter(({ group }) => group === 'a')
      .map(({ access }) => access?.upBps ?? 0)
    expect(first).toBe(7e6)
    for (const bps of others) expect(bps >= 1e6 && bps <= 2e6).toBe(true)
    for (const { access } of nodes) expect([10e6, 20e6, 40e6]).toContain(access?.downBps)
    for (const { access } of nodes.slice(20)) expect([1e6, 2e6, 4e6]).toContain(access?.upBps)
  })

  it('a newcomer draws its own, as if it had been there', () => {
    const plan = planOf(`nodes: { m: { count: 3, share: 100% } }\n${LOGNORMAL}`)
    const newcomer = planNewcomer(plan, plan.nodes, { group: 'm' })
    expect(newcomer.name).toBe('m-4')
    expect(newcomer.access).toEqual(planOf(LOGNORMAL).nodes[3]?.access)
    const grown = grownPlan(plan, [{ node: newcomer, peers: [] }])
    expect(grown.nodes[3]?.access).toEqual(newcomer.access)
  })

  it('are in the recorded spec with their file, and the plan of that is the same', () => {
    const spec = specOf('links: { access: { up: { from: lines.csv, column: up } } }')
    expect(spec.files).toEqual({ 'lines.csv': CSV })
    const again = specOf(specToYaml(spec), absent)
    expect(again).toEqual(spec)
    expect(makePlan(again)).toEqual(makePlan(spec))
  })
})

describe('what cannot be', () => {
  it.each([
    ['links: { access: { up: { mean: 10Mbit } } }', /net\.yaml:2:20: .*give a shape/],
    ['links: { access: { up: { shape: pareto 5 } } }', /give a mean above 0/],
    ['links: { access: { down: { from: none.csv } } }', /none\.csv.*there is no such file/],
    ['links: { access: { down: { from: lines.csv } } }', /lines\.csv.*it has 2 columns: say which by column/],
    ['links: { access: { up: { mean: 10, shape: pareto 5 } } }', /bandwidth/],
    ['links: { access: { up: 10 } }', /bandwidth/],
    ['links: { access: { up: { mean: 10Mbit, shape: lognormal 0.5, mots: 5Mbit } } }', /did you mean "most"/],
    ['links: { lines: { m-1: { up: { mean: 10Mbit, shape: pareto 5 } } } }', /expected/],
    ['links: { regions: 2019, access: { up: 1Mbit } }', /links\.access\.up: every region has its own/],
    [
      'links: { regions: { A: { up: 1Mbit, latency: { A: 1ms } } }, access: { down: 1Mbit, up: 2Mbit } }',
      /links\.access\.up: every region has its own/,
    ],
    ['links: { regions: { A: { up: 1Mbit, latency: { A: 1ms } } }, access: { down: 1Mbit } }', /^accepted$/],
    [
      'faults: { t: { access: { nodes: all }, at: 1s, for: 3s } }',
      /faults\.t\.access: nothing gets worse: give up or down/,
    ],
    ['links: { lines: { m-401: { up: 1Mbit } } }', /there is no node m-401/],
    ['nodes: { m: { share: 100%, access: { up: { mean: 10Mbit, shape: lognormal } } } }', /lognormal needs/],
    ['nodes: { m: { share: 100%, access: { up: { from: none.csv } } } }', /none\.csv/],
  ])('%s', (yaml, message) => {
    expect(refusal(yaml)).toMatch(message)
  })
})
