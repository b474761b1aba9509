// A network on paper that is as busy as a real one: what its nodes and its testnet say, second by second, as the lines of
// text in which a controller hears them. Seeded; holds no more than the last blocks.

import { createHash } from 'node:crypto'
import type { TestnetEvent } from '../../orchestrator/observe/events.ts'
import { createRandom } from '../../orchestrator/spec/random.ts'
import type { Plan } from '../../orchestrator/spec/types.ts'
import { BITS, START_MS } from './network-double.ts'

/** What was said: by a node, or by the testnet itself. */
export interface Told {
  readonly node: string | undefined
  readonly timeMs: number
  readonly line: string
}

const PEERS = 8
const TX_PER_SECOND = 20
const BLOCK_EVERY_S = 5
const CUT_EVERY_S = 600
const CUT_FOR_S = 30
const START_HEIGHT = { height: 0, hash: '0'.repeat(64) }

interface Tip {
  readonly height: number
  readonly hash: string
}

export class BusyNetwork {
  readonly #plan: Plan
  readonly #names: readonly string[]
  readonly #random = createRandom('a busy network')
  readonly #seq = new Map<string, number>()
  readonly #hashes = new Map<string, number>()
  /** Of each side; one while nothing is cut. */
  #tips: Tip[] = [START_HEIGHT]
  #told: Told[] = []
  #made = 0

  constructor(plan: Plan) {
    this.#plan = plan
    this.#names = plan.nodes.map(({ name }) => name)
  }

