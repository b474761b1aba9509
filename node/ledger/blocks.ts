// Whole blocks as they come from peers: plain, or compact and put together here (BIP152).

import { sameBytes } from '../bitcoin/wire/bytes.ts'
import type { HashHex } from '../bitcoin/wire/hex.ts'
import { ConsensusError } from '../errors.ts'
import { isBlockOffence } from './blame.ts'
import { merkleRootOf } from './chain/block.ts'
import { checkUnchanged, isMutation } from './chain/block-rules.ts'
import type { Block, BlockEntry, Header, Tx } from './chain/types.ts'
import { PartialBlock, wholeOf } from './compact.ts'
import type { BlockDownload } from './download.ts'
import type { BlockIntake } from './intake.ts'
import type { BlockTxn, CompactBlock } from './messages.ts'
import type { LedgerEnv, LedgerPeer } from './peers.ts'
import type { BlockRelay } from './relay.ts'
import type { HeaderSync } from './sync.ts'
import { Validation, type ValidationTime } from './validation.ts'

/** Blocks that nobody asked for are taken up to this far above the tip. */
const MAX_UNASKED_AHEAD = 288
/** Only the next blocks can be made of our mempool. */
const MAX_COMPACT_AHEAD = 2
/** Peers that are asked for the transactions of one block. */
const MAX_ALONGSIDE = 3
/** Compact blocks waiting for their transactions. */
const MAX_PARTIAL = 16
/** Blocks of which a peer was asked for transactions and has not answered yet, as far as they are remembered. */
const MAX_PARTS_ASKED = 64
/** Looking through the mempool for one block's transactions costs as much as there are: so often, whoever sends it. */
const MAX_LOOKS = 4
const MAX_LOOKED_FOR = 64

interface Waiting {
  readonly peer: LedgerPeer
  readonly entry: BlockEntry
  readonly partial: PartialBlock
}

export class BlockReceiver {
  readonly #env: LedgerEnv
  readonly #sync: HeaderSync
  readonly #download: BlockDownload
  readonly #intake: BlockIntake
  readonly #relay: BlockRelay
  readonly #candidates: () => Iterable<Tx>
  readonly #validation: Validation | undefined
  /** Whose answers are awaited, by block, the first asked first. */
  readonly #waiting = new Map<HashHex, readonly Waiting[]>()
  /** How many requests for a block's transactions each peer has not answered. */
  readonly #partsAsked = new Map<LedgerPeer, Map<HashHex, number>>()
  /** How often the mempool was looked through for a block's transactions. */
  readonly #looks = new Map<HashHex, number>()

  /** `candidates`: transactions that a compact block may be made of. */
  constructor(
    env: LedgerEnv,
    parts: { sync: HeaderSync; download: BlockDownload; intake: BlockIntake; relay: BlockRelay },
    candidates: () => Iterable<Tx>,
    validation?: ValidationTime,
  ) {
    this.#validation = validation && new Validation(validation, env.net.clock)
    this.#env = env
    this.#sync = parts.sync
    this.#download = parts.download
    this.#intake = parts.intake
    this.#relay = parts.relay
    this.#candidates = candidates
  }

