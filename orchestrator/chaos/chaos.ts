// Breaks a running network on purpose and measures that it broke: what was asked is set beside what was found.

import { EXIT, UserError } from '../errors.ts'
import { didYouMean } from '../spec/suggest.ts'
import type { Breakable, FaultReport, InjectOptions } from './breakable.ts'
import {
  compile,
  describe,
  drawsOf,
  type Effect,
  type Fault,
  type FaultKind,
  grow,
  isOver,
} from './faults.ts'
import { type Bench, type Injection, refusal } from './injection.ts'
import { churn } from './kinds/churn.ts'
import { flapping, linkFault, reset } from './kinds/links.ts'
import { machineFault } from './kinds/machines.ts'
import { away, restart, rollingRestart } from './kinds/orders.ts'
import { trace } from './kinds/trace.ts'
import { upgrade } from './kinds/upgrade.ts'
import { Links } from './links.ts'
import { type Finding, together } from './measure.ts'
import { NodeBoard } from './node-board.ts'
import type { Roster } from './partition.ts'
import { sidesOf } from './sides.ts'
import { unlessTimeStands } from './standing-time.ts'
import { Vigil } from './vigil.ts'
import type { AskedLine } from './weigh-lines.ts'

export type { Breakable, FaultReport, InjectOptions } from './breakable.ts'

interface InForce {
  readonly fault: Fault
  readonly kind: FaultKind
  readonly injection: Injection
  readonly vigil: Vigil
  /** What it comes to on the network as it is, and whom that knows. */
  effect: Effect
  known: readonly string[]
}

interface Begun {
  readonly name: string
  readonly inForce: InForce
  readonly refused: Finding | undefined
  readonly beganMs: number
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

/** Time stands by order. */
const LATER = {
  asked: 'a measurement',
  measured: 'measured when time goes on',
  verified: false,
  pending: true,
} as const

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

  /**
   * Puts a fault in force and measures it; while time stands, later. Rejects with UserError for one that the network cannot
   * have.
   */
  async inject(fault: Fault, options: InjectOptions = {}): Promise<FaultReport> {
    const begun = await this.#inTurn(() => this.#begin(fault, options.id))
    options.onBegun?.()
    const { name, inForce } = begun
    const report = { id: name, kind: fault.kind, target: inForce.effect.target }
    return await unlessTimeStands(
      options.patient ? undefined : this.#network.standing?.(),
      this.#measure(begun, options).then(finding => ({ ...report, ...finding })),
      () => ({ ...report, ...LATER, measured: `in force; ${LATER.measured}` }),
      error => this.#note(`${name} is not measured: ${error.message}`),
    )
  }

  /** Loads the lines of these nodes: what is planned is measured like what a fault makes. */
  measureLines(lines: readonly AskedLine[], signal?: AbortSignal): Promise<Finding> {
    return this.#links.measureLines(lines, signal)
  }

