// Puts the links' conditions in force below the nodes, as far as the kernel can; the rest stays with the nodes' transport.
// Every change is a whole new set of rules for each namespace that it concerns, so a known state follows from any state.

import type { LinkConditions, LinkTable } from '../../../node/api.ts'
import { Lanes } from '../../lanes.ts'
import { OPEN_LINE } from '../../spec/access.ts'
import { clearDown, downScript, TRY_LINES } from './access-rules.ts'
import type { Injector } from './injector.ts'
import {
  CLEAR,
  conditionsTo,
  filterScript,
  findDevice,
  type Kernel,
  type KernelPart,
  type LinkRules,
  laneScript,
  remainder,
  rulesOf,
  type Shaped,
} from './link-rules.ts'

/** Helpers that start at once; more would only wait inside the engine. */
const LANES = 8
/** A helper with nothing to hold goes after this long: the next change of a flapping link comes sooner. */
const IDLE_MS = 15_000
const NETEM = 'tc qdisc add dev lo root netem delay 1ms && tc qdisc del dev lo root'
const NOTHING: Scripts = { filter: '', lanes: '', down: '' }
const NO_KERNEL: Kernel = { filters: false, delays: false, lines: false }
const CLEAR_LINKS: LinkTable = {
  default: { latencyMs: 0, jitterMs: 0, bandwidthBps: 0, loss: 0, blocked: false },
  peers: {},
}

export interface LinkShaperOptions {
  /** `host`: where it is, of several. */
  readonly startInjector: (node: string, container: string, host: string | undefined) => Promise<Injector>
  readonly say: (level: 'info' | 'warn', message: string) => void
  /** Blocks count more than they are, as only the nodes know: bandwidths stay with them. */
  readonly counted?: boolean
}

interface Scripts {
  readonly filter: string
  readonly lanes: string
  readonly down: string
}

/** The network namespace of a node that runs. */
interface Namespace {
  readonly container: string
  /** As the node started: this latency its transport has already. */
  readonly initial: LinkTable
  injector: Promise<Injector> | undefined
  applied: Scripts
  /** Changes are made one after the other. */
  turn: Promise<void>
  idle: NodeJS.Timeout | undefined
}

interface Place extends Shaped {
  /** Each has a kernel of its own. */
  readonly host: string | undefined
  links: LinkTable
  namespace: Namespace | undefined
}

export class LinkShaper {
  readonly #options: LinkShaperOptions
  readonly #places = new Map<string, Place>()
  readonly #lanes = new Lanes(LANES)
  /** By host, once somebody had to know. */
  readonly #kernels = new Map<string | undefined, Promise<Kernel>>()
  readonly #said = new Set<string>()
  #flushing: Promise<void> | undefined

  constructor(options: LinkShaperOptions) {
    this.#options = options
  }

  /** There is, or will be, a node with this IP address, known in link tables by `address` (and by others, with the same conditions). */
  know(name: string, ip: string, address: string, host?: string): void {
    if (this.#places.has(name)) return
    this.#places.set(name, { ip, address, host, links: CLEAR_LINKS, namespace: undefined })
  }

  /** Its container runs, with a namespace in which nothing is in force yet. */
  up(name: string, container: string, initial: LinkTable): void {
    const turn = Promise.resolve()
    const rest = { injector: undefined, applied: NOTHING, turn, idle: undefined }
    this.#place(name).namespace = { container, initial, ...rest }
  }

  /** Its container has ended, and its rules with it. */
  down(name: string): void {
    const place = this.#place(name)
    if (place.namespace) release(place.namespace)
    place.namespace = undefined
  }

  close(): void {
    for (const name of this.#places.keys()) this.down(name)
  }

  /** Puts the table in force; resolves with what remains for the node's transport. */
  async shape(name: string, links: LinkTable): Promise<LinkTable> {
    const place = this.#place(name)
    place.links = links
    const kernel = await this.#ask(name, place)
    if (!kernel.filters) return links
    await this.#flush()
    return needsKernel(place) ? remainder(links, this.#part(kernel)) : links
  }

  #part({ delays, lines }: Kernel): KernelPart {
    const { counted = false } = this.#options
    return { delays, widths: !counted, lines: lines && !counted }
  }

  /** What the kernel does for this node; as long as nothing is wanted of it, nobody finds out. */
  async #ask(name: string, { links, namespace, host }: Place): Promise<Kernel> {
    const wanted = namespace && needsKernel({ links, namespace })
    if (wanted) this.#injector(name, namespace).catch(() => {}) // all helpers start at once; who uses them sees the error
    const known = this.#kernels.get(host)
    if (known || !wanted) return (await known) ?? NO_KERNEL
    const looked = this.#look(name, namespace as Namespace)
    this.#kernels.set(host, looked)
    return await looked
  }

  async #look(name: string, namespace: Namespace): Promise<Kernel> {
    try {
      const injector = await this.#injector(name, namespace)
      await injector.run('nft list tables && tc qdisc show')
      const delays = await injector.run(NETEM).then(
        () => true,
        () => false,
      )
      const lines = await injector.run(TRY_LINES).then(
        () => true,
        () => false,
      )
      await injector.run(clearDown('lo'))
      const latency = delays
        ? 'netem delays'
        : 'latency stays in their transport, as this kernel has no netem'
      this.#say('info', `links are shaped below the nodes: nftables blocks and loses, tbf limits, ${latency}`)
      return { filters: true, delays, lines }
    } catch (error) {
      const why = (error as Error).message
      this.#say('warn', `links are shaped in the nodes' transport: no fault helper beside them (${why})`)
      return NO_KERNEL
    }
  }

