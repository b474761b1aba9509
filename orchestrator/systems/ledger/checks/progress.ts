// Liveness: the chain grows after the faults, and during a partition on every side that can mine.

import { type Check, type Ground, poll, setting, some, startOf } from '../../../checks/check.ts'
import { islandsOf } from '../../../checks/islands.ts'
import { plural } from '../../../format.ts'
import type { PlannedStep } from '../../../spec/types.ts'

export const heightAdvances: Check = {
  name: 'height-advances',
  describe: 'the chain grows by so many blocks',
  run: async (ground, wish) => {
    const by = setting(wish, 'by')
    await startOf(ground, wish)
    const from = ground.state().systems.ledger.height
    return await poll(ground, wish, async () => {
      const {
        systems: {
          ledger: { height },
        },
      } = ground.state()
      return {
        passed: height >= from + by,
        asked: `${plural(by, 'block')} above height ${from} within ${wish.within.ms / 1000} s`,
        measured: `height ${height}`,
      }
    })
  },
}

interface Side {
  readonly step: string
  readonly nodes: readonly string[]
  readonly from: number
  to: number
}

export const sidesAdvance: Check = {
  name: 'sides-advance',
  describe: 'while a partition lasts, every side that has hash power finds blocks of its own',
  run: async (ground, wish) => {
    const by = setting(wish, 'by')
    const sides: Side[] = []
    const watch = ground.steps.map(async step => {
      if ((await ground.moments.began(step.name)) === undefined) return
      sides.push(...miningSides(ground, step))
    })
    ground.moments.beforeEnd(async ({ name }) => {
      for (const side of sides) if (side.step === name) side.to = heightOf(ground, side.nodes)
    })
    await Promise.all(watch)
    await startOf(ground, wish)
    const stuck = sides.filter(side => side.to < side.from + by)
    return {
      passed: sides.length > 0 && stuck.length === 0,
      asked: `${plural(sides.length, 'side')} ${plural(by, 'block')} higher`,
      measured: sides.map(({ nodes, from, to }) => `${nodes.join(' ')} +${to - from}`).join(' | '),
      ...(sides.length === 0 && { message: 'no partition left a side with hash power' }),
      ...(stuck.length > 0 && { message: some(stuck.map(side => `${side.nodes.join(' ')} stood still`)) }),
    }
  },
}

function miningSides(ground: Ground, step: PlannedStep): Side[] {
  const mines = new Set(ground.plan.nodes.filter(node => node.mining.mode !== 'off').map(node => node.name))
  const islands = islandsOf(ground.plan, step)
  if (islands.length < 2) return []
  return islands
    .filter(nodes => nodes.some(node => mines.has(node)))
    .map(nodes => ({ step: step.name, nodes, from: heightOf(ground, nodes), to: 0 }))
}

function heightOf(ground: Ground, nodes: readonly string[]): number {
  return Math.max(
    ...ground.state().nodes.flatMap(
      ({
        name,
        systems: {
          ledger: { height },
        },
      }) => (nodes.includes(name) ? [height] : []),
    ),
  )
}
