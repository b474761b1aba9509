// On which host each node is: shares to the nearest whole, every group on every host in its part, and who is pinned stays.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AddNode } from '../../orchestrator/control/api.ts'
import { planNewcomer } from '../../orchestrator/spec/join.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { placeGroups } from '../../orchestrator/spec/placement.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import type { Plan, PlannedNode } from '../../orchestrator/spec/types.ts'

const plan = (yaml: string) => makePlan(parseSpec(yaml, 'net.yaml', {}))
const on = (...shares: number[]) => shares.map((share, i) => ({ name: `h${i}`, share }))
const times = (hosts: readonly string[]) => {
  const found: Record<string, number> = {}
  for (const host of hosts) found[host] = (found[host] ?? 0) + 1
  return found
}
const shown = (nodes: readonly PlannedNode[]) => nodes.map(({ name, host }) => `${name} ${host}`)

const THREE = `
hosts:
  - { engine: ssh://a, share: 2 }
  - { engine: ssh://b, labels: [big] }
  - { engine: ssh://c, labels: [big] }
`

describe('groups on hosts', () => {
  it('have each host in its share, to the nearest whole, and each group in parts of that', () => {
    const shares = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 7 })
    const counts = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 9 })
    fc.assert(
      fc.property(shares, counts, (shares, counts) => {
        const hosts = on(...shares)
        const placed = placeGroups(counts.map(count => ({ count, on: hosts })))
        expect(placed.map(each => each.length)).toEqual(counts)
        const whole = counts.reduce((a, b) => a + b, 0)
        const sum = shares.reduce((a, b) => a + b, 0)
        const all = times(placed.flat())
        for (const { name, share } of hosts) {
          const has = all[name] ?? 0
          const wish = (whole * share) / sum
          expect(has).toBeGreaterThanOrEqual(Math.floor(wish))
          expect(has).toBeLessThanOrEqual(Math.ceil(wish))
          for (const [g, count] of counts.entries()) {
            const part = whole === 0 ? 0 : (count * has) / whole
            const own = times(placed[g] ?? [])[name] ?? 0
            expect(own).toBeGreaterThanOrEqual(Math.floor(part))
            expect(own).toBeLessThanOrEqual(Math.ceil(part))
          }
        }
      }),
    )
  })

  it('give what remains to the largest remainders, of equal ones to who has less, then to the first', () => {
    expect(times(placeGroups([{ count: 10, on: on(3, 2, 2) }]).flat())).toEqual({ h0: 4, h1: 3, h2: 3 })
    expect(times(placeGroups([{ count: 4, on: on(1, 1, 1) }]).flat())).toEqual({ h0: 2, h1: 1, h2: 1 })
    // Who has less, for its share.
    expect(
      placeGroups([{ count: 2, on: on(1, 3) }])
        .flat()
        .sort(),
    ).toEqual(['h0', 'h1'])
    const [small] = on(1, 3)
    const busy = placeGroups([
      { count: 1, on: [small as { name: string; share: number }] },
      { count: 2, on: on(1, 3) },
    ])
    expect(busy).toEqual([['h0'], ['h1', 'h1']])
    const [first, ...others] = on(1, 1, 1)
    const pinned = placeGroups([
      { count: 1, on: [first as { name: string; share: number }] },
      { count: 1, on: others },
      { count: 1, on: on(1, 1, 1) },
    ])
    expect(pinned).toEqual([['h0'], ['h1'], ['h2']])
  })

  it('change host from node to node, so that any few of a group are on several', () => {
    expect(placeGroups([{ count: 6, on: on(1, 1, 1) }])).toEqual([['h0', 'h1', 'h2', 'h0', 'h1', 'h2']])
    expect(placeGroups([{ count: 6, on: on(2, 1) }])).toEqual([['h0', 'h1', 'h0', 'h0', 'h1', 'h0']])
    const small = placeGroups(Array.from({ length: 6 }, () => ({ count: 1, on: on(1, 1, 1) })))
    expect(times(small.flat())).toEqual({ h0: 2, h1: 2, h2: 2 })
  })

  it('put nothing on a host without a share, but what is pinned there', () => {
    expect(times(placeGroups([{ count: 5, on: on(1, 0) }]).flat())).toEqual({ h0: 5 })
    expect(times(placeGroups([{ count: 1, on: on(0, 1, 1) }]).flat())).toEqual({ h1: 1 })
    expect(times(placeGroups([{ count: 5, on: on(0, 0) }]).flat())).toEqual({ h0: 3, h1: 2 })
  })
})