  /** Kernels that can do the same say so once. */
  #say(level: 'info' | 'warn', message: string): void {
    if (this.#said.has(message)) return
    this.#said.add(message)
    this.#options.say(level, message)
  }

  /** Whoever changes in the same turn of the loop is seen by all, and shares one look at every namespace. */
  #flush(): Promise<void> {
    this.#flushing ??= new Promise(resolve => setImmediate(resolve)).then(async () => {
      this.#flushing = undefined
      await Promise.all([...this.#places.keys()].map(name => this.#apply(name)))
    })
    return this.#flushing
  }

  #apply(name: string): Promise<void> {
    const { namespace } = this.#place(name)
    if (!namespace) return Promise.resolve()
    const done = namespace.turn.then(() => this.#applyNow(name, namespace))
    namespace.turn = done.catch(() => {})
    return done
  }

  async #applyNow(name: string, namespace: Namespace): Promise<void> {
    const place = this.#place(name)
    const wanted = scriptsOf(this.#rules(name, place, (await this.#kernels.get(place.host)) ?? NO_KERNEL))
    const { applied } = namespace
    if (!same(wanted, applied)) {
      clearTimeout(namespace.idle)
      try {
        const injector = await this.#injector(name, namespace)
        await injector.run(script(place.ip, wanted, applied))
      } catch (error) {
        if (place.namespace !== namespace) return // it has ended, and there is nothing to shape
        throw error
      }
      namespace.applied = wanted
    }
    if (wanted === NOTHING && namespace.injector)
      namespace.idle = setTimeout(() => release(namespace), IDLE_MS).unref()
  }

  #rules(name: string, place: Place, kernel: Kernel): LinkRules {
    const { delays, widths, lines } = this.#part(kernel)
    const others = [...this.#places].flatMap(([other, each]) => (other === name ? [] : [each]))
    return rulesOf(place, others, { delays: delays && needsKernel(place), widths, lines })
  }

  #injector(name: string, namespace: Namespace): Promise<Injector> {
    const { startInjector } = this.#options
    const started = (namespace.injector ?? Promise.reject(new Error('there is none yet'))).then(injector => {
      if (injector.ended) throw new Error('it has ended')
      return injector
    })
    namespace.injector = started.catch(() =>
      this.#lanes.run(() => startInjector(name, namespace.container, this.#place(name).host)),
    )
    return namespace.injector
  }

  #place(name: string): Place {
    const place = this.#places.get(name)
    if (!place) throw new Error(`no address is known of ${name}`)
    return place
  }
}

/** More than the latency that the node's transport has had since its start. */
function needsKernel({ links, namespace }: Pick<Place, 'links' | 'namespace'>): boolean {
  const { upBps, downBps } = links.access ?? OPEN_LINE
  if (upBps + downBps > 0) return true
  const all = [links.default, ...Object.values(links.peers)]
  if (all.some(link => link.blocked || link.loss > 0 || link.bandwidthBps > 0)) return true
  return namespace !== undefined && !sameDelays(links, namespace.initial)
}

function release(namespace: Namespace): void {
  clearTimeout(namespace.idle)
  namespace.injector?.then(
    injector => injector.close(),
    () => {}, // it never was
  )
  namespace.injector = undefined
}

function scriptsOf(rules: LinkRules): Scripts {
  const { blocked, lossy, lanes, access } = rules
  if (blocked.length + lossy.length + lanes.length + access.downBps === 0) return NOTHING
  return { filter: filterScript(rules), lanes: laneScript(rules), down: downScript(rules) }
}

function same(a: Scripts, b: Scripts): boolean {
  return a.filter === b.filter && a.lanes === b.lanes && a.down === b.down
}

/** The rules are replaced as a whole; the classes only if they change, as that loses what waits in them. */
function script(ip: string, { filter, lanes, down }: Scripts, before: Scripts): string {
  const lanesChange = lanes !== before.lanes
  const parts = [
    findDevice(ip),
    ...(down !== before.down ? [clearDown(), down] : []),
    ...(lanesChange ? ['tc qdisc del dev "$dev" root 2>/dev/null'] : []),
    ...(lanesChange && lanes !== '' ? [`tc -batch - <<end || exit\n${lanes}\nend`] : []),
    `nft -f - <<end\n${filter === '' ? CLEAR : filter}\nend`,
  ]
  return parts.join('\n')
}

function sameDelays(a: LinkTable, b: LinkTable): boolean {
  const same = (one: LinkConditions, other: LinkConditions) =>
    one.latencyMs === other.latencyMs && one.jitterMs === other.jitterMs
  const addresses = new Set([...Object.keys(a.peers), ...Object.keys(b.peers)])
  return (
    same(a.default, b.default) &&
    [...addresses].every(address => same(conditionsTo(a, address), conditionsTo(b, address)))
  )
}