  async #begin(fault: Fault, id: string | undefined): Promise<Begun> {
    const { kind } = fault
    const why = this.#network.cannot(kind)
    if (why !== undefined) throw new UserError(EXIT.environment, why)
    const name = this.#nameFor(kind, id)
    const roster = this.#network.roster()
    const effect = compile(fault, roster, drawsOf(this.#network.seed, name))
    const injection = this.#prepare(name, fault, effect)
    const vigil = new Vigil({ id: name, injection, network: this.#network })
    const inForce: InForce = { fault, kind, injection, vigil, effect, known: roster.nodes }
    this.#network.observe({ type: 'fault-started', id: name, kind, ...wordsOf(fault, effect, roster) })
    this.#inForce.set(name, inForce)
    const refused = await injection.begin()
    return { name, inForce, refused, beganMs: this.#network.nowMs() }
  }

  async #measure(
    { name, inForce, refused, beganMs }: Begun,
    { forMs, signal }: InjectOptions,
  ): Promise<Finding> {
    const { injection, vigil } = inForce
    const found = together(refused, await injection.measure(signal))
    const finding = this.#inForce.get(name) === inForce ? found : ENDED_EARLY
    const { asked, measured, verified: ok, disturbedBy, unmeasured } = finding
    const hidden = { ...(disturbedBy && { disturbedBy }), ...(unmeasured && { unmeasured }) }
    const verdict = { ok, asked, measured, ...hidden }
    this.#network.observe({ type: 'fault-verified', id: name, ...verdict })
    if (isOver(inForce.fault)) this.#ended(name, inForce)
    else {
      if (ok || unmeasured) vigil.begin()
      if (forMs !== undefined) void this.#healLater(name, inForce, beganMs + forMs - this.#network.nowMs())
    }
    return finding
  }

  /**
   * Lets a newcomer in while no fault begins or ends: all that are in force hold for it before it runs. `roster`: the network
   * with it. `join` brings it about and is told from whom faults keep it.
   */
  admit<T>(
    name: string,
    roster: Roster,
    join: (cutOff: (other: string) => boolean) => Promise<T>,
  ): Promise<T> {
    return this.#inTurn(async () => {
      const grown = [...this.#inForce].map(([id, inForce]) => {
        const { fault, effect, known } = inForce
        const newcomers = roster.nodes.filter(node => !known.includes(node))
        return {
          id,
          inForce,
          effect: grow(fault, effect, newcomers, roster, drawsOf(this.#network.seed, id)),
        }
      })
      const keptFrom = new Set(
        grown.flatMap(({ effect }) =>
          effect.on === 'links' && effect.worse.blocked === true
            ? effect.cuts.flatMap(({ from, to }) => (from === name ? to : to === name ? from : []))
            : [],
        ),
      )
      const joined = await join(other => keptFrom.has(other))
      for (const { id, inForce, effect } of grown) {
        const { fault, injection, effect: before } = inForce
        Object.assign(inForce, { effect, known: roster.nodes })
        if (!injection.grow) continue
        await injection.grow(effect)
        const words = wordsOf(fault, effect, roster)
        if (before.target !== words.target || describe(fault, before) !== words.detail)
          this.#network.observe({ type: 'fault-grown', id, ...words })
      }
      return joined
    })
  }

  /** A newcomer runs: every fault in force is measured with it, and that is told. */
  joined(): void {
    for (const { vigil } of this.#inForce.values()) vigil.changed(this.#network.running(), true)
  }

  /** These nodes came up, went on, or have other peers than before. */
  changed(nodes: readonly string[]): void {
    for (const { vigil } of this.#inForce.values()) vigil.changed(nodes)
  }

  /**
   * Takes one fault, or all, out of force and probes again; no longer waits for what comes back late when `signal` aborts.
   * Throws UserError for an id that is not in force.
   */
  async heal(id?: string, signal?: AbortSignal): Promise<FaultReport[]> {
    if (id !== undefined && !this.#inForce.has(id))
      throw new UserError(
        EXIT.usage,
        `no fault ${JSON.stringify(id)} is in force`,
        didYouMean(id, this.faults) ?? inForce(this.faults),
      )
    const wanted = id === undefined ? this.faults : [id]
    // All are lifted first: what one still cuts, another cannot measure as whole.
    const ended = await Promise.all(wanted.map(name => this.#end(name)))
    return await Promise.all(ended.flatMap(each => (each ? this.#afterEnd(each, signal) : [])))
  }

  #afterEnd(ended: Ended, signal: AbortSignal | undefined): Promise<FaultReport> {
    const { id, fault } = ended
    const { lapse } = fault.vigil
    const report = { id, kind: fault.kind, target: 'healed', ...(lapse && { lapsed: lapse }) }
    return unlessTimeStands(
      // Who has a signal of its own waits for the outcome.
      signal ? undefined : this.#network.standing?.(),
      this.#measureEnd(ended, signal).then(finding => ({ ...report, ...finding })),
      () => ({ ...report, ...LATER, measured: `ended; ${LATER.measured}` }),
      error => this.#note(`${id} is not measured: ${error.message}`),
    )
  }

  /** Nothing heals by itself from now on: the network goes down. */
  close(): void {
    this.#over.abort()
    for (const { vigil } of this.#inForce.values()) vigil.end()
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
    if (effect.on === 'trace') return trace(bench, effect)
    if (effect.on === 'programs') return upgrade(bench, effect.nodes, effect.to, isOver(fault))
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
      fault.vigil.end()
      // A node that cannot even be told leaves the others healed, and is said.
      const refused = await fault.injection
        .end()
        .catch((error: Error) => refusal('all of it is taken back', [error.message]))
      this.#network.observe({ type: 'fault-ended', id })
      return { id, fault, refused }
    })
  }

  async #measureEnd({ id, fault, refused }: Ended, signal: AbortSignal | undefined): Promise<Finding> {
    const finding = together(refused, await fault.injection.measureEnd(signal))
    if (!finding.verified && !finding.disturbedBy && !finding.unmeasured && !signal?.aborted)
      this.#note(`${id} is not healed: ${finding.measured}`)
    return finding
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

/** How it is told: whom it is for, what it asks, and what it splits the network into where no way round is left. */
function wordsOf(fault: Fault, effect: Effect, { nodes }: Roster) {
  const cutsOff = effect.on === 'links' && effect.worse.blocked === true
  const sides = cutsOff ? sidesOf(nodes, effect.cuts) : undefined
  return { target: effect.target, detail: describe(fault, effect), ...(sides && { sides }) }
}

function inForce(faults: readonly string[]): string {
  return faults.length === 0 ? 'no fault is in force' : `in force: ${faults.join(', ')}`
}
