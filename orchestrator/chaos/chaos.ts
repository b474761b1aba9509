// Breaks a running network on purpose and measures that it broke: what was asked is set beside what was found.

import { EXIT, UserError } from '../errors.ts'
import type { TestnetEvent } from '../observe/events.ts'
import { compile, type Effect, type Fault, type FaultKind, type NodeOrder } from './faults.ts'
import { LinkBoard, type LinkChange } from './link-board.ts'
import { type Finding, measureLinks, measureNodes, together } from './measure.ts'
import type { Cut, Roster } from './partition.ts'
import { type Probed, probe } from './probe.ts'

/** What chaos needs of the network it breaks. */
export interface Breakable extends Probed {
  roster(): Roster
  readonly planned: ConstructorParameters<typeof LinkBoard>[0]
  setLinks(changes: readonly LinkChange[]): Promise<void>
  /** Rejects with UserError when the node cannot be ordered that (it is down, or up, already). */
  order(node: string, order: Exclude<NodeOrder, 'restart'> | 'start' | 'resume'): Promise<void>
  /** Frozen: its process is there and its links carry nothing. */
  paused(): readonly string[]
  observe(event: TestnetEvent): void
  /** The longest planned one-way delay, jitter included, in ms. */
  readonly slowestLinkMs: number
}

export interface InjectOptions {
  /** Names the fault; its kind and a number when absent. */
  readonly id?: string | undefined
  /** It heals by itself after this long; absent: when it is healed. */
  readonly forMs?: number | undefined
  /** Called when it is in force, and about to be measured. */
  readonly onBegun?: (() => void) | undefined
}

/** A fault after its measurement. */
export interface FaultReport extends Finding {
  readonly id: string
  readonly kind: FaultKind
  readonly target: string
}

interface InForce {
  readonly kind: FaultKind
  readonly effect: Effect
  /** Nodes that obeyed: these are brought back. */
  readonly obeyed: readonly string[]
}

/** A ping and its pong, four times over, on an unhurried machine. */
const PROBE_ROUND_TRIPS = 4
const PROBE_MARGIN_MS = 1500

