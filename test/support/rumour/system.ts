// In the place of orchestrator/systems/all.ts: with rumours, which begin at random nodes and are expected to come to everybody.

import { z } from 'zod'
import { type Check, poll, setting, word } from '../../../orchestrator/checks/check.ts'
import type { Observation } from '../../../orchestrator/observe/observation.ts'
import type { NetworkState } from '../../../orchestrator/observe/state.ts'
import { info } from '../../../orchestrator/observe/told.ts'
import { writablePart } from '../../../orchestrator/observe/writable.ts'
import { expectation } from '../../../orchestrator/spec/expectation.ts'
import { createRandom } from '../../../orchestrator/spec/random.ts'
import { duration } from '../../../orchestrator/spec/units.ts'
import { SYSTEMS as OWN } from '../../../orchestrator/systems/all.ts'
import type { System } from '../../../orchestrator/systems/system.ts'
import type { Heard, Rumours } from './state.ts'

type Kept = { begun: number; heard: number; nodes: number }

const observation: Observation<Kept, Rumours, Heard> = {
  initial: () => ({ begun: 0, heard: 0, nodes: 0 }),
  working: kept => ({ ...kept }),
  node: () => ({ heard: 0 }),
  fold: (kept, { node, event }, network, fresh) => {
    if (event.type === 'rumour/begun') kept.begun += 1
    const part =
      event.type === 'rumour/heard' && node !== undefined && writablePart(network, node, 'rumour', fresh)
    if (!part) return
    part.heard += 1
    kept.heard += 1
  },
  snapshot: ({ begun, heard }, { nodes }) => ({
    begun,
    known: nodes.map(({ systems }) => systems.rumour.heard),
    progress: heard,
  }),
}

/** Nodes that have not heard of all rumours. */
const behind = ({ nodes, systems }: NetworkState) =>
  nodes.filter(node => node.systems.rumour.heard < systems.rumour.begun)

const reach: Check = {
  name: 'rumours-reach',
  describe: 'every rumour comes to everybody',
  run: (ground, wish) =>
    poll(ground, wish, async () => {
      const state = ground.state()
      const all = word(wish, 'whom') === 'all'
      const late = behind(state).filter(({ phase }) => all || phase === 'running').length
      const passed = late === 0 && state.systems.rumour.begun >= setting(wish, 'least')
      return {
        passed,
        asked: 'all rumours with everybody',
        measured: `${state.systems.rumour.begun} begun, ${late} behind`,
      }
    }),
}

const rumourSystem: System = {
  name: 'rumour',
  runs: 'rumour',
  spec: z.strictObject({ every: duration({ min: 10, max: 60_000 }).prefault('500ms') }).prefault({}),
  plan: part => ({ everyMs: (part as { every: number }).every }),
  services: [{ name: 'rumour', config: (_plan, _node, place) => ({ ...place }) }],
  workload: ({ plan, nodes, rpc, observe, clock }) => {
    const random = createRandom(`netsplit ${plan.seed} rumours`)
    const { everyMs = 500 } = (plan.systems?.rumour ?? {}) as { everyMs?: number }
    let cancel = () => {}
    let number = 0
    const next = () => {
      const names = nodes()
      const node = names[random.int(Math.max(1, names.length))]
      const n = ++number
      if (node !== undefined)
        rpc(node, 'startrumour', [n]).then(
          () => observe({ type: 'rumour/begun', data: { node, n } }),
          () => {}, // the node has just gone
        )
      cancel = clock.after(everyMs, next)
    }
    return { start: next, stop: () => cancel() }
  },
  lacks: () => undefined,
  agreed: (_nodes, state) => behind(state()).length === 0,
  conditions: {
    rumours: { value: s => s.systems.rumour.begun, changedBy: new Set(['rumour/begun']), counts: true },
  },
  observation,
  narrate: event => (event.type === 'rumour/begun' ? info('a rumour begins') : undefined),
  metrics: [
    {
      name: 'netsplit_network_rumours_total',
      kind: 'counter',
      help: 'Rumours begun.',
      read: state => [{ value: state.systems.rumour.begun }],
    },
  ],
  summary: ({ systems }) => systems.rumour,
  checks: [reach],
  expectations: {
    'rumours-reach': expectation('Every rumour comes to everybody.', '30s after heal', {
      least: z.int().min(1).prefault(1),
      whom: z.enum(['all', 'running']).prefault('all'),
    }),
  },
  settled: state => behind(state).length === 0,
  differs: state => behind(state).length > 0,
  apartMs: () => 2_000,
  progress: ({ systems }) => systems.rumour.progress,
}

export const SYSTEMS: readonly System[] = [...OWN, rumourSystem]
