// One mining thread: takes the shared job, scans its share of the nonces slice by slice within its budget, sleeps when
// there is nothing to do. It answers by messages and takes none: it never returns to its event loop.

import { parentPort, workerData } from 'node:worker_threads'
import { createHasher, type Hasher, type Kernel } from '../hash.ts'
import { HashBudget } from './hash-budget.ts'
import { MinerControl, type SharedJob } from './miner-control.ts'

/** Given to the thread at its start. */
export interface MinerWorkerData {
  readonly kernel: Kernel
  readonly module: WebAssembly.Module
  readonly memory: SharedArrayBuffer
  readonly index: number
  readonly workers: number
}

export type MinerWorkerMessage =
  | {
      readonly type: 'solution'
      readonly generation: number
      readonly nonce: number
      readonly version: number
    }
  /** This worker's share is spent. */
  | { readonly type: 'exhausted'; readonly generation: number }

/** A slice takes about this long, so that new work never waits much longer. */
const SLICE_MS = 10
/** Nonces there are. */
const NONCES = 2 ** 32

function main(data: MinerWorkerData): never {
  const control = new MinerControl(data.workers, data.memory)
  const worker = new MinerWorker(data, control)
  for (;;) {
    const job = control.job()
    if (job.versions > 0) worker.mine(job)
    else worker.rest(job)
    control.wait(job.generation)
  }
}

class MinerWorker {
  readonly #data: MinerWorkerData
  readonly #control: MinerControl
  readonly #hasher: Hasher
  readonly #budget = new HashBudget()
  /** Hashes that take about SLICE_MS; grows from a start that is short on any machine. */
  #slice = 2048

  constructor(data: MinerWorkerData, control: MinerControl) {
    this.#data = data
    this.#control = control
    this.#hasher = createHasher(data.kernel, data.module)
  }

  /** Nothing to do. Whether the time earns hashes is the miner's to say. */
  rest(job: SharedJob): void {
    this.#budget.setRate(job.hashRateHps, performance.now())
  }

  /** Works on one job until it is replaced, solved or spent. */
  mine(job: SharedJob): void {
    const { generation } = job
    const { index, workers } = this.#data
    const begin = Math.floor((job.nonces * index) / workers)
    const share = Math.floor((job.nonces * (index + 1)) / workers) - begin
    const first = new DataView(job.header.buffer).getUint32(76, true) + begin
    this.#budget.setRate(job.hashRateHps, performance.now())

    let tried = this.#control.progress(index, generation)
    while (tried < share) {
      if (this.#control.generation !== generation) return
      const wanted = Math.min(this.#slice, (share - tried) * job.versions)
      const allowed = this.#budget.take(wanted, performance.now())
      if (allowed === 0) {
        this.#control.wait(generation, this.#budget.waitMs(performance.now()))
        continue
      }
      const from = (first + tried) % NONCES
      const count = Math.min(Math.ceil(allowed / job.versions), NONCES - from)
      const { nonce, version, hashes } = this.#scan(job, from, count)
      this.#budget.giveBack(allowed - hashes)
      tried += count
      this.#control.setProgress(index, generation, tried, hashes)
      if (nonce !== undefined && version !== undefined) {
        post({ type: 'solution', generation, nonce, version })
        return
      }
    }
    post({ type: 'exhausted', generation })
  }

  #scan(job: SharedJob, from: number, count: number) {
    const startMs = performance.now()
    const result = this.#hasher.scan(job.header, job.target, from, count, job.versions)
    const tookMs = performance.now() - startMs
    // Steer by whole slices only, and by at most a factor of two, so that one hiccup does not count.
    if (result.hashes >= this.#slice && result.nonce === undefined)
      this.#slice = Math.ceil(result.hashes * Math.min(2, Math.max(0.5, SLICE_MS / tookMs)))
    return result
  }
}

function post(message: MinerWorkerMessage): void {
  parentPort?.postMessage(message)
}

main(workerData as MinerWorkerData)
