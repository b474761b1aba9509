// Nodes that join a running network: one after the other, so that each sees the names and peers of those before.

import type { Chaos } from '../chaos/chaos.ts'
import { rosterOf } from '../chaos/partition.ts'
import type { JoinsFrom } from '../clients/joined.ts'
import type { AddNode } from '../control/api.ts'
import { EXIT, UserError } from '../errors.ts'
import type { TestnetEvent } from '../observe/events.ts'
import { grownPlan, type JoinPlan, peersOf, planNewcomer } from '../spec/join.ts'
import { isPeer, isPlaced } from '../spec/runs.ts'
import type { Plan, PlannedNode } from '../spec/types.ts'
import type { NetworkNode } from './network-node.ts'
import { meetingMs } from './patience.ts'

const JOIN_TIMEOUT_MS = 15_000

export interface NewcomersOptions<Node extends NetworkNode> {
  readonly plan: Plan
  readonly nodes: () => readonly Node[]
  readonly chaos: Pick<Chaos, 'admit' | 'joined'>
  /** Looks at a program that runs already; throws UserError where it cannot be a node. */
  readonly lookAt: (from: JoinsFrom) => Promise<void>
  /** Makes it a node that dials these peers, or that these dial; it does not run yet. */
  readonly join: (node: PlannedNode, peers: readonly string[]) => Promise<Node>
  readonly observe: (event: TestnetEvent) => void
  readonly until: (done: () => boolean, timeoutMs: number) => Promise<boolean>
  /** What is waited so long for usually is waited so long for here. */
  readonly patience: (usualMs: number) => number
  /** Waits for it, or not where time stands. */
  readonly await: (met: Promise<void>, node: string) => Promise<void>
}

export class Newcomers<Node extends NetworkNode> {
  readonly #options: NewcomersOptions<Node>
  readonly #joined: JoinPlan[] = []
  #adding: Promise<unknown> = Promise.resolve()

  constructor(options: NewcomersOptions<Node>) {
    this.#options = options
  }

  /** The plan with all who joined since. */
  get grown(): Plan {
    return grownPlan(this.#options.plan, this.#joined)
  }

  /** Resolves with its name. `refuse` throws when nobody can join any more. */
  add(wish: AddNode, refuse: () => void): Promise<string> {
    const added = this.#adding.then(() => {
      refuse()
      return this.#add(wish)
    })
    this.#adding = added.catch(() => {})
    return added
  }

  async #add(wish: AddNode): Promise<string> {
    const { plan, nodes, chaos, lookAt } = this.#options
    const present = nodes().map(node => node.planned)
    const planned = planNewcomer(plan, present, wish)
    if (wish.from) await lookAt(wish.from)
    const { name } = planned
    const { node, reachable } = await chaos.admit(name, rosterOf([...present, planned]), cutOff =>
      this.#admit(planned, cutOff),
    )
    await node.start()
    await this.#options.await(
      this.#meets(node, reachable).then(() => chaos.joined()),
      name,
    )
    return name
  }

  async #admit(
    planned: PlannedNode,
    cutOff: (other: string) => boolean,
  ): Promise<{ readonly node: Node; readonly reachable: number }> {
    const peers = peersOf(this.#options.plan, planned, this.#serving(planned), cutOff)
    const node = await this.#options.join(planned, peers)
    this.#joined.push({ node: planned, peers })
    this.#options.observe(added(planned))
    return { node, reachable: peers.filter(peer => !cutOff(peer)).length }
  }

  /** Names of those who run and have something for it; where they are to dial it, those who can be told so: ours. */
  #serving({ client, name }: PlannedNode): readonly string[] {
    // Nobody has anything from a light client, or connects to who has no peers.
    const serving = this.#options.nodes().filter(({ running, planned }) => running && isPlaced(planned))
    if (!client?.isDialled) return serving.map(other => other.name)
    const ours = serving.filter(({ planned }) => !planned.client)
    if (ours.length > 0) return ours.map(other => other.name)
    throw new UserError(
      EXIT.environment,
      `nobody here could be told to dial ${name}: no node of ours runs`,
      'say how it is asked to dial them: add --rpc and --cookie',
    )
  }

  async #meets(node: Node, reachable: number): Promise<void> {
    if (!isPeer(node.planned)) return
    const timeoutMs = this.#options.patience(JOIN_TIMEOUT_MS + meetingMs(this.#options.plan))
    if (await this.#options.until(() => node.peers >= reachable, timeoutMs)) return
    const message = `${node.name} has ${node.peers} of ${reachable} peers after ${Math.round(timeoutMs / 1000)} s`
    this.#options.observe({ type: 'note', level: 'warn', message })
  }
}

function added({ name, group, region, host, access, mining, runs, client }: PlannedNode): TestnetEvent {
  return {
    ...{ type: 'node-added', node: name, group, region, access, askedHps: mining.hashRateHps },
    ...(host !== undefined && { host }),
    ...(runs && { runs }),
    ...(client && { client: client.name }),
  }
}