export class Chaos {
  readonly #network: Breakable
  readonly #board: LinkBoard
  readonly #inForce = new Map<string, InForce>()
  #next = 1
  /** Aborted when nothing is to heal by itself any more. */
  readonly #over = new AbortController()
  /** Changes and their probes run one after the other: each is measured against the network it made. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(network: Breakable) {
    this.#network = network
    this.#board = new LinkBoard(network.planned)
  }

  /** Ids of the faults in force. */
  get faults(): readonly string[] {
    return [...this.#inForce.keys()]
  }

  /** Puts a fault in force and measures it. Rejects with UserError for one that the network cannot have. */
  inject(fault: Fault, { id, forMs, onBegun }: InjectOptions = {}): Promise<FaultReport> {
    return this.#inTurn(async () => {
      const effect = compile(fault, this.#network.roster())
      const { kind } = fault
      const name = id ?? `${kind}-${this.#next++}`
      if (this.#inForce.has(name)) throw new UserError(EXIT.usage, `${name} is already in force`)
      const detail = effect.on === 'links' ? `${effect.cuts.length} directed pairs` : effect.order
      this.#network.observe({ type: 'fault-started', id: name, kind, target: effect.target, detail })
      const done = await this.#apply(name, kind, effect)
      onBegun?.()
      if (forMs !== undefined) void this.#healLater(name, forMs)
      const finding = together(done, await this.#measure(effect, false))
      const { asked, measured, verified: ok } = finding
      this.#network.observe({ type: 'fault-verified', id: name, ok, asked, measured })
      return { id: name, kind, target: effect.target, ...finding }
    })
  }

  /** Takes one fault, or all, out of force and probes again. Throws UserError for an id that is not in force. */
  heal(id?: string): Promise<FaultReport[]> {
    return this.#inTurn(async () => {
      if (id !== undefined && !this.#inForce.has(id))
        throw new UserError(EXIT.usage, `no fault ${JSON.stringify(id)} is in force`, inForce(this.faults))
      const reports: FaultReport[] = []
      for (const fault of id === undefined ? this.faults : [id]) reports.push(await this.#heal(fault))
      return reports
    })
  }

  /** Nothing heals by itself from now on: the network goes down. */
  close(): void {
    this.#over.abort()
  }

  async #healLater(id: string, forMs: number): Promise<void> {
    const fault = this.#inForce.get(id)
    await this.#network.wait(forMs, this.#over.signal)
    // Somebody may have healed it meanwhile, and its name may be another's.
    if (this.#over.signal.aborted || fault === undefined || this.#inForce.get(id) !== fault) return
    await this.heal(id).catch(error => this.#note(`${id} is not healed: ${(error as Error).message}`))
  }

  async #apply(id: string, kind: FaultKind, effect: Effect): Promise<Finding | undefined> {
    if (effect.on === 'links') {
      this.#inForce.set(id, { kind, effect, obeyed: [] })
      await this.#network.setLinks(this.#board.apply(id, effect.cuts, effect.worse))
      return undefined
    }
    const { nodes, order } = effect
    const obeyed: string[] = []
    const refused = await this.#tell(nodes, order, node => obeyed.push(node))
    // A node that was restarted is back already.
    if (order === 'restart') this.#network.observe({ type: 'fault-ended', id })
    else this.#inForce.set(id, { kind, effect, obeyed })
    return refused
  }

  async #heal(id: string): Promise<FaultReport> {
    const { kind, effect, obeyed } = this.#inForce.get(id) as InForce
    this.#inForce.delete(id)
    let refused: Finding | undefined
    if (effect.on === 'links') await this.#network.setLinks(this.#board.lift(id))
    else refused = await this.#tell(obeyed, effect.order === 'pause' ? 'resume' : 'start')
    this.#network.observe({ type: 'fault-ended', id })
    const returned = effect.on === 'links' ? effect : { ...effect, nodes: obeyed }
    const finding = together(refused, await this.#measure(returned, true))
    if (!finding.verified) this.#note(`${id} is not healed: ${finding.measured}`)
    return { id, kind, target: 'healed', ...finding }
  }

  /** Gives all nodes the order at once; a finding when some did not obey. */
  async #tell(
    nodes: readonly string[],
    order: NodeOrder | 'start' | 'resume',
    onObeyed: (node: string) => void = () => {},
  ): Promise<Finding | undefined> {
    const refusals: string[] = []
    const tell = async (node: string) => {
      try {
        if (order === 'restart') {
          await this.#network.order(node, 'stop')
          await this.#network.order(node, 'start')
        } else await this.#network.order(node, order)
        onObeyed(node)
      } catch (error) {
        refusals.push((error as Error).message)
      }
    }
    await Promise.all(nodes.map(tell))
    if (refusals.length === 0) return undefined
    return { asked: `${order} ${nodes.join(' ')}`, measured: refusals.join(', '), verified: false }
  }

  async #measure(effect: Effect, healed: boolean): Promise<Finding> {
    const paused = new Set(this.#network.paused())
    const linkOf = (pair: Cut) => this.#board.link(pair.from, pair.to)
    const blocked = (pair: Cut) =>
      linkOf(pair).blocked || linkOf({ from: pair.to, to: pair.from }).blocked || paused.has(pair.to)
    const heard = await probe(this.#network, blocked, this.#timeoutMs(effect))
    const touched = effect.on === 'links' && !healed ? effect.cuts : []
    const links = measureLinks({ heard, blocked, linkOf, touched })
    if (effect.on === 'links') return links
    const wanted =
      healed || effect.order === 'restart' ? 'running' : effect.order === 'pause' ? 'frozen' : 'down'
    return together(measureNodes(effect.nodes, wanted, this.#network.running(), [...paused]), links)
  }

  #timeoutMs(effect: Effect): number {
    const slow = effect.on === 'links' ? effect.cuts.map(({ from, to }) => this.#board.link(from, to)) : []
    const slowestMs = slow.reduce(
      (most, { latencyMs, jitterMs }) => Math.max(most, latencyMs + 3 * jitterMs),
      this.#network.slowestLinkMs,
    )
    return PROBE_ROUND_TRIPS * 2 * slowestMs + PROBE_MARGIN_MS
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
