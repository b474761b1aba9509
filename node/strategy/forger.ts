// What a light client is told in place of the truth. Filters are forged so that they fit together: each leaves out everything but what a
// block pays to its miner, and the filter headers commit to just these.

import type { PeerView } from '../bitcoin/protocol.ts'
import type { HashHex } from '../bitcoin/wire/hex.ts'
import { makeBlock } from '../ledger/chain/block.ts'
import { makeHeader } from '../ledger/chain/header.ts'
import { makeTx } from '../ledger/chain/tx.ts'
import type { Block, BlockEntry, Header, Tx } from '../ledger/chain/types.ts'
import { BASIC_FILTER, basicFilter, filterHash, filterHeader } from '../ledger/filters/basic-filter.ts'
import { NO_FILTER_HEADER } from '../ledger/filters/filter-index.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type GetFilterCheckpoints, type GetFilters, INV, type Inventories } from '../ledger/messages.ts'
import type { LightAnswer, LightQuestion } from './api.ts'

const NODE_NETWORK = 1n
const FORGED_HEADERS = 3
const CHECKPOINT_BLOCKS = 1_000
const MAX_FILTERS = 2_000

interface Forged {
  readonly filter: Uint8Array
  readonly hash: Uint8Array
  readonly header: Uint8Array
}

/** A block's filter as a liar tells it. */
export type ForgeFilter = (block: Block) => Uint8Array

export class Forger {
  readonly #ledger: Ledger
  readonly #forge: ForgeFilter
  readonly #forged = new Map<HashHex, Forged>()

  constructor(ledger: Ledger, forge: ForgeFilter = minersOnly) {
    this.#ledger = ledger
    this.#forge = forge
  }

  /** What a light client asks with this message; undefined: nothing, or it is no light client that asks. */
  question(peer: PeerView, command: string, payload: unknown): LightQuestion | undefined {
    if ((peer.services & NODE_NETWORK) !== 0n) return undefined
    const { tip } = this.#ledger.chain
    if (command === 'getheaders') return { about: 'headers', height: tip.height }
    if (command === 'getdata') {
      const [first] = payload as Inventories
      const entry = first && isBlock(first.type) ? this.#ledger.chain.entry(first.hash) : undefined
      return entry && { about: 'blocks', height: entry.height }
    }
    if (command !== 'getcfilters' && command !== 'getcfheaders' && command !== 'getcfcheckpt')
      return undefined
    const stop = this.#stopOf(payload as GetFilterCheckpoints)
    return stop && { about: 'filters', height: stop.height }
  }

  /** True: it was answered, or is to get no answer. */
  answer(as: LightAnswer, peer: PeerView, command: string, payload: unknown): boolean {
    if (as === 'truth') return false
    if (as === 'silence') return true
    if (command === 'getheaders') peer.say('headers', this.#headersOnTop())
    else if (command === 'getdata') this.#giveBlocks(peer, payload as Inventories)
    else if (command === 'getcfilters') this.#giveFilters(peer, payload as GetFilters)
    else if (command === 'getcfheaders') this.#giveFilterHeaders(peer, payload as GetFilters)
    else this.#giveCheckpoints(peer, payload as GetFilterCheckpoints)
    return true
  }

  /** The easiest there are: they cost nothing. */
  #headersOnTop(): Header[] {
    const { chain } = this.#ledger
    const { header } = chain.tip
    const made: Header[] = [header]
    for (let i = 0; i < FORGED_HEADERS; i++) {
      const { hash, time } = made.at(-1) as Header
      made.push(makeHeader({ ...header, prev: hash, time: time + 1, bits: easier(header.bits), nonce: i }))
    }
    return made
  }

  #giveBlocks(peer: PeerView, items: Inventories): void {
    for (const { type, hash } of items) {
      const block = isBlock(type) ? this.#ledger.chain.block(hash) : undefined
      if (block) peer.say('block', altered(block))
    }
  }

  #giveFilters(peer: PeerView, asked: GetFilters): void {
    for (const entry of this.#entries(asked)) {
      const { filter } = this.#forgedOf(entry)
      peer.say('cfilter', { type: BASIC_FILTER, block: entry.hash, filter })
    }
  }

  #giveFilterHeaders(peer: PeerView, asked: GetFilters): void {
    const entries = this.#entries(asked)
    const [first] = entries
    if (!first) return
    const { type, stop } = asked
    const previousHeader = first.parent ? this.#forgedOf(first.parent).header : NO_FILTER_HEADER
    const filterHashes = entries.map(entry => this.#forgedOf(entry).hash)
    peer.say('cfheaders', { type, stop, previousHeader, filterHashes })
  }

  #giveCheckpoints(peer: PeerView, { type, stop }: GetFilterCheckpoints): void {
    const last = this.#ledger.chain.entry(stop)
    const headers: Uint8Array[] = []
    for (let height = CHECKPOINT_BLOCKS; last && height <= last.height; height += CHECKPOINT_BLOCKS) {
      const entry = this.#ledger.chain.ancestor(last, height)
      if (entry) headers.push(this.#forgedOf(entry).header)
    }
    peer.say('cfcheckpt', { type, stop, headers })
  }

  #stopOf({ stop }: Pick<GetFilters, 'stop'>): BlockEntry | undefined {
    const entry = this.#ledger.chain.entry(stop)
    return entry?.status === 'valid' ? entry : undefined
  }

  #entries({ start, stop }: GetFilters): BlockEntry[] {
    const entries: BlockEntry[] = []
    for (
      let at = this.#stopOf({ stop });
      at && at.height >= start && entries.length < MAX_FILTERS;
      at = at.parent
    )
      entries.push(at)
    return entries.reverse()
  }

  /** From the last known one upwards, so that long chains do not pile up calls. */
  #forgedOf(entry: BlockEntry): Forged {
    const missing: BlockEntry[] = []
    for (let at: BlockEntry | undefined = entry; at && !this.#forged.has(at.hash); at = at.parent)
      missing.push(at)
    for (const each of missing.reverse()) {
      const before = each.parent ? (this.#forged.get(each.parent.hash) as Forged).header : NO_FILTER_HEADER
      const filter = this.#forge(this.#ledger.chain.block(each.hash) as Block)
      const hash = filterHash(filter)
      this.#forged.set(each.hash, { filter, hash, header: filterHeader(hash, before) })
    }
    return this.#forged.get(entry.hash) as Forged
  }
}

/** Finds nobody but the miner. */
function minersOnly({ header, transactions }: Block): Uint8Array {
  return basicFilter(makeBlock(header, transactions.slice(0, 1)), [])
}

/** A larger target, whose mantissa stays below its sign. */
function easier(bits: number): number {
  return (bits & 0x7fffff) < 0x7fffff ? bits + 1 : bits - 1
}

function isBlock(type: number): boolean {
  return type === INV.block || type === INV.witnessBlock
}

/** The same header, and the miner paid a satoshi less. */
function altered({ header, transactions }: Block): Block {
  const [coinbase, ...others] = transactions as readonly [Tx, ...Tx[]]
  const [first, ...rest] = coinbase.outputs
  const { version, inputs, lockTime } = coinbase
  const outputs = first ? [{ ...first, valueSat: Math.max(0, first.valueSat - 1) }, ...rest] : []
  return makeBlock(header, [makeTx({ version, inputs, outputs, lockTime }), ...others])
}
