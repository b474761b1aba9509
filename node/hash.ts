// The hashing core behind one interface. The only file that touches the .wasm; picks SIMD where the engine has it.
// Nothing is compiled before the first hash is asked for.

import scalarBytes from '../dist/wasm/hash.scalar.wasm'
import simdBytes from '../dist/wasm/hash.simd.wasm'

export type Kernel = 'simd' | 'scalar'

export interface ScanResult {
  /** First nonce whose header hash meets the target; undefined if none in the range does. */
  readonly nonce: number | undefined
  /** The header's version that goes with it. */
  readonly version: number | undefined
  /** Hashes tried. */
  readonly hashes: number
}

export interface HeaderCheck {
  /** The hashes of all headers, one after the other, 32 bytes each. */
  readonly hashes: Uint8Array
  /** How many of the first are linked, each to the one before, and meet the target that they state. */
  readonly valid: number
}

export interface Hasher {
  readonly kernel: Kernel
  /** 32 bytes, a copy of its own. */
  sha256(message: Uint8Array): Uint8Array
  /** SHA-256 of SHA-256. */
  sha256d(message: Uint8Array): Uint8Array
  /** sha256d of each, four at a time. The digests share one buffer. */
  sha256dMany(messages: readonly Uint8Array[]): Uint8Array[]
  /** Bitcoin's Merkle root of 32-byte leaves in wire order. `mutated`: two equal neighbours hashed together (CVE-2012-2459). */
  merkleRoot(leaves: readonly Uint8Array[]): { readonly root: Uint8Array; readonly mutated: boolean }
  /** Root that a branch proves for `leaf` at `index`. */
  merkleBranchRoot(leaf: Uint8Array, branch: readonly Uint8Array[], index: number): Uint8Array
  /**
   * Folds a layer of a tree of single SHA-256 (BEP 52) so many times: `nodes` of 32 bytes each, one after the other, at least one;
   * `padding` (32 bytes) stands for each that is missing. Gives the nodes of the layer reached.
   */
  foldTree(nodes: Uint8Array, levels: number, padding: Uint8Array): Uint8Array
  /** SHA-256 of each block of at most 16 KiB, four whole ones at a time; 32 bytes each, one after the other. */
  leafHashes(blocks: readonly Uint8Array[]): Uint8Array
  /** Checks proof of work and linkage of 80-byte headers; `previous`: the hash that the first must name, in wire order. */
  checkHeaders(headers: readonly Uint8Array[], previous: Uint8Array): HeaderCheck
  /**
   * Tries nonces `from` … `from + count − 1` (≤ 2^32) on an 80-byte header; `target`: 32 bytes little-endian. Each nonce is
   * tried in `versions` (1 … MAX_VERSIONS) versions of the header, counted up in the bits that BIP 320 leaves to miners:
   * with 16 versions a hash costs a fifth less.
   */
  scan(header: Uint8Array, target: Uint8Array, from: number, count: number, versions?: number): ScanResult
}

/** The most versions of a header that one scan tries; MAX_VERSIONS of assembly/layout.ts. */
export const MAX_VERSIONS = 16

/** What the module exports; assembly/index.ts. Numbers are byte addresses and lengths in its memory. */
interface Exports {
  readonly memory: WebAssembly.Memory
  readonly BATCH: WebAssembly.Global
  readonly DATA: WebAssembly.Global
  readonly DATA_SIZE: WebAssembly.Global
  readonly DIGEST: WebAssembly.Global
  readonly DIGESTS: WebAssembly.Global
  readonly HEADER: WebAssembly.Global
  readonly LEAF_BYTES: WebAssembly.Global
  readonly LENGTHS: WebAssembly.Global
  readonly STATE: WebAssembly.Global
  readonly TARGET: WebAssembly.Global
  begin(): void
  absorb(blocks: number): void
  finish(rest: number, bytes: number): void
  sha256(length: number): void
  sha256d(length: number): void
  batch(count: number): void
  chain(count: number): number
  merkle(count: number, levels: number): number
  branch(depth: number, index: number): void
  leaves(count: number): void
  tree(count: number, levels: number): void
  scan(nonce: number, count: number, versions: number): number
}

/** Hashes a call of the module tries at most: about 10 ms, so that V8's faster code takes over soon. */
const SCAN_SLICE = 1 << 16

