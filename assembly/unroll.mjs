// Writes the straight-line SHA-256 kernels while asc compiles: a transform that hands it `unrolled.ts`, which
// exists nowhere on disk. Straight-line code with locals runs 4 to 5 times as fast as loops over memory.
//
// SHA-256 stands here once (FIPS 180-4), over values that are either known now (a JS number), `uniform` (the same for
// every nonce of a scan), or neither. Operations on known values are folded here; operations on uniform values are done
// once, before the loop; what nothing reads is dropped by asc's optimiser. So every trick that miners play by hand
// (midstate, constant words, rounds that do not see the nonce, early out) follows from what a kernel feeds in and
// takes out: see the kernels below. Gains are of the 4-lane scan, measured on Node 20 and 24.

const K = Array.from(primes(64), p => fraction(Math.cbrt(p)))
const IV = Array.from(primes(8), p => fraction(Math.sqrt(p)))

// What code consists of: how an operation is folded, and how it is written for one lane and for four.
const ADD = infix('+', 'i32x4.add', (a, b) => a + b)
const XOR = infix('^', 'v128.xor', (a, b) => a ^ b)
const AND = infix('&', 'v128.and', (a, b) => a & b)
const CHOOSE = call('choose', (e, f, g) => (e & f) ^ (~e & g))
const BIG_SIGMA = call('bigSigma', (x, r, s, t) => rotr(x, r) ^ rotr(x, s) ^ rotr(x, t))
const SIGMA = call('sigma', (x, r, s, shift) => rotr(x, r) ^ rotr(x, s) ^ (x >>> shift))

/** Known words that vector code needs: one table in the module's memory, loaded from where they are used (3 %). */
const literals = []

/** Code of one function under construction. `lanes`: 1 (u32) or 4 (v128). */
class Code {
  /** What is done once, for uniform values; what is done each time. */
  before = []
  body = []
  #lanes
  #results = new Map()
  /** Address of the table through which `before` hands uniform values to `body`, and what lies in it. */
  #table
  #handed = []

  constructor(lanes, table = '') {
    this.#lanes = lanes
    this.#table = table
  }

  /** Size of that table in bytes. */
  get tableSize() {
    return 4 * this.#handed.length
  }

  /** A value given by an expression of the target language. */
  value(expression, uniform = false) {
    const name = `x${this.before.length + this.body.length}`
    const type = uniform || this.#lanes === 1 ? 'u32' : 'v128'
    ;(uniform ? this.before : this.body).push(`const ${name}: ${type} = ${expression}`)
    return { name, uniform }
  }