describe('a plan with hosts', () => {
  it('places by shares and pins, by name or label, the same for the same spec', () => {
    const yaml = `nodes: { miners: { count: 4, share: 100% }, full: { count: 3, host: big }, one: { host: [a] } }\n${THREE}`
    expect(shown(plan(yaml).nodes)).toEqual([
      ...['miners-1 a', 'miners-2 b', 'miners-3 c', 'miners-4 a'],
      ...['full-1 b', 'full-2 c', 'full-3 b', 'one-1 a'],
    ])
    expect(plan(yaml)).toEqual(plan(yaml))
    expect(plan(yaml).pinned).toEqual({ full: ['b', 'c'], one: ['a'] })
  })

  it('differs from one without in the hosts alone', () => {
    const yaml = 'links: { regions: 2019 }\nnodes: { miners: { count: 9, share: 100% } }\nruntime: sim\n'
    const { hosts, nodes, ...rest } = plan(yaml + THREE)
    const bare = nodes.map(({ host, ...node }) => {
      expect(host).toBeDefined()
      return node
    })
    expect(hosts).toHaveLength(3)
    const without = plan(yaml)
    expect(JSON.stringify(without)).not.toMatch(/"(host|hosts|pinned)":/)
    expect({ ...rest, nodes: bare }).toEqual(without)
  })

  const add = (made: Plan, wishes: readonly AddNode[]) => {
    const present = [...made.nodes]
    for (const wish of wishes) present.push(planNewcomer(made, present, wish))
    return present
  }

  it('places whoever joins where its group may be, by who has the least of its share', () => {
    const made = plan(`nodes: { miners: { count: 4, share: 100% }, full: { count: 2, host: big } }\n${THREE}`)
    const wishes = [
      ...Array<object>(4).fill({ group: 'miners' }),
      ...Array<object>(3).fill({ group: 'full' }),
    ]
    const all = add(made, wishes)
    expect(shown(all.slice(made.nodes.length))).toEqual([
      ...['miners-5 a', 'miners-6 b', 'miners-7 c', 'miners-8 a'],
      ...['full-3 b', 'full-4 c', 'full-5 b'],
    ])
    const fresh = add(made, [{ group: 'late', newGroup: true }, { group: 'late' }, { group: 'late' }])
    expect(times(fresh.slice(-3).map(({ host }) => host ?? ''))).toEqual({ a: 1, b: 1, c: 1 })
  })

  it('places whoever joins beside fewer of its group, where all else is even', () => {
    const made = plan(
      'nodes: { x: { share: 100% }, y: {} }\nhosts: [{ engine: ssh://a }, { engine: ssh://b }]',
    )
    expect(shown(made.nodes)).toEqual(['x-1 a', 'y-1 b'])
    expect(shown(add(made, [{ group: 'x' }]).slice(-1))).toEqual(['x-2 b'])
    expect(shown(add(made, [{ group: 'y' }]).slice(-1))).toEqual(['y-2 a'])
  })

  it('places whoever joins where it is asked to be, if its group may be there', () => {
    const made = plan(`nodes: { miners: { count: 4, share: 100% }, full: { count: 2, host: big } }\n${THREE}`)
    expect(
      add(made, [
        { group: 'full', host: 'c' },
        { host: 'b', group: 'miners' },
      ]).slice(-2),
    ).toMatchObject([
      { name: 'full-3', host: 'c' },
      { name: 'miners-5', host: 'b' },
    ])
    expect(() => add(made, [{ group: 'full', host: 'a' }])).toThrow('full is pinned to b, c')
    expect(() => add(made, [{ group: 'miners', host: 'd' }])).toThrow('there is no host d')
    expect(() => add(plan(''), [{ host: 'd' }])).toThrow('there is no host d: this network has none')
  })

  it('has no newcomer, and no new group, by the name of a host', () => {
    const made = plan(THREE)
    expect(() => add(made, [{ name: 'b' }])).toThrow('b is the name of a node and of a group')
    expect(() => add(made, [{ group: 'b', newGroup: true }])).toThrow('b is the name of a host')
    expect(add(plan(''), [{}]).at(-1)).not.toHaveProperty('host')
  })
})
