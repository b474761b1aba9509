// An adversary is an honest service in bad company: a strategy stands between a service and its machine, hears what comes in
// and decides what of the service's messages leaves the node. The service's own code knows nothing of it.

import type { Host } from '../bitcoin/frames.ts'
import type { PeerView, Protocol } from '../bitcoin/protocol.ts'
import type { AnyEvent, ServiceHost } from '../core/host.ts'
import type { LedgerEvent } from '../ledger/events.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { LightAnswer, MakeStrategy, Stage, Strategy } from './api.ts'
import { doubleSpend } from './double-spend.ts'
import { Eavesdropper } from './eavesdropper.ts'
import { Forger } from './forger.ts'
import { liar } from './liar.ts'
import type { FileConfig, StrategyConfig } from './name.ts'
import type { Race } from './race.ts'
import { selfish } from './selfish.ts'
import { makeStage } from './stage.ts'
import type { StrategyEvent } from './told.ts'
import { Veil } from './veil.ts'

/** A file's code, loaded, and what its errors say to a person: where they were thrown. */
export interface LoadedStrategy {
  readonly make: MakeStrategy
  readonly explain: (error: unknown) => string
}

export interface StrategyOptions {
  readonly magic: Uint8Array
  /** Told when a race begins. */
  readonly onRace?: ((race: Race) => void) | undefined
  /** Gives what was loaded of a file. */
  readonly loaded?: ((config: FileConfig) => LoadedStrategy) | undefined
}

/** What Bitcoin's peer is given in place of its ledger and its machine. */
export interface Disguise {
  /** The ledger with an ear at it. */
  readonly protocol: Protocol
  /** The machine as the peer is to see it. Frames are not shared with others: they may have to wait. */
  seen(host: ServiceHost): ServiceHost
}

export function disguise(config: StrategyConfig, ledger: Ledger, options: StrategyOptions): Disguise {
  const company = new Company(config, ledger, options)
  return { protocol: new Eavesdropper(ledger, company), seen: host => company.seen(host) }
}

/** Carries what happens to the strategy of one life of a node. */
class Company {
  readonly #config: StrategyConfig
  readonly #ledger: Ledger
  readonly #options: StrategyOptions
  readonly #own = new Set<string>()
  readonly #forger: Forger
  #host: ServiceHost | undefined
  #veil: Veil | undefined
  #stage: Stage | undefined
  #strategy: Strategy | undefined

  constructor(config: StrategyConfig, ledger: Ledger, options: StrategyOptions) {
    this.#config = config
    this.#ledger = ledger
    this.#options = options
    this.#forger = new Forger(ledger)
  }

  seen(host: ServiceHost): Host {
    const { clock, random, store } = host
    const veil = new Veil(host.connections, this.#options.magic)
    this.#host = host
    this.#veil = veil
    return {
      ...{ clock, random, store, connections: veil },
      screen: (peer, line) => veil.screen(peer, line),
      emit: event => this.#emit(event),
    }
  }

  /** The ledger stands, and does not mine yet. */
  started(): void {
    const [host, veil] = [this.#host, this.#veil]
    if (!host || !veil) throw new Error('a strategy without a machine')
    const config = this.#config
    const isFile = config.name === 'file'
    const stage = makeStage({
      ...{ ledger: this.#ledger, host, veil, own: this.#own },
      strategy: isFile ? config.file : config.name,
      options: isFile ? config.options : { ...config },
      onRace: this.#options.onRace ?? (() => {}),
    })
    this.#stage = {
      ...stage,
      clock: { ...stage.clock, after: (ms, task) => host.clock.after(ms, () => this.#guarded(task)) },
    }
    this.#guarded(() => {
      this.#strategy = this.#make()(this.#stage as Stage)
    })
  }

  /** Others have this block, and the ledger has dealt with it. */
  heard(hash: string): void {
    const entry = this.#strategy?.onHeard && this.#ledger.chain.entry(hash)
    if (entry) this.#guarded(() => this.#strategy?.onHeard?.({ hash, height: entry.height }))
  }

  lies(peer: PeerView, command: string, payload: unknown): boolean {
    const question = this.#strategy?.onLight && this.#forger.question(peer, command, payload)
    if (!question) return false
    let answer: LightAnswer = 'truth'
    this.#guarded(() => {
      answer = this.#strategy?.onLight?.(question) ?? 'truth'
    })
    return this.#forger.answer(answer, peer, command, payload)
  }

  answering(task: () => void): void {
    this.#veil?.answering(task)
  }

  #make(): MakeStrategy {
    const config = this.#config
    if (config.name === 'selfish') return selfish
    if (config.name === 'double-spend') return doubleSpend
    if (config.name === 'liar') return liar
    return this.#load(config).make
  }

  #load(config: FileConfig): LoadedStrategy {
    const loaded = this.#options.loaded?.(config)
    if (!loaded) throw new Error(`nothing was loaded of ${config.file}`)
    return loaded
  }

  /** A block that was found is told before anything that follows from it is sent; a tip, when the node has dealt with it. */
  #emit(event: AnyEvent): void {
    const host = this.#host as ServiceHost
    if (event.type === 'block-mined') {
      const { hash, height } = event as Extract<LedgerEvent, { type: 'block-mined' }>
      this.#own.add(hash)
      this.#guarded(() => this.#strategy?.onFound?.({ hash, height }))
    } else if (event.type === 'tip' && this.#strategy?.onTip) {
      const { hash, height } = event as Extract<LedgerEvent, { type: 'tip' }>
      host.clock.after(0, () => this.#guarded(() => this.#strategy?.onTip?.({ hash, height })))
    }
    host.emit(event)
  }

  /** Our own code crashes on a mistake, as everywhere; somebody else's ends, which is told, and the node goes on honestly. */
  #guarded(task: () => void): void {
    const config = this.#config
    if (config.name !== 'file') {
      task()
      return
    }
    if (this.#failed) return
    try {
      task()
    } catch (error) {
      this.#failed = true
      this.#strategy = undefined
      const why = this.#load(config).explain(error)
      const event: StrategyEvent = { type: 'strategy', strategy: config.file, word: 'failed', facts: { why } }
      this.#host?.emit(event)
      this.#veil?.revealAll()
      this.#ledger.mining.include([])
      this.#ledger.parts.intake.follow()
    }
  }

  #failed = false
}
