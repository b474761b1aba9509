// A network of BitTorrent peers on paper: a plan, an observer, and what nodes and workload would tell.

import { Observer } from '../../orchestrator/observe/observer.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import type { SwarmState } from '../../orchestrator/systems/bittorrent/state.ts'

export const CONTENT = 'ab'.repeat(32)
export const PIECES = 8
export const PIECE_BYTES = 16_384
export const BYTES = PIECES * PIECE_BYTES

const SPEC = `runtime: sim
links: { access: { up: 1Mbit, down: 10Mbit } }
nodes:
  seeds: { count: 1, runs: bittorrent }
  peers: { count: 4, runs: bittorrent }
  evil: { count: 1, runs: bittorrent, strategy: polluter }
  liars: { count: 1, runs: bittorrent, strategy: liar-hashes }
bittorrent: { content: [{ name: film, size: ${BYTES}B }] }
`

/** Pieces as the wire has them. */
export function bitfield(pieces: readonly number[]): string {
  const bits = new Uint8Array(Math.ceil(PIECES / 8))
  for (const piece of pieces) bits[piece >> 3] = (bits[piece >> 3] ?? 0) | (0x80 >> (piece & 7))
  return Buffer.from(bits).toString('base64')
}

export const ALL = Array.from({ length: PIECES }, (_, i) => i)

export class PaperSwarm {
  readonly plan = makePlan(parseSpec(SPEC, 'swarm.yaml', {}))
  nowMs = 1_000_000
  readonly observer = new Observer({ plan: this.plan, runtime: 'sim', clock: () => this.nowMs })

  constructor() {
    for (const { name } of this.plan.nodes)
      this.testnet({
        type: 'node-ready',
        node: name,
        p2p: `${name}:1`,
        control: undefined,
        pid: 1,
        resumedHeight: 0,
      })
    this.testnet({ type: 'network-ready', seconds: 1 })
  }

  testnet(event: object): void {
    this.observer.observe(undefined, event as never)
  }

  node(name: string, event: object): void {
    this.observer.observe(name, { seq: 0, timeMs: this.nowMs, content: CONTENT, ...event } as never)
  }

  shared(node = 'seeds-1'): void {
    const magnet = `magnet:?xt=urn:btmh:1220${CONTENT}`
    const sizes = { bytes: BYTES, pieces: PIECES, pieceLength: PIECE_BYTES }
    this.testnet({
      type: 'bittorrent/shared',
      data: { node, content: CONTENT, name: 'film', magnet, ...sizes },
    })
  }

  wanted(...nodes: readonly string[]): void {
    for (const node of nodes)
      this.testnet({ type: 'bittorrent/wanted', data: { node, content: CONTENT, name: 'film' } })
  }

  /** A sample of a node that has these pieces. */
  has(name: string, pieces: readonly number[], more: object = {}): void {
    const held = {
      ...{ content: CONTENT, name: 'film', bytes: BYTES, pieces: PIECES, has: bitfield(pieces) },
      ...{ hasPieces: pieces.length, verifiedBytes: pieces.length * PIECE_BYTES, connections: 2 },
      ...{ downBytes: pieces.length * PIECE_BYTES, wastedBytes: 0, upBytes: 0, downBps: 0, upBps: 0 },
      ...{ complete: pieces.length === PIECES, ...more },
    }
    const health = { connections: 2, sentBytes: 1, receivedBytes: 2, dhtNodes: 3, contents: [held] }
    this.testnet({
      ...{ type: 'node-sampled', node: name, height: 0, tip: '', peers: 0, mempool: 0, measuredHps: 0 },
      ...{ hashes: 0, rssBytes: 0, services: { bittorrent: health } },
    })
  }

  progress(name: string, pieces: number, from: { readonly [address: string]: number }): void {
    this.node(name, { type: 'bittorrent/progress', pieces, verifiedBytes: pieces * PIECE_BYTES, from })
  }

  /** It has all of it, so many ms from now. */
  complete(name: string, afterMs = 0): void {
    this.nowMs += afterMs
    this.node(name, { type: 'bittorrent/complete', ms: afterMs, verifiedBytes: BYTES, wastedBytes: 0 })
  }

  bans(by: string, node: string, why = 'block'): void {
    this.node(by, { type: 'bittorrent/banned', address: `${node}:1`, why })
  }

  split(...sides: readonly (readonly string[])[]): void {
    this.testnet({
      type: 'fault-started',
      id: 'cut-1',
      kind: 'partition',
      target: 'a | b',
      detail: '',
      sides,
    })
  }

  heal(): void {
    this.testnet({ type: 'fault-ended', id: 'cut-1' })
  }

  get state() {
    return this.observer.state()
  }

  get swarm(): SwarmState {
    return this.state.systems.bittorrent
  }

  get content() {
    const [content] = this.swarm.contents
    if (!content) throw new Error('nothing is shared')
    return content
  }
}