  launch(): readonly Told[] {
    this.#told = []
    this.#say(START_MS, { type: 'network-starting', nodes: this.#names.length })
    this.#names.forEach((node, i) => {
      const [p2p, control] = [`127.0.0.1:${20_000 + i}`, `http://127.0.0.1:${30_000 + i}`]
      this.#say(START_MS, { type: 'node-ready', node, p2p, control, pid: 1000 + i, resumedHeight: 0 })
      for (let peer = 1; peer <= PEERS; peer++) {
        const address = `127.0.0.1:${20_000 + ((i + peer * peer) % this.#names.length)}`
        const bare = { peer, address, inbound: peer > PEERS / 2, userAgent: '/netsplit:0.1.0/' }
        this.#nodeSays(node, START_MS, { type: 'peer-up', ...bare })
      }
    })
    this.#say(START_MS, { type: 'network-ready', seconds: 1 })
    return this.#told
  }

  /** All that is said in the `second`-th second, in order. */
  second(second: number): readonly Told[] {
    this.#told = []
    const fromMs = START_MS + second * 1000
    const phase = second % CUT_EVERY_S
    if (phase === CUT_EVERY_S / 2) this.#cut(fromMs)
    if (phase === CUT_EVERY_S / 2 + CUT_FOR_S) this.#heal(fromMs)
    for (const node of this.#names) this.#sample(node, fromMs + this.#random.int(1000))
    for (let i = 0; i < TX_PER_SECOND; i++) this.#payment(fromMs + this.#random.int(800))
    // About exponential, and now and then two at once: a fork.
    for (let side = 0; side < this.#tips.length; side++)
      if (this.#random.int(BLOCK_EVERY_S * this.#tips.length) === 0) this.#block(side, fromMs + 100, 60)
    return this.#told.sort((a, b) => a.timeMs - b.timeMs)
  }

  /** The nodes of a side: halves while there are two. */
  #side(side: number): readonly string[] {
    const half = this.#names.length / 2
    if (this.#tips.length === 1) return this.#names
    return side === 0 ? this.#names.slice(0, half) : this.#names.slice(half)
  }

  #cut(timeMs: number): void {
    this.#tips = [this.#tips[0] ?? START_HEIGHT, this.#tips[0] ?? START_HEIGHT]
    const sides = [this.#side(0), this.#side(1)]
    const id = `partition-${timeMs}`
    this.#say(timeMs, { type: 'fault-started', id, kind: 'partition', target: 'halves', detail: '', sides })
    this.#links(timeMs, true)
    this.#say(timeMs, { type: 'fault-verified', id, ok: true, asked: '1250 silent', measured: '1250 silent' })
  }

  #heal(timeMs: number): void {
    const id = `partition-${timeMs - CUT_FOR_S * 1000}`
    this.#links(timeMs, false)
    this.#say(timeMs, { type: 'fault-ended', id })
    const [a, b] = this.#tips
    if (a && b) this.#tips = [a.height >= b.height ? a : b]
  }

  #links(timeMs: number, blocked: boolean): void {
    const half = this.#names.length / 2
    const link = { ...this.#plan.defaultLink, blocked }
    for (const from of this.#names.slice(0, half))
      for (const to of this.#names.slice(half)) {
        this.#say(timeMs, { type: 'link-changed', from, to, link })
        this.#say(timeMs, { type: 'link-changed', from: to, to: from, link })
      }
  }

  #sample(node: string, timeMs: number): void {
    const measuredHps = 190_000 + this.#random.int(20_000)
    const hashes = (this.#hashes.get(node) ?? 0) + measuredHps
    this.#hashes.set(node, hashes)
    const { height, hash: tip } = this.#tips[0] ?? START_HEIGHT
    const mempool = this.#random.int(120)
    const rssBytes = 60_000_000 + this.#random.int(10_000_000)
    const sampled = { node, height, tip, peers: PEERS, mempool, measuredHps, hashes, rssBytes }
    this.#say(timeMs, { type: 'node-sampled', ...sampled })
  }

  #payment(timeMs: number): void {
    const txid = this.#hash()
    const node = this.#names[this.#random.int(this.#names.length)] ?? ''
    this.#say(timeMs, { type: 'load-sent', node, txid })
    for (const name of this.#names) {
      const bare = { txid, bytes: 222, feeSat: 1000, from: 1 + this.#random.int(PEERS) }
      this.#nodeSays(name, timeMs + this.#random.int(180), { type: 'tx-accepted', ...bare })
    }
  }

  #block(side: number, timeMs: number, hopMs: number): void {
    const before = this.#tips[side] ?? START_HEIGHT
    const [hash, height] = [this.#hash(), before.height + 1]
    const headerTime = Math.floor(timeMs / 1000)
    const header = {
      hash,
      prev: before.hash,
      height,
      headerTime,
      bits: BITS,
      transactions: 101,
      bytes: 24_000,
    }
    const nodes = this.#side(side)
    const first = this.#random.int(nodes.length)
    nodes.forEach((_, i) => {
      const name = nodes[(first + i) % nodes.length] ?? ''
      const atMs = timeMs + (i === 0 ? 0 : hopMs * (1 + Math.log2(1 + i)) + this.#random.int(hopMs))
      const from = i === 0 ? undefined : 1 + this.#random.int(PEERS)
      const fromAddress = `127.0.0.1:${20_000 + this.#random.int(this.#names.length)}`
      const by = i === 0 ? 'mined' : 'cmpctblock'
      this.#nodeSays(name, atMs, { type: 'block-seen', hash, by, from, fromAddress })
      this.#nodeSays(name, atMs + 5, { type: 'block-received', ...header, from, fromAddress })
      this.#nodeSays(name, atMs + 6, { type: 'block-connected', hash, height })
      if (i === 0) this.#nodeSays(name, atMs + 6, { type: 'block-mined', hash, height, transactions: 101 })
      this.#nodeSays(name, atMs + 6, { type: 'tip', hash, height, work: height.toString(16) })
    })
    this.#tips[side] = { height, hash }
  }

  #say(timeMs: number, event: TestnetEvent): void {
    this.#told.push({ node: undefined, timeMs, line: JSON.stringify(event) })
  }

  #nodeSays(node: string, timeMs: number, event: object): void {
    const seq = (this.#seq.get(node) ?? 0) + 1
    this.#seq.set(node, seq)
    this.#told.push({ node, timeMs, line: JSON.stringify({ ...event, seq, timeMs }) })
  }

  #hash(): string {
    this.#made += 1
    return createHash('sha256').update(`${this.#made}`).digest('hex')
  }
}
