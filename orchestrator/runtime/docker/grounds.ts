// What a testnet has on each of its hosts, and what these have in common: the image, the data network, the shaping of links. With one
// engine, that and nothing else; with several, an overlay joins them, and the first builds what the others are sent.

import { noteUsed } from '../../machine/used-hosts.ts'
import type { Pace } from '../../network/pace.ts'
import type { Plan, PlannedHost } from '../../spec/types.ts'
import type { RuntimeOptions } from '../runtime.ts'
import { isLocal } from './discover.ts'
import { connectEngine, connectHost, type Engine } from './engine.ts'
import { CALL_MS } from './engine-calls.ts'
import { Ground, type GroundOptions } from './ground.ts'
import { ensureNodeImage, hasImage } from './image.ts'
import { imagesIn, NamedImages } from './images.ts'
import { Injector } from './injector.ts'
import type { Identity } from './labels.ts'
import { LinkShaper } from './link-shaper.ts'
import { removeNetwork, type TestnetNetwork } from './networks.ts'
import { createOverlay, findManager } from './overlay.ts'
import { type NamedEngine, shipImage } from './ship.ts'
import { ANSWER_MS } from './waits.ts'

type Note = NonNullable<RuntimeOptions['onNote']>

export interface GroundsOptions {
  /** The engine that was asked for; looked for when absent. The plan's hosts come before it. */
  readonly asked: string | undefined
  readonly plan: Plan
  readonly identity: Identity
  readonly pace: Pace
  readonly gateway: Omit<GroundOptions['gateway'], 'logFile'>
  /** Of the gateway of a host; undefined: of the only one. */
  readonly gatewayLog: (host: string | undefined) => string
  readonly onNote: Note
  /** Nobody wants it any more: what takes long is given up. */
  readonly signal: AbortSignal
}

/** A host of the plan, or the only engine; and its engine. */
interface Place extends NamedEngine {
  readonly host: PlannedHost | undefined
  readonly engine: Engine
}

/** Where the engines that are sent images have them from. */
interface Stock {
  readonly image: string
  readonly images: readonly NamedImages[]
}

export class Grounds {
  readonly shaper: LinkShaper
  /** In the order of the plan. */
  readonly all: readonly Ground[]
  /** Removes the overlay: last, and while the others still go. */
  readonly #manager: string | undefined

  static async open(options: GroundsOptions): Promise<Grounds> {
    const { plan, identity, onNote } = options
    const places = await connect(options)
    // Before anything is sent or made there: hosts that cannot have a network in common are told at once.
    const manager = plan.hosts && (await findManager(places))
    if (plan.hosts) noteUsed(identity.network, plan.hosts)
    const stock = await supply(places, options)
    const data = manager && (await createOverlay(places, manager, identity))
    const opened = await Promise.allSettled(
      places.map((place, i) => openGround(place, stock.image, stock.images[i] as NamedImages, data, options)),
    )
    const grounds = opened.flatMap(each => (each.status === 'fulfilled' ? each.value : []))
    const failed = opened.find(each => each.status === 'rejected')
    if (!failed) return new Grounds(grounds, manager?.name, options)
    // A gateway that is not to end would be started anew.
    await Promise.allSettled(grounds.map(({ gateway }) => gateway.close()))
    await Promise.allSettled(grounds.map(ground => ground.remove(false)))
    if (manager && data)
      await removeNetwork(manager.docker, data.id).catch(error => onNote('warn', error.message))
    throw failed.reason
  }

  private constructor(all: readonly Ground[], manager: string | undefined, options: GroundsOptions) {
    const { plan, identity, pace, onNote } = options
    this.all = all
    this.#manager = manager
    this.shaper = new LinkShaper({
      counted: plan.blockBytes > 0,
      startInjector: (node, beside, host) => {
        const { engine, image } = this.of(host)
        return Injector.start(engine.docker, { identity, image, node, beside, answerMs: pace.ms(ANSWER_MS) })
      },
      say: onNote,
    })
  }

  /** Where a node is that the plan, or whoever lets it join, has on this host. */
  of(host: string | undefined): Ground {
    const found = host === undefined ? this.first : this.all.find(ground => ground.host?.name === host)
    if (!found) throw new Error(`no host is named ${host}`)
    return found
  }

  /** Where what is there once only is. */
  get first(): Ground {
    return this.all[0] as Ground
  }

  /** Removes all that carries this run's label; says of each host what would not go, or that it was not there. */
  async remove(keep: boolean): Promise<void> {
    const last = ({ host }: Ground) => this.#manager !== undefined && host?.name === this.#manager
    await Promise.all(this.all.filter(ground => !last(ground)).map(ground => ground.remove(keep)))
    await Promise.all(this.all.filter(last).map(ground => ground.remove(keep)))
  }
}

async function connect({ asked, plan, pace }: GroundsOptions): Promise<readonly Place[]> {
  const callMs = () => pace.ms(CALL_MS)
  const { hosts } = plan
  const engines = hosts
    ? await Promise.all(hosts.map(host => connectHost(host, callMs)))
    : [await connectEngine(asked, callMs)]
  pace.on(engines.reduce((sum, { facts }) => sum + facts.cores, 0))
  return engines.map((engine, i) => {
    const host = hosts?.[i]
    return { name: host?.name ?? engine.place.address, host, engine, docker: engine.docker }
  })
}

/** The node image and those that the plan names, on every host. */
async function supply(places: readonly Place[], { plan, onNote, signal }: GroundsOptions): Promise<Stock> {
  const say = (message: string) => onNote('info', message)
  const [first, ...others] = places as [Place, ...Place[]]
  const named = imagesIn(plan)
  const sent = async (to: readonly Place[], image: string) => {
    if (await hasImage(first.docker, image)) await shipImage(first, to, image, say, signal)
  }
  const images = places.map(
    place =>
      new NamedImages(place.docker, say, signal, place === first ? undefined : image => sent([place], image)),
  )
  const [image] = await Promise.all([
    ensureNodeImage(first.docker, say, signal),
    ...named.map(name => images[0]?.get(name)),
  ])
  for (const each of [image, ...named]) await shipImage(first, others, each, say, signal)
  return { image, images }
}

function openGround(
  { host, engine }: Place,
  image: string,
  images: NamedImages,
  data: TestnetNetwork | undefined,
  { identity, pace, gateway, gatewayLog, onNote }: GroundsOptions,
): Promise<Ground> {
  const name = host?.name
  const say: Note = name === undefined ? onNote : (level, message) => onNote(level, `${name}: ${message}`)
  return Ground.open({
    ...{ host, engine, identity, pace, image, images, data, onNote: say },
    gateway: {
      ...{ ...gateway, logFile: gatewayLog(name) },
      // On another machine its port is not ours to reach.
      reach: gateway.reach ?? (host && !isLocal(host.engine) ? 'exec' : undefined),
    },
  })
}
