// What a testnet has in one engine besides its nodes: the image, its networks, the gateway, the watch on its containers; and the broom,
// before (what earlier networks left) and after (what carries this run's label).

import { Lanes } from '../../lanes.ts'
import { noteClean } from '../../machine/used-hosts.ts'
import type { Pace } from '../../network/pace.ts'
import type { PlannedHost } from '../../spec/types.ts'
import type { RuntimeOptions } from '../runtime.ts'
import type { ContainerLife } from './container.ts'
import { type Engine, unless } from './engine.ts'
import { takesCalls } from './engine-alive.ts'
import { EngineGoing, LEFT } from './engine-going.ts'
import { EngineEvents } from './events.ts'
import { Gateway, type GatewayOptions } from './gateway.ts'
import { findLeftovers } from './gc.ts'
import { HostLoss, type Lives } from './host-loss.ts'
import type { NamedImages } from './images.ts'
import { type Identity, LABEL, type Role } from './labels.ts'
import { createNetworks, type TestnetNetwork, type TestnetNetworks } from './networks.ts'
import { stuckLines } from './stuck.ts'
import { findThings, removeThings, type StuckThing } from './sweep.ts'
import { Warden } from './warden.ts'

type Note = NonNullable<RuntimeOptions['onNote']>

export interface GroundOptions {
  /** Where the engine is, of several. */
  readonly host: PlannedHost | undefined
  readonly engine: Engine
  readonly identity: Identity
  readonly pace: Pace
  /** Of our own nodes; it is there. */
  readonly image: string
  readonly images: NamedImages
  /** The network that hosts have in common; absent: the engine gets one of its own. */
  readonly data: TestnetNetwork | undefined
  readonly onNote: Note
  readonly gateway: Pick<GatewayOptions, 'token' | 'heartbeatTimeoutMs' | 'logFile' | 'reach'>
}

interface Made {
  readonly networks: TestnetNetworks
  readonly gateway: Gateway
  readonly going: EngineGoing
  readonly events: EngineEvents
  readonly lives: Lives
  readonly loss: HostLoss | undefined
  readonly swept: Promise<void>
  readonly warden: Warden
}

/** Engines work on containers in turns; more at once only waits inside the engine. */
const LANES = 8

export class Ground {
  readonly lanes = new Lanes(LANES)
  readonly host: PlannedHost | undefined
  readonly engine: Engine
  /** Of our own nodes. */
  readonly image: string
  readonly images: NamedImages
  readonly networks: TestnetNetworks
  readonly gateway: Gateway
  readonly #identity: Identity
  readonly #onNote: Note
  readonly #going: EngineGoing
  readonly #events: EngineEvents
  readonly #lives: Lives
  readonly #loss: HostLoss | undefined
  /** What earlier networks left behind has gone, or it was said why not. */
  readonly #swept: Promise<void>
  /** Sweeps in our stead when we cannot. */
  readonly #warden: Warden
  #left = false

  static async open(options: GroundOptions): Promise<Ground> {
    const { host, engine, identity, pace, image, onNote } = options
    const { docker } = engine
    const leftovers = await findLeftovers(docker, identity)
    const swept = removeThings(docker, leftovers).then(stuck => sayStuck(stuck, onNote))
    // Names are this run's own, so nothing waits for what is left over to go; but a chain that is kept has one node at a time.
    if (identity.data !== identity.run) await swept
    const lives: Lives = new Map()
    const going = new EngineGoing(onNote)
    const loss =
      host &&
      new HostLoss({
        ...{ host: host.name, heartbeatTimeoutMs: options.gateway.heartbeatTimeoutMs, lives, onNote },
        answers: () => takesCalls(docker),
        onSilent: () => events.breakOff('it does not answer a ping'),
      })
    const events: EngineEvents = new EngineEvents(
      docker,
      { [LABEL.run]: identity.run },
      watcher(engine, identity, lives, going, loss),
    )
    await events.open()
    // From here on there is something to sweep.
    const warden = new Warden(identity.network, engine.place.address, undefined, host)
    try {
      const networks = await createNetworks(docker, identity, options.data)
      const gateway = new Gateway({
        ...{ ...options.gateway, host: host?.name, docker, identity, image, networks, pace, onNote },
        bothNetworks: engine.facts.twoNetworks,
        watch: life => lives.set(life.id, { life }),
      })
      gateway.start()
      return new Ground(options, { networks, gateway, going, events, lives, loss, swept, warden })
    } catch (error) {
      events.close()
      loss?.close()
      warden.dismiss()
      throw error
    }
  }