  /** One operation: folded, done before, or done each time; done only once for the same arguments. */
  apply(operation, args, amounts = []) {
    if (args.every(isKnown)) return operation.fold(...args, ...amounts) >>> 0
    const key = [operation.name, ...args.map(plain), ...amounts].join()
    if (!this.#results.has(key)) this.#results.set(key, this.#emit(operation, args, amounts))
    return this.#results.get(key)
  }

  #emit(operation, args, amounts) {
    if (args.every(a => isKnown(a) || a.uniform))
      return this.value(operation.scalar(...args.map(plain), ...amounts), true)
    const write = this.#lanes === 1 ? operation.scalar : operation.vector
    return this.value(write(...args.map(a => this.#operand(a)), ...amounts))
  }

  /** How `body` reads a value. Uniform ones come from memory too: as locals they would spill, and be loaded again (5 %). */
  #operand(value) {
    const load = this.#lanes === 1 ? 'load<u32>' : 'v128.load32_splat'
    if (isKnown(value))
      return this.#lanes === 1 ? plain(value) : `${load}(LITERALS, ${4 * place(literals, value)})`
    if (!value.uniform) return value.name
    const isNew = !this.#handed.includes(value.name)
    const at = 4 * place(this.#handed, value.name)
    if (isNew) this.before.push(`store<u32>(${this.#table}, ${value.name}, ${at})`)
    return `${load}(${this.#table}, ${at})`
  }

  /** Sum of any number of terms: known and uniform ones first, so that they become one; then in the order given. */
  sum(...terms) {
    const rank = term => (isKnown(term) ? 0 : term.uniform ? 1 : 2)
    const order = terms.filter(term => term !== 0).sort((x, y) => rank(x) - rank(y))
    return order.reduce((x, y) => (x === 0 ? y : this.apply(ADD, [x, y])), 0)
  }

  /** This round's a ⊕ b is the next round's b ⊕ c and is not done again: three operations instead of four (1 %). */
  majority(a, b, c) {
    return this.apply(XOR, [b, this.apply(AND, [this.apply(XOR, [a, b]), this.apply(XOR, [b, c])])])
  }
}

// ---- SHA-256

/** FIPS 180-4, 6.2.2 step 1: the message schedule of a block, as a function that gives word t. */
function schedule(code, block) {
  const w = [...block]
  return function word(t) {
    w[t] ??= code.sum(
      word(t - 16),
      code.apply(SIGMA, [word(t - 15)], [7, 18, 3]),
      word(t - 7),
      code.apply(SIGMA, [word(t - 2)], [17, 19, 10]),
    )
    return w[t]
  }
}

/** Kₜ + Wₜ, as a function of t. */
function keyed(code, block) {
  const word = schedule(code, block)
  return t => code.sum(K[t], word(t))
}

/**
 * Steps 2 and 3: a … h after `count` rounds. The order of the additions is for V8's register allocator:
 * Σ₁ before Ch gained 4 % on Node 20.
 */
function rounds(code, state, keyed, count = 64) {
  let [a, b, c, d, e, f, g, h] = state
  for (let t = 0; t < count; t++) {
    const sum = code.sum(keyed(t), h, code.apply(BIG_SIGMA, [e], [6, 11, 25]))
    const t1 = code.sum(sum, code.apply(CHOOSE, [e, f, g]))
    const t2 = code.sum(code.majority(a, b, c), code.apply(BIG_SIGMA, [a], [2, 13, 22]))
    ;[a, b, c, d, e, f, g, h] = [code.sum(t1, t2), a, b, c, code.sum(d, t1), e, f, g]
  }
  return [a, b, c, d, e, f, g, h]
}

/** All of it: the state after one more block. */
function compress(code, state, block) {
  return addStates(code, state, rounds(code, state, keyed(code, block)))
}

function addStates(code, x, y) {
  return x.map((word, i) => code.sum(word, y[i]))
}

/** The last block of a message of `bytes` bytes, from the words it has left. */
function padded(words, bytes) {
  return [...words, 0x80000000, ...Array(14 - words.length).fill(0), bytes * 8]
}

// ---- the kernels

/** Any block. */
const anyBlock = (code, state, word) => compress(code, state, range(16, word))
/** The second block of a 64-byte message (a pair of Merkle nodes): all its words are known, it has no schedule. */
const pairTail = (code, state) => compress(code, state, padded([], 64))
/** The second block of an 80-byte message (a header). */
const headerTail = (code, state, word) => compress(code, state, padded(range(4, word), 80))
/** The second hash of SHA-256d: its message is the state; its start and half its block are known. */
const rehash = (code, state) => compress(code, IV, padded(state, 32))

/** `name(state, words)`: puts the state's new words in the place of the old ones. */
function stateKernel(name, lanes, result) {
  const code = new Code(lanes)
  const { load, store, bytes } = access(lanes)
  const state = range(8, i => code.value(`${load}(state, ${bytes * i})`))
  const word = i => code.value(lanes === 1 ? bigEndian('words', i) : `${load}(words, ${bytes * i})`)
  const newState = result(code, state, word)
  return [
    `export function ${name}(state: usize, words: usize): void {`,
    ...code.body,
    ...newState.map((value, i) => `${store}(state, ${value.name}, ${bytes * i})`),
    '}',
  ]
}

/**
 * The nonce scan of a header in several versions. The header's second block is: its last three words, the nonce, padding.
 * - Its schedule does not depend on the version: done once for each group of nonces (8 versions: 15 to 22 %).
 * - Rounds 0–2 and the schedule's first words do not see the nonce: done once a job or version, in `…Job` and `…Version`.
 * - Of the second hash only H₇ is wanted, the most significant word: e after round 60. So the last three rounds, and
 *   what feeds only them, are not there.
 * - All versions' first hashes, then all second ones: one loop over both outgrows the instruction cache (9 %; 2 % on 24).
 *
 * `name(…)` gives how many nonces come before the first group in which the top 32 bits of some hash are at most `top`.
 */
function searchKernel(name, lanes) {
  const group = new Code(lanes, 'job')
  const first = new Code(lanes, 'version')
  const second = new Code(lanes)
  firstHash(first, lanes, nonceSchedule(group, lanes))
  const hit = secondHash(second, lanes)
  const eachVersion = body => [
    'for (let i: u32 = 0; i < count; i++) {',
    `const version = versions + ${first.tableSize} * i`,
    `const state = states + ${8 * access(lanes).bytes} * i`,
    ...body,
    '}',
  ]
  const parameters = [
    ...['job: usize', 'versions: usize', 'count: u32', 'schedule: usize', 'states: usize'],
    ...['nonce: u32', 'nonceCount: u32', 'top: u32'],
  ]
  return [
    `export const ${name}Stride: usize = ${first.tableSize}`,
    `export function ${name}Job(words: usize, job: usize): void {`,
    ...group.before,
    '}',
    `export function ${name}Version(midstate: usize, words: usize, version: usize): void {`,
    ...first.before,
    '}',
    `export function ${name}(${parameters}): u32 {`,
    ...(lanes === 1 ? [] : ['let nonces = i32x4.add(i32x4.splat(nonce), i32x4(0, 1, 2, 3))']),
    `for (let tried: u32 = 0; tried < nonceCount; tried += ${lanes}) {`,
    ...group.body,
    ...eachVersion(first.body),
    ...eachVersion([...second.body, `if (${hit}) return tried`]),
    lanes === 1 ? 'nonce++' : 'nonces = i32x4.add(nonces, i32x4.splat(4))',
    '}',
    'return nonceCount',
    '}',
  ]
}

/** Kₜ + Wₜ of the second block, stored at `schedule` where the nonce is in it. Returns in which it is. */
function nonceSchedule(code, lanes) {
  const { store, bytes } = access(lanes)
  const nonce = code.value(lanes === 1 ? 'bswap<u32>(nonce)' : 'swapBytes(nonces)')
  const values = range(64, keyed(code, headerEnd(code, nonce)))
  const ofNonce = values.map(value => !isKnown(value) && !value.uniform)
  values.forEach((value, t) => {
    if (ofNonce[t]) code.body.push(`${store}(schedule, ${value.name}, ${bytes * t})`)
  })
  return ofNonce
}

/** `state` ← the first hash, from the midstate. */
function firstHash(code, lanes, ofNonce) {
  const { load, store, bytes } = access(lanes)
  const midstate = range(8, i => code.value(`load<u32>(midstate, ${4 * i})`, true))
  const own = keyed(code, headerEnd(code))
  const result = rounds(code, midstate, t =>
    ofNonce[t] ? code.value(`${load}(schedule, ${bytes * t})`) : own(t),
  )
  addStates(code, midstate, result).forEach((word, i) => {
    code.body.push(`${store}(state, ${word.name}, ${bytes * i})`)
  })
  if (code.tableSize > 256) throw new Error('a version outgrew its place in layout.ts')
}

/** The condition that the second hash's most significant word is at most `top` (in any lane). */
function secondHash(code, lanes) {
  const { load, bytes } = access(lanes)
  const message = range(8, i => code.value(`${load}(state, ${bytes * i})`))
  const e = rounds(code, IV, keyed(code, padded(message, 32)), 61)[4]
  const h7 = code.sum(IV[7], e).name
  return lanes === 1
    ? `bswap<u32>(${h7}) <= top`
    : `v128.any_true(i32x4.le_u(swapBytes(${h7}), i32x4.splat(top)))`
}

/** The header's second block, of which `words` holds the first three words. */
function headerEnd(code, nonce) {
  return padded([...range(3, i => code.value(bigEndian('words', i), true)), nonce], 80)
}

/** All of them, in one source; asc compiles those that the build at hand calls. */
function kernels() {
  const functions = [
    stateKernel('compress', 1, anyBlock),
    stateKernel('compressPairTail', 1, pairTail),
    stateKernel('rehash', 1, rehash),
    searchKernel('search', 1),
    stateKernel('compressX4', 4, anyBlock),
    stateKernel('compressPairTailX4', 4, pairTail),
    stateKernel('compressHeaderTailX4', 4, headerTail),
    stateKernel('rehashX4', 4, rehash),
    searchKernel('searchX4', 4),
  ]
  return [
    "import { bigSigma, choose, sigma } from './sha256'",
    "import { bigSigmaX4, chooseX4, sigmaX4, swapBytes } from './sha256x4'",
    ...functions.flat(),
    `const LITERALS: usize = memory.data<u32>([${literals.map(plain)}], 16)`,
  ].join('\n')
}

// ---- helpers

function infix(name, vectorName, fold) {
  return { name, fold, scalar: (a, b) => `${a} ${name} ${b}`, vector: (a, b) => `${vectorName}(${a}, ${b})` }
}

/** An operation that is an inline function of sha256.ts and of sha256x4.ts. */
function call(name, fold) {
  return { name, fold, scalar: (...args) => `${name}(${args})`, vector: (...args) => `${name}X4(${args})` }
}

function access(lanes) {
  return lanes === 1
    ? { load: 'load<u32>', store: 'store<u32>', bytes: 4 }
    : { load: 'v128.load', store: 'v128.store', bytes: 16 }
}

function bigEndian(from, word) {
  return `bswap<u32>(load<u32>(${from}, ${4 * word}))`
}

function isKnown(value) {
  return typeof value === 'number'
}

function plain(value) {
  return isKnown(value) ? `0x${value.toString(16)}` : value.name
}

/** Where in the table an entry is; it is added when it is new. */
function place(table, entry) {
  const at = table.indexOf(entry)
  return at >= 0 ? at : table.push(entry) - 1
}

function rotr(x, n) {
  return (x >>> n) | (x << (32 - n))
}

function* primes(count) {
  for (let n = 2; count > 0; n++) {
    let d = 2
    while (n % d !== 0) d++
    if (d !== n) continue
    count--
    yield n
  }
}

/** The first 32 bits of the fractional part. */
function fraction(x) {
  return Math.floor((x - Math.floor(x)) * 2 ** 32)
}

function range(count, each) {
  return Array.from({ length: count }, (_, i) => each(i))
}

export default class Unroll {
  constructor() {
    // Before the files that import it, or asc would look for it on disk.
    this.program.parser.parseFile(kernels(), 'assembly/unrolled.ts', false)
  }
}
