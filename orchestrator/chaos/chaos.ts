// Breaks a running network on purpose and measures that it broke: what was asked is set beside what was found.

import { EXIT, UserError } from '../errors.ts'
import type { Breakable, FaultReport, InjectOptions } from './breakable.ts'
import {
  compile,
  describe,
  drawsOf,
  type Effect,
  type Fault,
  type FaultKind,
  INSTANT_KINDS,
} from './faults.ts'
import { type Bench, type Injection, refusal } from './injection.ts'
import { churn } from './kinds/churn.ts'
import { flapping, linkFault, reset } from './kinds/links.ts'
import { machineFault } from './kinds/machines.ts'
import { away, restart, rollingRestart } from './kinds/orders.ts'
import { Links } from './links.ts'
import { type Finding, together } from './measure.ts'
import { NodeBoard } from './node-board.ts'
import { sidesOf } from './sides.ts'

export type { Breakable, FaultReport, InjectOptions } from './breakable.ts'

interface InForce {
  readonly kind: FaultKind
  readonly injection: Injection
}

interface Ended {
  readonly id: string
  readonly fault: InForce
  readonly refused: Finding | undefined
}

/** Nobody knows whether it would have taken. */
const ENDED_EARLY: Finding = {
  asked: 'in force while it is measured',
  measured: 'it was healed before it was measured',
  verified: false,
}