class WasmHasher implements Hasher {
  readonly kernel: Kernel
  /** Views of the module's regions. */
  readonly #data: Uint8Array
  readonly #digest: Uint8Array
  readonly #digests: Uint8Array
  readonly #lengths: Uint32Array
  readonly #header: Uint8Array
  readonly #state: Uint8Array
  readonly #target: Uint8Array
  readonly #wasm: Exports

  constructor(kernel: Kernel, module: WebAssembly.Module) {
    this.kernel = kernel
    const wasm = new WebAssembly.Instance(module).exports as Exports
    const region = (at: WebAssembly.Global, bytes: number) =>
      new Uint8Array(wasm.memory.buffer, at.value, bytes)
    this.#wasm = wasm
    this.#data = region(wasm.DATA, wasm.DATA_SIZE.value)
    this.#digest = region(wasm.DIGEST, 32)
    this.#digests = region(wasm.DIGESTS, 32 * wasm.BATCH.value)
    this.#lengths = new Uint32Array(wasm.memory.buffer, wasm.LENGTHS.value, wasm.BATCH.value)
    this.#header = region(wasm.HEADER, 80)
    this.#state = region(wasm.STATE, 32)
    this.#target = region(wasm.TARGET, 32)
  }

  sha256(message: Uint8Array): Uint8Array {
    if (message.length > this.#data.length) return new Sha256(this).update(message).digest()
    this.#data.set(message)
    this.#wasm.sha256(message.length)
    return this.#digest.slice()
  }

  sha256d(message: Uint8Array): Uint8Array {
    if (message.length > this.#data.length) return this.sha256(this.sha256(message))
    this.#data.set(message)
    this.#wasm.sha256d(message.length)
    return this.#digest.slice()
  }

  sha256dMany(messages: readonly Uint8Array[]): Uint8Array[] {
    // Three lanes of nothing would cost more than one message takes by itself.
    if (messages.length === 1) return [this.sha256d(messages[0] as Uint8Array)]
    const digests: Uint8Array[] = []
    let [held, at] = [0, 0]
    for (const message of messages) {
      const room = (message.length + 72) & ~63 // with its padding, in whole blocks
      if (held === this.#lengths.length || at + room > this.#data.length) {
        this.#batch(held, digests)
        ;[held, at] = [0, 0]
      }
      if (room > this.#data.length) digests.push(this.sha256d(message))
      else {
        this.#data.set(message, at)
        this.#lengths[held++] = message.length
        at += room
      }
    }
    this.#batch(held, digests)
    return digests
  }

  /** The digests are views of one copy: a buffer for each would cost more than the digest. */
  #batch(count: number, digests: Uint8Array[]): void {
    this.#wasm.batch(count)
    const { buffer } = this.#digests.slice(0, 32 * count)
    for (let i = 0; i < count; i++) digests.push(new Uint8Array(buffer, 32 * i, 32))
  }

  checkHeaders(headers: readonly Uint8Array[], previous: Uint8Array): HeaderCheck {
    const hashes = new Uint8Array(32 * headers.length)
    const most = this.#lengths.length
    let valid = 0
    this.#digest.set(sized(previous, 32))
    for (let first = 0; first < headers.length; first += most) {
      const count = Math.min(most, headers.length - first)
      for (let i = 0; i < count; i++) this.#data.set(sized(headers[first + i] as Uint8Array, 80), 80 * i)
      const good = this.#wasm.chain(count)
      if (valid === first) valid += good
      hashes.set(this.#digests.subarray(0, 32 * count), 32 * first)
      this.#digest.set(this.#digests.subarray(32 * (count - 1), 32 * count))
    }
    return { hashes, valid }
  }

  merkleRoot(leaves: readonly Uint8Array[]): { readonly root: Uint8Array; readonly mutated: boolean } {
    if (leaves.length === 0) return { root: new Uint8Array(32), mutated: false }
    const chunk = this.#data.length / 32
    let mutated = false
    let level = leaves
    // A tree too large for the module's memory is folded in subtrees, all of one height.
    while (level.length > chunk) {
      const nodes: Uint8Array[] = []
      for (let i = 0; i < level.length; i += chunk) {
        if (this.#fold(level.slice(i, i + chunk), Math.log2(chunk))) mutated = true
        nodes.push(this.#data.slice(0, 32))
      }
      level = nodes
    }
    if (this.#fold(level, Math.ceil(Math.log2(level.length)))) mutated = true
    return { root: this.#data.slice(0, 32), mutated }
  }

  #fold(nodes: readonly Uint8Array[], levels: number): boolean {
    for (let i = 0; i < nodes.length; i++) this.#data.set(sized(nodes[i] as Uint8Array, 32), 32 * i)
    return this.#wasm.merkle(nodes.length, levels) !== 0
  }

  foldTree(nodes: Uint8Array, levels: number, padding: Uint8Array): Uint8Array {
    const most = this.#data.length / 32
    let layer = nodes
    this.#digest.set(sized(padding, 32))
    for (let left = levels; left > 0; ) {
      const count = layer.length / 32
      // One that does not fit is folded in subtrees of one height.
      const step = count <= most ? left : Math.min(left, Math.log2(most))
      const folded = new Uint8Array(32 * Math.ceil(count / 2 ** step))
      const missing = this.#digest.slice()
      for (let first = 0; first < count; first += most) {
        const part = Math.min(most, count - first)
        this.#data.set(layer.subarray(32 * first, 32 * (first + part)))
        this.#digest.set(missing)
        this.#wasm.tree(part, step)
        folded.set(this.#data.subarray(0, 32 * Math.ceil(part / 2 ** step)), (32 * first) / 2 ** step)
      }
      layer = folded
      left -= step
    }
    return layer
  }

  leafHashes(blocks: readonly Uint8Array[]): Uint8Array {
    const hashes = new Uint8Array(32 * blocks.length)
    const bytes = this.#wasm.LEAF_BYTES.value
    const places: number[] = []
    const flush = () => {
      this.#wasm.leaves(places.length)
      for (const [i, place] of places.entries())
        hashes.set(this.#digests.subarray(32 * i, 32 * (i + 1)), 32 * place)
      places.length = 0
    }
    for (const [place, block] of blocks.entries()) {
      if (block.length > bytes) throw new RangeError(`a block of ${block.length} bytes`)
      if (block.length < bytes) continue
      this.#data.set(block, bytes * places.length)
      if (places.push(place) * bytes === this.#data.length) flush()
    }
    if (places.length > 0) flush()
    for (const [place, block] of blocks.entries())
      if (block.length < bytes) hashes.set(this.sha256(block), 32 * place)
    return hashes
  }

  merkleBranchRoot(leaf: Uint8Array, branch: readonly Uint8Array[], index: number): Uint8Array {
    if (branch.length > 32) throw new RangeError(`a branch of ${branch.length} hashes`)
    this.#data.set(sized(leaf, 32))
    branch.forEach((sibling, i) => {
      this.#data.set(sized(sibling, 32), 32 * (i + 1))
    })
    this.#wasm.branch(branch.length, index)
    return this.#digest.slice()
  }

  scan(header: Uint8Array, target: Uint8Array, from: number, count: number, versions = 1): ScanResult {
    if (from < 0 || from + count > 2 ** 32) throw new RangeError(`nonces ${from} … ${from + count - 1}`)
    if (versions < 1 || versions > MAX_VERSIONS) throw new RangeError(`${versions} versions`)
    this.#target.set(sized(target, 32))
    for (let tried = 0; tried < count; ) {
      this.#header.set(sized(header, 80))
      const slice = Math.min(SCAN_SLICE / versions, count - tried) >>> 0
      const before = this.#wasm.scan(from + tried, slice, versions)
      if (before < slice * versions) {
        const version = new DataView(this.#header.buffer, this.#header.byteOffset).getInt32(0, true)
        const nonce = from + tried + Math.floor(before / versions)
        return { nonce, version, hashes: tried * versions + before + 1 }
      }
      tried += slice
    }
    return { nonce: undefined, version: undefined, hashes: count * versions }
  }

  /** Takes whole blocks into the running hash `state`. For Sha256 alone. */
  absorb(state: Uint8Array, blocks: Uint8Array): void {
    this.#state.set(state)
    for (let at = 0; at < blocks.length; at += this.#data.length) {
      const part = blocks.subarray(at, at + this.#data.length)
      this.#data.set(part)
      this.#wasm.absorb(part.length / 64)
    }
    state.set(this.#state)
  }

  /** The digest of a message of `bytes` bytes, from its running hash and its last incomplete block. For Sha256 alone. */
  finish(state: Uint8Array, rest: Uint8Array, bytes: number): Uint8Array {
    this.#state.set(state)
    this.#data.set(rest)
    this.#wasm.finish(rest.length, bytes)
    return this.#digest.slice()
  }

  /** The running hash of an empty message. For Sha256 alone. */
  initial(): Uint8Array {
    this.#wasm.begin()
    return this.#state.slice()
  }
}

/** What the module reads at a fixed size must have it, or it would hash what an earlier call left there. */
function sized(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new RangeError(`${bytes.length} bytes where ${length} belong`)
  return bytes
}

/** SHA-256 of a message that comes in pieces, and may go on in several ways. */
export interface RunningHash {
  update(piece: Uint8Array): this
  /** Of all pieces so far. Nothing may follow. */
  digest(): Uint8Array
  /** One that goes on from here by itself. */
  copy(): RunningHash
}

/** The same of ours: pieces of any length, many side by side on one hasher; more may follow a digest. */
export class Sha256 implements RunningHash {
  readonly #hasher: WasmHasher
  readonly #state: Uint8Array
  readonly #rest = new Uint8Array(64)
  #bytes = 0

  constructor(hasher: Hasher = defaultHasher()) {
    if (!(hasher instanceof WasmHasher)) throw new TypeError('Sha256 needs a hasher of createHasher')
    this.#hasher = hasher
    this.#state = hasher.initial()
  }

  update(piece: Uint8Array): this {
    const held = this.#bytes % 64
    this.#bytes += piece.length
    let at = 0
    if (held > 0) {
      at = Math.min(64 - held, piece.length)
      this.#rest.set(piece.subarray(0, at), held)
      if (held + at < 64) return this
      this.#hasher.absorb(this.#state, this.#rest)
    }
    const end = piece.length - ((piece.length - at) % 64)
    if (end > at) this.#hasher.absorb(this.#state, piece.subarray(at, end))
    this.#rest.set(piece.subarray(end))
    return this
  }

  copy(): Sha256 {
    const copy = new Sha256(this.#hasher)
    copy.#state.set(this.#state)
    copy.#rest.set(this.#rest)
    copy.#bytes = this.#bytes
    return copy
  }

  /** The digest of all pieces so far; more may follow. */
  digest(): Uint8Array {
    return this.#hasher.finish(this.#state, this.#rest.subarray(0, this.#bytes % 64), this.#bytes)
  }
}

/** The fastest kernel that this engine accepts. */
export function bestKernel(): Kernel {
  best ??= WebAssembly.validate(simdBytes) ? 'simd' : 'scalar'
  return best
}

/** The compiled module, once a thread; a worker can be given it. */
export function compileKernel(kernel: Kernel): WebAssembly.Module {
  modules[kernel] ??= new WebAssembly.Module(kernel === 'simd' ? simdBytes : scalarBytes)
  return modules[kernel]
}

/** A hasher with memory of its own (192 kB). */
export function createHasher(kernel: Kernel = bestKernel(), module = compileKernel(kernel)): Hasher {
  return new WasmHasher(kernel, module)
}

let best: Kernel | undefined
const modules: { [kernel in Kernel]?: WebAssembly.Module } = {}
let shared: WasmHasher | undefined

function defaultHasher(): WasmHasher {
  shared ??= new WasmHasher(bestKernel(), compileKernel(bestKernel()))
  return shared
}

/** The hasher of this thread; made at its first use. */
export const hasher: Hasher = {
  get kernel() {
    return defaultHasher().kernel
  },
  sha256: message => defaultHasher().sha256(message),
  sha256d: message => defaultHasher().sha256d(message),
  sha256dMany: messages => defaultHasher().sha256dMany(messages),
  merkleRoot: leaves => defaultHasher().merkleRoot(leaves),
  merkleBranchRoot: (leaf, branch, index) => defaultHasher().merkleBranchRoot(leaf, branch, index),
  foldTree: (nodes, levels, padding) => defaultHasher().foldTree(nodes, levels, padding),
  leafHashes: blocks => defaultHasher().leafHashes(blocks),
  checkHeaders: (headers, previous) => defaultHasher().checkHeaders(headers, previous),
  scan: (header, target, from, count, versions) =>
    defaultHasher().scan(header, target, from, count, versions),
}
