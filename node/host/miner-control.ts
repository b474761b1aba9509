// What the miner and its worker threads share: a few hundred bytes of memory. The miner alone writes the job, each
// worker alone writes its slot; so a worker reads new work between two slices without an event loop, and waits for it
// without using the processor.

/** One job as the workers see it. Immutable once it has a generation. */
export interface SharedJob {
  /** Names the job; rises with every change. */
  readonly generation: number
  /** In how many versions of the header each nonce is tried; 0: nothing to do until the next generation. */
  readonly versions: number
  /** 80 bytes; its nonce field is where the search begins. */
  readonly header: Uint8Array
  /** 32 bytes, little-endian. */
  readonly target: Uint8Array
  /** Budget of each worker in hashes per second; 0: none. */
  readonly hashRateHps: number
  /** How many nonces there are to try, all workers together. */
  readonly nonces: number
}

// Byte offsets. The generation is odd while the job behind it is being written.
const GENERATION = 0
const VERSIONS = 4
const RATE = 8
const NONCES = 16
const HEADER = 24
const TARGET = HEADER + 80
const SLOTS = TARGET + 32
const SLOT_BYTES = 24
// In a slot: hashes tried since start, progress in the job of that generation.
const HASHES = 0
const PROGRESS = 8
const PROGRESS_GENERATION = 16

export class MinerControl {
  readonly memory: SharedArrayBuffer
  readonly #words: Int32Array
  readonly #numbers: Float64Array
  readonly #counters: BigUint64Array
  readonly #bytes: Uint8Array
  readonly #workers: number

  constructor(workers: number, memory = new SharedArrayBuffer(SLOTS + workers * SLOT_BYTES)) {
    this.memory = memory
    this.#workers = workers
    this.#words = new Int32Array(memory)
    this.#numbers = new Float64Array(memory)
    this.#counters = new BigUint64Array(memory)
    this.#bytes = new Uint8Array(memory)
  }

  /** The generation in force. */
  get generation(): number {
    return Atomics.load(this.#words, GENERATION / 4)
  }

  // ---- the miner's side

  /** Puts a job in force and wakes the workers. Returns its generation. */
  publish(job: Omit<SharedJob, 'generation'>): number {
    Atomics.add(this.#words, GENERATION / 4, 1)
    this.#words[VERSIONS / 4] = job.versions
    this.#numbers[RATE / 8] = job.hashRateHps
    this.#numbers[NONCES / 8] = job.nonces
    this.#bytes.set(job.header, HEADER)
    this.#bytes.set(job.target, TARGET)
    Atomics.add(this.#words, GENERATION / 4, 1)
    Atomics.notify(this.#words, GENERATION / 4)
    return this.generation
  }

  /** Hashes tried since start by all workers. */
  hashes(): number {
    let sum = 0n
    for (let worker = 0; worker < this.#workers; worker++)
      sum += Atomics.load(this.#counters, slot(worker, HASHES) / 8)
    return Number(sum)
  }

  // ---- a worker's side

  /** The job in force, whole. */
  job(): SharedJob {
    for (;;) {
      const generation = this.generation
      const job = {
        generation,
        versions: this.#words[VERSIONS / 4] as number,
        header: this.#bytes.slice(HEADER, HEADER + 80),
        target: this.#bytes.slice(TARGET, TARGET + 32),
        hashRateHps: this.#numbers[RATE / 8] as number,
        nonces: this.#numbers[NONCES / 8] as number,
      }
      if (generation % 2 === 0 && generation === this.generation) return job
    }
  }

  /** Sleeps until the generation changes or the time is over. */
  wait(generation: number, timeoutMs = Number.POSITIVE_INFINITY): void {
    Atomics.wait(this.#words, GENERATION / 4, generation, timeoutMs)
  }

  /** How many nonces of its share a worker has tried in this job; its successor goes on from there. */
  progress(worker: number, generation: number): number {
    const same = this.#words[slot(worker, PROGRESS_GENERATION) / 4] === generation
    return same ? (this.#numbers[slot(worker, PROGRESS) / 8] as number) : 0
  }

  setProgress(worker: number, generation: number, tried: number, hashes: number): void {
    this.#words[slot(worker, PROGRESS_GENERATION) / 4] = generation
    this.#numbers[slot(worker, PROGRESS) / 8] = tried
    Atomics.add(this.#counters, slot(worker, HASHES) / 8, BigInt(hashes))
  }
}

function slot(worker: number, field: number): number {
  return SLOTS + worker * SLOT_BYTES + field
}