  private constructor(options: GroundOptions, made: Made) {
    this.host = options.host
    this.engine = options.engine
    this.image = options.image
    this.images = options.images
    this.networks = made.networks
    this.gateway = made.gateway
    this.#identity = options.identity
    this.#onNote = options.onNote
    this.#going = made.going
    this.#events = made.events
    this.#lives = made.lives
    this.#loss = made.loss
    this.#swept = made.swept
    this.#warden = made.warden
  }

  /** From now on it hears what the engine tells of its container, which is this node's. */
  watch(life: ContainerLife, node: string): void {
    this.#lives.set(life.id, { life, node })
    void life.died.then(({ cause }) => {
      if (cause === 'engine') this.#going.say()
    })
  }

  forget(life: ContainerLife): void {
    this.#lives.delete(life.id)
  }

  /** The engine takes calls. */
  async answers(): Promise<boolean> {
    return await takesCalls(this.engine.docker)
  }

  /** The engine is not there to remove anything: whoever sweeps in our stead tries for a while, and it is said who else can. */
  leave(): void {
    this.#left = true
    this.#onNote('warn', LEFT)
    this.gateway.letGo()
    this.#close()
  }

  /** Removes what carries this run's label, the nodes' volumes only if they are not kept; says what would not go. */
  async remove(keep: boolean): Promise<void> {
    if (this.#left) return
    const { docker } = this.engine
    const { network, run, data } = this.#identity
    const found = await Promise.all(
      [...new Set([run, data])].map(id => findThings(docker, { [LABEL.run]: id })),
    )
    const things = found.flat().filter(({ kind }) => !keep || kind !== 'volume')
    const stuck = await removeThings(docker, things)
    sayStuck(stuck, this.#onNote)
    await this.#swept
    this.#close()
    this.#warden.dismiss()
    if (this.host && !keep && stuck.length === 0) noteClean(network, this.host.engine)
  }

  #close(): void {
    this.#events.close()
    this.#loss?.close()
  }
}

function watcher(
  { docker }: Engine,
  identity: Identity,
  lives: Lives,
  going: EngineGoing,
  loss: HostLoss | undefined,
) {
  return {
    onDied: (id: string, exitCode: number) => lives.get(id)?.life.onDied(exitCode),
    onKilled: (id: string) => lives.get(id)?.life.onKilled(),
    onOutOfMemory: (id: string) => lives.get(id)?.life.onOutOfMemory(),
    onRemoved: (id: string) => {
      lives.get(id)?.life.onRemoved()
      lives.delete(id)
    },
    onLost: (why: string) => {
      going.lost(why)
      loss?.begin()
    },
    onBack: async () => {
      going.back()
      const lost = loss?.end() ?? false
      await takeStock(docker, identity, lives, lost)
    },
  }
}

const RUNNING: ReadonlySet<string> = new Set(['running', 'paused'])
/** Others end when we let go of them. */
const LASTING: ReadonlySet<string> = new Set<Role>(['node', 'program', 'gateway'])

/**
 * What happened while the engine told nothing: who is gone has ended, who runs is listened to again. After its host was `lost`,
 * what nobody counts on any more may still be there, and in the way of what comes anew.
 */
async function takeStock(
  docker: Engine['docker'],
  { run }: Identity,
  lives: Lives,
  lost: boolean,
): Promise<void> {
  const filters = { label: [`${LABEL.run}=${run}`] }
  // Who is made while we look is not missed by us, nor who is about to start.
  const before = [...lives]
  const found = await docker.listContainers({ all: true, filters })
  const states = new Map(found.map(({ Id, State }) => [Id, State]))
  for (const [id, { life }] of before)
    if (RUNNING.has(states.get(id) ?? '')) await life.listenAgain(docker).catch(() => {})
    else if (states.get(id) !== 'created') {
      life.onRemoved()
      lives.delete(id)
    }
  const strays = found.filter(
    ({ Id, State, Labels }) => RUNNING.has(State) && LASTING.has(Labels[LABEL.role] ?? '') && !lives.has(Id),
  )
  if (lost)
    await Promise.all(
      strays.map(({ Id }) => unless([404, 409], docker.getContainer(Id).remove({ force: true }))),
    )
}

/** What only the engine's own restart removes was told when it was first met, and doctor and gc tell it to whoever asks. */
function sayStuck(stuck: readonly StuckThing[], onNote: Note): void {
  for (const line of stuckLines(stuck.filter(({ known }) => !known))) onNote('warn', line)
}
