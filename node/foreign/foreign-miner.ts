// Blocks of other people's program: it is asked for one whenever the time has come that a miner of this hash rate would find one.

import type { AnyEvent, ServiceHost } from '../core/host.ts'
import { RPC, RpcError, type RpcTable } from '../core/service.ts'
import type { LedgerEvent } from '../ledger/events.ts'
import type { MiningConfig } from '../ledger/mining-mode.ts'
import type { MiningJob } from '../ledger/services.ts'
import { SimulatedMiner } from '../ledger/simulated.ts'
import type { Program } from './program.ts'

/** Asked again for what it did not answer: it may be busy, or about to end. */
const AGAIN_MS = 1_000
/** Of no block in particular: the program makes its own. */
const NO_HEADER = new Uint8Array(80)
const EASIEST_BITS = 0x207fffff

export interface MiningHealth {
  readonly mode: MiningConfig['mode']
  readonly askedHps: number
  readonly measuredHps: number
  readonly hashes: number
}

export class ForeignMiner {
  readonly #config: MiningConfig
  readonly #program: Program
  readonly #host: ServiceHost
  readonly #miner: SimulatedMiner
  #askedHps: number
  #address: string | undefined
  #lastJob = 0
  #refusal: string | undefined
  #stopped = false

  /** `ownAddress`: of this node's wallet, for programs without one. */
  constructor(config: MiningConfig, program: Program, host: ServiceHost, ownAddress: () => string) {
    if (!program.wallet) this.#address = ownAddress()
    this.#config = config
    this.#program = program
    this.#host = host
    this.#askedHps = config.hashRateHps
    const times = {
      mode: 'paced',
      hashRateHps: config.hashRateHps,
      hashesPerBlock: config.hashesPerBlock,
    } as const
    const sink = { onSolution: () => this.#make(), onExhausted: () => {} }
    this.#miner = new SimulatedMiner(times, host.clock, host.random.fork('mining'), sink)
  }

  get mines(): boolean {
    return this.#config.mode !== 'off'
  }

  start(): void {
    if (!this.mines) return
    this.#tell({ type: 'mining-started', mode: 'paced', hashRateHps: this.#askedHps })
    this.#work()
  }

  stop(): void {
    this.#stopped = true
    this.#miner.idle()
  }

  health(): MiningHealth {
    const { hashes, hashRateHps: measuredHps } = this.#miner.stats()
    return { mode: this.mines ? 'paced' : 'off', askedHps: this.#askedHps, measuredHps, hashes }
  }

  readonly rpc: RpcTable = {
    sethashrate: {
      params: ['hashrate?'],
      summary: 'Hashes per second from now on; 0: it rests; without one: as configured.',
      handle: ([hashrate]) => {
        if (!this.mines) throw new RpcError(RPC.misc, 'This node does not mine')
        const asked = hashrate ?? this.#config.hashRateHps
        if (typeof asked !== 'number' || !(asked >= 0 && asked <= 1e12))
          throw new RpcError(RPC.invalidParameter, 'hashrate must be between 0 and 1e12')
        this.#askedHps = asked
        this.#miner.setRate(asked)
        this.#tell({ type: 'hash-rate-set', hashRateHps: asked })
        this.#work()
        return null
      },
    },
  }

  #work(): void {
    if (this.#stopped) return
    const job: MiningJob = { id: ++this.#lastJob, header: NO_HEADER, bits: EASIEST_BITS }
    if (this.#askedHps > 0) this.#miner.work(job)
    else this.#miner.idle()
  }

  /** To an address of its own wallet, where it has one; that is asked for once. */
  #make(): void {
    if (this.#program.generates) {
      this.#ask('generate', [1])
      return
    }
    if (this.#address !== undefined) {
      this.#makeFor(this.#address)
      return
    }
    this.#program.call('getnewaddress', [], outcome => {
      if ('error' in outcome) this.#later(outcome.error.message)
      else {
        this.#address = outcome.result as string
        this.#makeFor(this.#address)
      }
    })
  }

  #makeFor(address: string): void {
    this.#ask('generatetoaddress', [1, address])
  }

  #ask(method: string, params: readonly unknown[]): void {
    this.#program.call(method, params, outcome => {
      if ('error' in outcome) {
        this.#later(outcome.error.message)
        return
      }
      const [hash] = outcome.result as readonly string[]
      this.#refusal = undefined
      if (hash !== undefined) this.#told(hash)
      this.#work()
    })
  }

  #told(hash: string): void {
    this.#program.call('getblock', [hash, this.#program.generates ? 1 : true], outcome => {
      if ('error' in outcome) return
      const { height, nTx, tx } = outcome.result as { height: number; nTx?: number; tx: readonly string[] }
      this.#tell({ type: 'block-mined', hash, height, transactions: nTx ?? tx.length })
    })
  }

  /** Said once, as long as it is the same. */
  #later(why: string): void {
    if (why !== this.#refusal && !this.#stopped)
      this.#host.emit({
        type: 'log',
        level: 'warn',
        message: `${this.#program.name} made no block: ${why}`,
      } as AnyEvent)
    this.#refusal = why
    this.#host.clock.after(AGAIN_MS, () => this.#work())
  }

  #tell(event: LedgerEvent): void {
    if (!this.#stopped) this.#host.emit(event)
  }
}