  onPeerGone(peer: LedgerPeer): void {
    for (const hash of [...this.#waiting.keys()]) this.#takeWaiting(hash, peer)
    this.#partsAsked.delete(peer)
  }

  onBlock(peer: LedgerPeer, block: Block): void {
    const { hash, header } = block
    const source = { by: 'block', from: peer } as const
    const asked = this.#download.askedOf(hash) !== undefined // of whomever: what came late was asked of another since
    const known = this.#env.chain.entry(hash)
    if (!known && this.#isChanged(peer, block)) return
    const entry = known ?? this.#sync.acceptOne(peer, header, source)
    if (!entry) {
      this.#outOfPlace(peer, header)
      return
    }
    this.#sync.has(peer, entry)
    if (entry.status !== 'header' || !(asked || this.#welcome(entry))) return
    this.#checked(peer, entry, block, () => {
      const restore = this.#arrived(block)
      try {
        this.#intake.accept(block, source)
      } catch (error) {
        if (!(error instanceof ConsensusError)) throw error
        if (isMutation(error.reason)) restore(peer)
        if (isBlockOffence(error.reason, error.deployment))
          this.#env.net.misbehaving(peer.id, { reason: error.reason, detail: error.message })
      }
      this.#download.schedule()
    })
  }

  /** Not even the header of such a block is taken of who sends it (Core since 26). */
  #isChanged(peer: LedgerPeer, block: Block): boolean {
    const { chain, net } = this.#env
    const parent = chain.entry(block.header.prev)
    if (!parent) return false
    try {
      checkUnchanged(block, chain.rules.after(parent))
      return false
    } catch (error) {
      if (!(error instanceof ConsensusError)) throw error
      this.#intake.refused(block.hash, error)
      net.misbehaving(peer.id, { reason: error.reason, detail: error.message })
      return true
    }
  }

  /** Blocks are sent to who asked for them, and nobody asks for one whose place is not known: but where they come unasked. */
  #outOfPlace(peer: LedgerPeer, { prev }: Header): void {
    if (this.#relay.isUnsolicited || this.#env.chain.entry(prev)) return
    this.#env.net.misbehaving(peer.id, { reason: 'prev-blk-not-found' })
  }

  /** Does `accept` when the block has been checked: at once, where that takes no time. Until then nobody else is asked for it. */
  #checked(peer: LedgerPeer, entry: BlockEntry, block: Block, accept: () => void): void {
    if (!this.#validation) {
      accept()
      return
    }
    if (this.#validation.has(block.hash)) return
    if (this.#env.peers.has(peer.id)) this.#download.expect(peer, entry)
    this.#validation.run(block.hash, block.size, () => {
      if (entry.status === 'header') accept()
    })
  }

  stop(): void {
    this.#validation?.stop()
  }

  onCompact(peer: LedgerPeer, compact: CompactBlock): void {
    const { hash } = compact.header
    if (this.#waitsFor(hash, peer)) return // its transactions are on their way
    const entry = this.#sync.acceptOne(peer, compact.header, { by: 'cmpctblock', from: peer })
    if (entry?.status !== 'header') return
    const { tip } = this.#env.chain
    const asked = this.#download.askedOf(hash)
    const useful = entry.work > tip.work && entry.height <= tip.height + MAX_COMPACT_AHEAD
    // A block without payments is here whole, however far we are behind: nobody need be asked for it again.
    const complete = compact.shortIds.length === 0 && (asked !== undefined || this.#welcome(entry))
    if (!useful && !complete) {
      if (asked === peer) this.#download.askWhole(peer, entry)
      else this.#download.fill(peer)
      return
    }
    const whole = wholeOf(compact)
    if (whole) {
      this.#finish(peer, entry, whole)
      return
    }
    if (!this.#mayLook(hash)) {
      if (!asked) this.#download.askWhole(peer, entry)
      return
    }
    const partial = PartialBlock.open(compact, this.#candidates(), this.#env.chain.rules.mostBlockWeight)
    const missing = partial?.missing()
    if (partial && missing?.length === 0) this.#finish(peer, entry, partial.complete([]))
    else if (asked && asked !== peer) {
      // On its way from another peer, which may be slow.
      if (partial && missing && this.#mayAskAlongside(peer, hash))
        this.#askMissing({ peer, entry, partial }, missing)
    } else if (partial && missing) {
      this.#download.expect(peer, entry)
      this.#askMissing({ peer, entry, partial }, missing)
    } else this.#download.askWhole(peer, entry)
  }

  onBlockTxn(peer: LedgerPeer, { hash, transactions }: BlockTxn): void {
    const asked = this.#answered(peer, hash)
    const waiting = this.#waitsFor(hash, peer)
    if (!waiting) return
    // The answer does not say which question it is to: a peer that was asked again may have been late with the first one's.
    if (asked > 1 && !waiting.partial.lacks(transactions.length)) return
    this.#takeWaiting(hash, peer)
    this.#finish(peer, waiting.entry, waiting.partial.complete(transactions))
  }

  #waitsFor(hash: HashHex, peer: LedgerPeer): Waiting | undefined {
    return this.#waiting.size > 0 ? this.#waiting.get(hash)?.find(each => each.peer === peer) : undefined
  }

  #takeWaiting(hash: HashHex, peer: LedgerPeer): void {
    const rest = this.#waiting.get(hash)?.filter(each => each.peer !== peer) ?? []
    if (rest.length > 0) this.#waiting.set(hash, rest)
    else this.#waiting.delete(hash)
  }

  /**
   * Those that send blocks unasked since they are fast may be asked for the rest of one that another is slow with, up to three in
   * all. The third is one that we dialled, or one of the others was: attackers that stall may not take all places (Core since 26).
   */
  #mayAskAlongside(peer: LedgerPeer, hash: HashHex): boolean {
    if (!this.#relay.prefers(peer)) return false
    const asked = new Set(this.#waiting.get(hash)?.map(each => each.peer))
    const first = this.#download.askedOf(hash)
    if (first) asked.add(first)
    const dialled = [peer, ...asked].some(({ view }) => !view.inbound)
    return asked.size < (dialled ? MAX_ALONGSIDE : MAX_ALONGSIDE - 1)
  }

  #mayLook(hash: HashHex): boolean {
    const looks = (this.#looks.get(hash) ?? 0) + 1
    this.#looks.set(hash, looks)
    if (this.#looks.size > MAX_LOOKED_FOR) this.#looks.delete(this.#looks.keys().next().value ?? '')
    return looks <= MAX_LOOKS
  }

  #askMissing(waiting: Waiting, indexes: readonly number[]): void {
    const { peer, entry } = waiting
    const { hash } = entry
    const others = this.#waiting.get(hash)
    if (!others && this.#waiting.size >= MAX_PARTIAL)
      this.#waiting.delete(this.#waiting.keys().next().value ?? '')
    this.#waiting.set(hash, [...(others ?? []), waiting])
    this.#askedParts(peer, hash)
    this.#env.send(peer, 'getblocktxn', { hash, indexes })
  }

  #askedParts(peer: LedgerPeer, hash: HashHex): void {
    const asked = this.#partsAsked.get(peer) ?? new Map<HashHex, number>()
    this.#partsAsked.set(peer, asked)
    asked.set(hash, (asked.get(hash) ?? 0) + 1)
    if (asked.size > MAX_PARTS_ASKED) asked.delete(asked.keys().next().value ?? '')
  }

  /** How many requests the peer had not answered, with this answer's. */
  #answered(peer: LedgerPeer, hash: HashHex): number {
    const asked = this.#partsAsked.get(peer)
    const count = asked?.get(hash) ?? 0
    if (count > 1) asked?.set(hash, count - 1)
    else asked?.delete(hash)
    if (asked?.size === 0) this.#partsAsked.delete(peer)
    return count
  }

  /** A compact block may be relayed before it is validated, so its sender is not to blame for what is in it. */
  #finish(peer: LedgerPeer, entry: BlockEntry, block: Block): void {
    if (entry.status !== 'header') return
    if (!hasItsTransactions(block)) {
      // Two transactions with one short id: only the whole block helps.
      this.#download.askWhole(peer, entry)
      return
    }
    this.#checked(peer, entry, block, () => {
      const restore = this.#arrived(block)
      try {
        this.#intake.accept(block, { by: 'cmpctblock', from: peer })
      } catch (error) {
        if (!(error instanceof ConsensusError)) throw error
        if (isMutation(error.reason)) restore(peer)
      }
      this.#download.schedule()
    })
  }

