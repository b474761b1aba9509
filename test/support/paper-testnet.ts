// A paper network that takes commands: it remembers each, and shows what the faults among them do to its state.

import type { FaultReport } from '../../orchestrator/chaos/chaos.ts'
import { EXIT, UserError } from '../../orchestrator/errors.ts'
import type { Shown } from '../../orchestrator/tui/app.ts'
import type { PaperNetwork } from './network-double.ts'

export interface PaperTestnet extends Shown {
  /** As they came: `kill miners-2`. */
  readonly given: readonly string[]
}

async function* twoLines(node: string) {
  yield `${node} first line`
  yield `${node} \u001b[31msecond\u001b[0m line`
}

export function paperTestnet(paper: PaperNetwork, logs: Shown['logs'] = twoLines): PaperTestnet {
  const given: string[] = []
  const order = (verb: string) => async (node: string) => {
    if (!paper.names.includes(node)) throw new UserError(EXIT.usage, `no node is named ${node}`)
    given.push(`${verb} ${node}`)
  }
  const report = (id: string, target: string): FaultReport => ({
    ...{ id, kind: 'partition', target, verified: true },
    ...{ asked: 'cut', measured: 'no message got through' },
  })
  let faults = 0
  return {
    given,
    state: () => paper.observer.state(),
    subscribe: listener => paper.observer.subscribe(listener),
    logs,
    inject: async fault => {
      const target = 'cut' in fault ? fault.cut : fault.kind
      given.push(`inject ${fault.kind} ${target}`)
      const id = `${fault.kind}-${++faults}`
      paper.testnet({ type: 'fault-started', id, kind: fault.kind, target, detail: '' })
      return report(id, target)
    },
    heal: async id => {
      given.push(id === undefined ? 'heal' : `heal ${id}`)
      const inForce = paper.observer.state().faults.filter(fault => fault.toMs === undefined)
      return inForce.map(fault => {
        paper.testnet({ type: 'fault-ended', id: fault.id })
        return report(fault.id, fault.target)
      })
    },
    add: async ({ name = 'miners-6' }) => {
      given.push(`add ${name}`)
      return name
    },
    rpc: async (node, method) => {
      given.push(`${method} ${node}`)
      return `${method} of ${node}`
    },
    ...{ start: order('start'), stop: order('stop'), kill: order('kill') },
    ...{ pause: order('pause'), resume: order('resume') },
  }
}
