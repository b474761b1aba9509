// What the machine under every node should be like now: sound, with all faults in force on top. Where two faults meet on
// one node the stricter wins; healing one leaves the other.

import { type NodeConditions, SOUND_NODE } from './faults.ts'

export class NodeBoard {
  /** Fault id → what it does to which nodes. */
  readonly #faults = new Map<
    string,
    { readonly nodes: readonly string[]; readonly worse: Partial<NodeConditions> }
  >()

  apply(id: string, nodes: readonly string[], worse: Partial<NodeConditions>): void {
    this.#faults.set(id, { nodes, worse })
  }

  lift(id: string): void {
    this.#faults.delete(id)
  }

  conditions(node: string): NodeConditions {
    let conditions = SOUND_NODE
    for (const { nodes, worse } of this.#faults.values())
      if (nodes.includes(node)) conditions = stricter(conditions, worse)
    return conditions
  }
}

function stricter(now: NodeConditions, worse: Partial<NodeConditions>): NodeConditions {
  const skewMs = worse.clockSkewMs ?? 0
  return {
    clockSkewMs: Math.abs(skewMs) > Math.abs(now.clockSkewMs) ? skewMs : now.clockSkewMs,
    diskFull: now.diskFull || worse.diskFull === true,
    cpus: least(now.cpus, worse.cpus),
    memoryBytes: least(now.memoryBytes, worse.memoryBytes),
    upBps: least(now.upBps, worse.upBps),
    downBps: least(now.downBps, worse.downBps),
  }
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
}