  /** Gives what makes it undone, where it turns out that whoever sent it changed it: others may still send the block itself. */
  #arrived({ hash, size }: Block): (liar: LedgerPeer) => void {
    const waiting = this.#waiting.get(hash)
    const asked = this.#download.askedOf(hash)
    this.#waiting.delete(hash)
    this.#download.arrived(hash, size)
    return liar => {
      const entry = this.#env.chain.entry(hash)
      const honest = waiting?.filter(each => each.peer !== liar) ?? []
      if (honest.length > 0) this.#waiting.set(hash, honest)
      if (entry && asked && asked !== liar && this.#env.peers.has(asked.id))
        this.#download.expect(asked, entry)
    }
  }

  /** Not asked for, but of use: on a chain as good as ours, and not far ahead. */
  #welcome(entry: BlockEntry): boolean {
    const { tip } = this.#env.chain
    return entry.work >= tip.work && entry.height <= tip.height + MAX_UNASKED_AHEAD
  }
}

/** Peers of one process that put a block together once look at it once. */
const proven = new WeakSet<Block>()

function hasItsTransactions(block: Block): boolean {
  if (proven.has(block)) return true
  const { root } = merkleRootOf(block.transactions)
  const right = sameBytes(root, block.header.merkleRoot)
  if (right) proven.add(block)
  return right
}
