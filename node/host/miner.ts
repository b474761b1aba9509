// Real mining: worker threads that scan nonces in WASM, started with the first job. The module is compiled once and shared.

import { Worker } from 'node:worker_threads'
import { bestKernel, compileKernel, type Kernel, MAX_VERSIONS } from '../hash.ts'
import { targetBytes } from '../ledger/consensus/target.ts'
import type { Miner, MinerSink, MinerStats, MiningJob } from '../ledger/services.ts'
import { MinerControl } from './miner-control.ts'
import type { MinerWorkerData, MinerWorkerMessage } from './miner-worker.ts'
import { RateMeter } from './rate-meter.ts'

export interface WorkerMinerOptions {
  /** Budget of all threads together; 0: as fast as the machine can. */
  readonly hashRateHps: number
  readonly threads: number
  /** The bundled miner-worker.ts. Default: beside the bundle that holds this file. */
  readonly workerFile?: URL
  /** How many nonces a job has, each in several versions of the header. Default: all 2^32. */
  readonly nonces?: number
  /** A thread died and will be replaced. */
  readonly onCrash?: (why: string) => void
}

/** A thread that died is replaced after this long; twice as long each time it has not hashed in between. */
const REPLACE_MS = 50
const REPLACE_MAX_MS = 30_000
/** A worker holds a few small arrays; V8's defaults would let each keep many megabytes. */
const LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 }

/**
 * Budgets below this try each nonce in one version of the header: their portions are smaller than the group of nonces
 * and versions that is hashed at once, and they have no need to hurry.
 */
const ROLL_FROM_HPS = 20_000

/** No job. A pause keeps the budget running, so that finding a block costs no hashes; idleness does not. */
const NO_JOB = { versions: 0, header: new Uint8Array(80), target: new Uint8Array(32), nonces: 0 }

export class WorkerMiner implements Miner {
  readonly mode = 'real'
  readonly kernel: Kernel
  #hashRateHps: number
  readonly #options: Required<Omit<WorkerMinerOptions, 'hashRateHps'>>
  readonly #sink: MinerSink
  readonly #control: MinerControl
  readonly #meter = new RateMeter()
  readonly #workers: (Worker | undefined)[]
  readonly #failures: number[]
  #module: WebAssembly.Module | undefined
  /** The job in force; undefined when idle, solved or spent. */
  #job: { readonly id: number; readonly generation: number; readonly spent: Set<number> } | undefined
  #started = false
  #closed = false

  constructor(options: WorkerMinerOptions, sink: MinerSink) {
    this.#hashRateHps = options.hashRateHps
    this.#options = {
      threads: options.threads,
      workerFile: options.workerFile ?? new URL('./miner-worker.cjs', import.meta.url),
      nonces: options.nonces ?? 2 ** 32,
      onCrash: options.onCrash ?? (() => {}),
    }
    this.#sink = sink
    this.kernel = bestKernel()
    this.#control = new MinerControl(options.threads)
    this.#workers = Array(options.threads).fill(undefined)
    this.#failures = Array(options.threads).fill(0)
  }

  get hashRateHps(): number {
    return this.#hashRateHps
  }

  setRate(hashRateHps: number): void {
    this.#hashRateHps = hashRateHps
  }

  work(job: MiningJob, unlimited = false): void {
    if (this.#closed) return
    const hashRateHps = unlimited ? 0 : this.#rateOfThread()
    const generation = this.#control.publish({
      versions: hashRateHps > 0 && hashRateHps < ROLL_FROM_HPS ? 1 : MAX_VERSIONS,
      header: job.header,
      target: targetBytes(job.bits),
      hashRateHps,
      nonces: this.#options.nonces,
    })
    this.#job = { id: job.id, generation, spent: new Set() }
    this.#meter.start(performance.now(), this.#control.hashes())
    this.#start()
  }

  idle(): void {
    this.#job = undefined
    this.#control.publish({ ...NO_JOB, hashRateHps: 0 })
    this.#meter.stop()
  }

  stats(): MinerStats {
    const hashes = this.#control.hashes()
    return { hashes, hashRateHps: this.#meter.rate(performance.now(), hashes) }
  }

  /** Ends the threads; nothing is answered any more. */
  async close(): Promise<void> {
    this.#closed = true
    this.idle()
    await Promise.all(this.#workers.map(worker => worker?.terminate()))
  }

  /** Until the sink brings new work. */
  #pause(): void {
    this.#job = undefined
    this.#control.publish({ ...NO_JOB, hashRateHps: this.#rateOfThread() })
  }

  #rateOfThread(): number {
    return this.#hashRateHps / this.#options.threads
  }

  #start(): void {
    if (this.#started) return
    this.#started = true
    for (let index = 0; index < this.#options.threads; index++) this.#startWorker(index)
  }

  #startWorker(index: number): void {
    if (this.#closed) return
    this.#module ??= compileKernel(this.kernel)
    const { workerFile, threads } = this.#options
    const data: MinerWorkerData = {
      kernel: this.kernel,
      module: this.#module,
      memory: this.#control.memory,
      index,
      workers: threads,
    }
    const worker = new Worker(workerFile, {
      workerData: data,
      resourceLimits: LIMITS,
      name: `miner-${index}`,
    })
    let why = ''
    worker.on('message', (message: MinerWorkerMessage) => this.#onMessage(index, message))
    worker.on('error', error => {
      why = error.message
    })
    worker.on('exit', code => this.#onExit(index, why || `exit code ${code}`))
    worker.unref()
    this.#workers[index] = worker
  }

  #onMessage(index: number, message: MinerWorkerMessage): void {
    this.#failures[index] = 0
    const job = this.#job
    if (job?.generation !== message.generation) return // of a job that is no more
    if (message.type === 'solution') {
      this.#pause() // one solution a job; the other threads stop
      this.#sink.onSolution(job.id, message.nonce, message.version)
      return
    }
    job.spent.add(index)
    if (job.spent.size < this.#options.threads) return
    this.#pause()
    this.#sink.onExhausted(job.id)
  }

  /** The successor goes on where the shared memory says the dead thread had come to. */
  #onExit(index: number, why: string): void {
    this.#workers[index] = undefined
    if (this.#closed) return
    const waitMs = Math.min(REPLACE_MAX_MS, REPLACE_MS * 2 ** (this.#failures[index] as number))
    this.#failures[index] = (this.#failures[index] as number) + 1
    this.#options.onCrash(`miner thread ${index}: ${why}`)
    setTimeout(() => this.#startWorker(index), waitMs).unref()
  }
}