export class Chaos {
  readonly #network: Breakable
  readonly #links: Links
  readonly #board = new NodeBoard()
  readonly #inForce = new Map<string, InForce>()
  #next = 1
  /** Aborted when nothing is to heal by itself any more. */
  readonly #over = new AbortController()
  /** Faults begin and end one after the other; they are measured side by side. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(network: Breakable) {
    this.#network = network
    this.#links = new Links(network)
  }

  /** Ids of the faults in force. */
  get faults(): readonly string[] {
    return [...this.#inForce.keys()]
  }

  /** Puts a fault in force and measures it. Rejects with UserError for one that the network cannot have. */
  async inject(fault: Fault, { id, forMs, onBegun, signal }: InjectOptions = {}): Promise<FaultReport> {
    const { kind } = fault
    const begun = await this.#inTurn(async () => {
      const why = this.#network.cannot(kind)
      if (why !== undefined) throw new UserError(EXIT.environment, why)
      const name = this.#nameFor(kind, id)
      const effect = compile(fault, this.#network.roster(), drawsOf(this.#network.seed, name))
      const inForce: InForce = { kind, injection: this.#prepare(name, fault, effect) }
      const detail = describe(fault, effect)
      const { target } = effect
      const sides = this.#sidesOf(effect)
      this.#network.observe({
        type: 'fault-started',
        id: name,
        kind,
        target,
        detail,
        ...(sides && { sides }),
      })
      this.#inForce.set(name, inForce)
      return { name, inForce, target: effect.target, refused: await inForce.injection.begin() }
    })
    const { name, inForce, target, refused } = begun
    onBegun?.()
    const beganMs = this.#network.nowMs()
    const found = together(refused, await inForce.injection.measure(signal))
    const finding = this.#inForce.get(name) === inForce ? found : ENDED_EARLY
    const { asked, measured, verified: ok, disturbedBy } = finding
    const verdict = { ok, asked, measured, ...(disturbedBy && { disturbedBy }) }
    this.#network.observe({ type: 'fault-verified', id: name, ...verdict })
    if (INSTANT_KINDS.includes(kind)) this.#ended(name, inForce)
    else if (forMs !== undefined) void this.#healLater(name, inForce, beganMs + forMs - this.#network.nowMs())
    return { id: name, kind, target, ...finding }
  }

  /**
   * Takes one fault, or all, out of force and probes again; no longer waits for what comes back late when `signal` aborts.
   * Throws UserError for an id that is not in force.
   */
  async heal(id?: string, signal?: AbortSignal): Promise<FaultReport[]> {
    if (id !== undefined && !this.#inForce.has(id))
      throw new UserError(EXIT.usage, `no fault ${JSON.stringify(id)} is in force`, inForce(this.faults))
    const wanted = id === undefined ? this.faults : [id]
    // All are lifted first: what one still cuts, another cannot measure as whole.
    const ended = await Promise.all(wanted.map(name => this.#end(name)))
    return await Promise.all(ended.flatMap(each => (each ? this.#measureEnd(each, signal) : [])))
  }

  /** Nothing heals by itself from now on: the network goes down. */
  close(): void {
    this.#over.abort()
  }

  /** What a partition splits the network into; undefined for other faults, and where a way round is left. */
  #sidesOf(effect: Effect) {
    if (effect.on !== 'links' || effect.worse.blocked !== true) return undefined
    return sidesOf(this.#network.roster().nodes, effect.cuts)
  }

  #nameFor(kind: FaultKind, id: string | undefined): string {
    if (id !== undefined && this.#inForce.has(id))
      throw new UserError(EXIT.usage, `${id} is already in force`)
    return id ?? `${kind}-${this.#next++}`
  }

  #prepare(id: string, fault: Fault, effect: Effect): Injection {
    const bench: Bench = {
      id,
      network: this.#network,
      links: this.#links,
      board: this.#board,
      random: drawsOf(this.#network.seed, id).fork('what comes'),
      change: work => this.#inTurn(work),
    }
    if (effect.on === 'connections') return reset(bench, effect.cuts)
    if (effect.on === 'machines') return machineFault(bench, effect.nodes, effect.worse)
    if (effect.on === 'links')
      return fault.kind === 'flapping'
        ? flapping(bench, effect.cuts, fault.periodMs)
        : linkFault(bench, effect.cuts, effect.worse)
    if (fault.kind === 'churn') return churn(bench, effect.nodes, fault)
    if (effect.order === 'restart') return restart(bench, effect.nodes)
    if (effect.order === 'rolling-restart') return rollingRestart(bench, effect.nodes)
    return away(bench, effect.nodes, effect.order as 'kill' | 'stop' | 'pause')
  }

  async #healLater(id: string, fault: InForce, afterMs: number): Promise<void> {
    await this.#network.wait(Math.max(0, afterMs), this.#over.signal)
    // Somebody may have healed it meanwhile, and its name may be another's.
    if (this.#over.signal.aborted || this.#inForce.get(id) !== fault) return
    await this.heal(id, this.#over.signal).catch(error =>
      this.#note(`${id} is not healed: ${(error as Error).message}`),
    )
  }

  /** Undefined: somebody else has ended it meanwhile. */
  #end(id: string): Promise<Ended | undefined> {
    return this.#inTurn(async () => {
      const fault = this.#inForce.get(id)
      if (!fault) return undefined
      this.#inForce.delete(id)
      // A node that cannot even be told leaves the others healed, and is said.
      const refused = await fault.injection
        .end()
        .catch((error: Error) => refusal('all of it is taken back', [error.message]))
      this.#network.observe({ type: 'fault-ended', id })
      return { id, fault, refused }
    })
  }

  async #measureEnd({ id, fault, refused }: Ended, signal: AbortSignal | undefined): Promise<FaultReport> {
    const finding = together(refused, await fault.injection.measureEnd(signal))
    if (!finding.verified && !finding.disturbedBy && !signal?.aborted)
      this.#note(`${id} is not healed: ${finding.measured}`)
    return { id, kind: fault.kind, target: 'healed', ...finding }
  }

  /** One that is over when it has happened. */
  #ended(id: string, fault: InForce): void {
    if (this.#inForce.get(id) !== fault) return
    this.#inForce.delete(id)
    this.#network.observe({ type: 'fault-ended', id })
  }

  #note(message: string): void {
    this.#network.observe({ type: 'note', level: 'error', message })
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }
}

function inForce(faults: readonly string[]): string {
  return faults.length === 0 ? 'no fault is in force' : `in force: ${faults.join(', ')}`
}
