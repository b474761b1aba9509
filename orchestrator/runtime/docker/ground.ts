// What a testnet has in the engine besides its nodes: the image, its networks, the gateway, the watch on its containers; and the broom,
// before (what earlier networks left) and after (what carries this run's label).

import type { Pace } from '../../network/pace.ts'
import type { RuntimeOptions } from '../runtime.ts'
import type { ContainerLife } from './container.ts'
import { connectEngine, type Engine } from './engine.ts'
import { takesCalls } from './engine-alive.ts'
import { CALL_MS } from './engine-calls.ts'
import { EngineGoing, LEFT } from './engine-going.ts'
import { EngineEvents } from './events.ts'
import { Gateway, type GatewayOptions } from './gateway.ts'
import { findLeftovers } from './gc.ts'
import { ensureNodeImage } from './image.ts'
import { NamedImages } from './images.ts'
import { Injector } from './injector.ts'
import { type Identity, LABEL } from './labels.ts'
import { LinkShaper } from './link-shaper.ts'
import { createNetworks, type TestnetNetworks } from './networks.ts'
import { stuckLines } from './stuck.ts'
import { findThings, removeThings, type StuckThing } from './sweep.ts'
import { ANSWER_MS } from './waits.ts'
import { Warden } from './warden.ts'

type Note = NonNullable<RuntimeOptions['onNote']>

export interface GroundOptions {
  /** The engine that was asked for; looked for when absent. */
  readonly asked: string | undefined
  readonly identity: Identity
  readonly pace: Pace
  /** Blocks count more than they are: see LinkShaper. */
  readonly counted: boolean
  /** Those that the spec names. */
  readonly images: readonly string[]
  readonly onNote: Note
  readonly gateway: Pick<GatewayOptions, 'token' | 'heartbeatTimeoutMs' | 'logFile' | 'reach'>
  /** Nobody wants it any more: what takes long is given up. */
  readonly signal: AbortSignal
}

interface Made {
  readonly engine: Engine
  readonly image: string
  readonly images: NamedImages
  readonly networks: TestnetNetworks
  readonly shaper: LinkShaper
  readonly gateway: Gateway
}

export class Ground {
  readonly engine: Engine
  /** Of our own nodes. */
  readonly image: string
  readonly images: NamedImages
  readonly networks: TestnetNetworks
  readonly shaper: LinkShaper
  readonly gateway: Gateway
  readonly #identity: Identity
  readonly #onNote: Note
  readonly #going: EngineGoing
  readonly #events: EngineEvents
  readonly #lives: Map<string, ContainerLife>
  /** What earlier networks left behind has gone, or it was said why not. */
  readonly #swept: Promise<void>
  /** Sweeps in our stead when we cannot. */
  readonly #warden: Warden

  static async open(options: GroundOptions): Promise<Ground> {
    const { asked, identity, pace, counted, onNote, signal } = options
    const engine = await connectEngine(asked, () => pace.ms(CALL_MS))
    pace.on(engine.facts.cores)
    const { docker } = engine
    const say = (message: string) => onNote('info', message)
    const images = new NamedImages(docker, say, signal)
    const [image, leftovers] = await Promise.all([
      ensureNodeImage(docker, say, signal),
      findLeftovers(docker, identity),
      ...options.images.map(name => images.get(name)),
    ])
    const swept = removeThings(docker, leftovers).then(stuck => sayStuck(stuck, onNote))
    // Names are this run's own, so nothing waits for what is left over to go; but a chain that is kept has one node at a time.
    if (identity.data !== identity.run) await swept
    const lives = new Map<string, ContainerLife>()
    const going = new EngineGoing(onNote)
    const events = new EngineEvents(
      docker,
      { [LABEL.run]: identity.run },
      watcher(engine, identity, lives, going),
    )
    await events.open()
    const shaper = new LinkShaper({
      counted,
      startInjector: (node, beside) =>
        Injector.start(docker, { identity, image, node, beside, answerMs: pace.ms(ANSWER_MS) }),
      say: onNote,
    })
    // From here on there is something to sweep.
    const warden = new Warden(identity.network, engine.place.address)
    try {
      const networks = await createNetworks(docker, identity)
      const gateway = new Gateway({
        ...{ ...options.gateway, docker, identity, image, networks, pace, onNote },
        bothNetworks: engine.facts.twoNetworks,
        watch: life => lives.set(life.id, life),
      })
      gateway.start()
      return new Ground(
        { engine, image, images, networks, shaper, gateway },
        { identity, onNote, going, events, lives, swept, warden },
      )
    } catch (error) {
      events.close()
      warden.dismiss()
      throw error
    }
  }

  private constructor(
    made: Made,
    rest: {
      readonly identity: Identity
      readonly onNote: Note
      readonly going: EngineGoing
      readonly events: EngineEvents
      readonly lives: Map<string, ContainerLife>
      readonly swept: Promise<void>
      readonly warden: Warden
    },
  ) {
    this.engine = made.engine
    this.image = made.image
    this.images = made.images
    this.networks = made.networks
    this.shaper = made.shaper
    this.gateway = made.gateway
    this.#identity = rest.identity
    this.#onNote = rest.onNote
    this.#going = rest.going
    this.#events = rest.events
    this.#lives = rest.lives
    this.#swept = rest.swept
    this.#warden = rest.warden
  }

  /** From now on it hears what the engine tells of its container. */
  watch(life: ContainerLife): void {
    this.#lives.set(life.id, life)
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
    this.#onNote('warn', LEFT)
    this.gateway.letGo()
    this.#events.close()
  }

  /** Removes what carries this run's label, the nodes' volumes only if they are not kept; says what would not go. */
  async remove(keep: boolean): Promise<void> {
    const { docker } = this.engine
    const { run, data } = this.#identity
    const found = await Promise.all(
      [...new Set([run, data])].map(id => findThings(docker, { [LABEL.run]: id })),
    )
    const things = found.flat().filter(({ kind }) => !keep || kind !== 'volume')
    sayStuck(await removeThings(docker, things), this.#onNote)
    await this.#swept
    this.#events.close()
    this.#warden.dismiss()
  }
}

function watcher(
  { docker }: Engine,
  identity: Identity,
  lives: Map<string, ContainerLife>,
  going: EngineGoing,
) {
  return {
    onDied: (id: string, exitCode: number) => lives.get(id)?.onDied(exitCode),
    onKilled: (id: string) => lives.get(id)?.onKilled(),
    onOutOfMemory: (id: string) => lives.get(id)?.onOutOfMemory(),
    onRemoved: (id: string) => {
      lives.get(id)?.onRemoved()
      lives.delete(id)
    },
    onLost: (why: string) => going.lost(why),
    onBack: async () => {
      going.back()
      await takeStock(docker, identity, lives)
    },
  }
}

/** What happened while the engine told nothing: who is gone has ended, who runs is listened to again. */
async function takeStock(
  docker: Engine['docker'],
  { run }: Identity,
  lives: Map<string, ContainerLife>,
): Promise<void> {
  const filters = { label: [`${LABEL.run}=${run}`] }
  const running = new Set((await docker.listContainers({ filters })).map(({ Id }) => Id))
  for (const [id, life] of lives)
    if (running.has(id)) await life.listenAgain(docker).catch(() => {})
    else {
      life.onRemoved()
      lives.delete(id)
    }
}

/** What only the engine's own restart removes was told when it was first met, and doctor and gc tell it to whoever asks. */
function sayStuck(stuck: readonly StuckThing[], onNote: Note): void {
  for (const line of stuckLines(stuck.filter(({ known }) => !known))) onNote('warn', line)
}
