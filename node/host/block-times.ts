// How long blocks take inside this node, told from the ledger's own events.

import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { AnyEvent } from '../core/host.ts'
import type { LedgerEvent } from '../ledger/events.ts'
import type { NodeMetrics } from './metrics.ts'

/** Blocks that are announced and never come are forgotten beyond so many. */
const MAX_BLOCKS = 1_000

export class BlockTimes {
  readonly #metrics: NodeMetrics
  readonly #seenMs = new Map<HashHex, number>()
  readonly #receivedMs = new Map<HashHex, number>()

  constructor(metrics: NodeMetrics) {
    this.#metrics = metrics
  }

  /** Takes every event; times those of blocks. */
  onEvent(event: AnyEvent): void {
    const { type, hash } = event as LedgerEvent & { readonly hash: HashHex }
    if (type === 'block-seen') remember(this.#seenMs, hash)
    else if (type === 'block-received') {
      this.#observe('netsplit_node_block_receive_seconds', this.#seenMs, hash)
      remember(this.#receivedMs, hash)
    } else if (type === 'block-connected')
      this.#observe('netsplit_node_block_connect_seconds', this.#receivedMs, hash)
  }

  #observe(name: Parameters<NodeMetrics['observe']>[0], since: Map<HashHex, number>, hash: HashHex): void {
    const sinceMs = since.get(hash)
    if (sinceMs === undefined) return
    since.delete(hash)
    this.#metrics.observe(name, (performance.now() - sinceMs) / 1000)
  }
}

function remember(times: Map<HashHex, number>, hash: HashHex): void {
  times.set(hash, performance.now())
  if (times.size <= MAX_BLOCKS) return
  const [oldest] = times.keys()
  if (oldest !== undefined) times.delete(oldest)
}
