// Which filter a block has, shown by the block itself. First cheaply: a filter that lacks a script that the block pays to is false. Where
// that does not tell, the filter is made here; for that the coins that the block spends are looked for in the blocks before it.

import type { Cancel } from '../core/host.ts'
import { ProtocolError } from '../errors.ts'
import { isCoinbase, outPointKey } from '../ledger/chain/tx.ts'
import type { Block, BlockEntry, OutPointKey } from '../ledger/chain/types.ts'
import { BASIC_FILTER, basicFilter, filterHash, filterMatches } from '../ledger/filters/basic-filter.ts'
import type { BlockFilter } from '../ledger/messages.ts'
import type { BlockFetcher } from './blocks.ts'
import type { Commitments } from './commitments.ts'
import type { LightEnv, LightPeer } from './peers.ts'
import { sameBytes } from './same-bytes.ts'

const OP_RETURN = 0x6a
/** Blocks asked for at once when coins are looked for, and how far back at most. */
const SEARCH_WINDOW = 8
const MAX_SEARCHED = 20_000
/** A trial for which nobody gives the blocks ends without a finding. */
const PATIENCE = 12

export interface DisputeModules {
  readonly env: LightEnv
  readonly commitments: Commitments
  readonly blocks: BlockFetcher
}

/** One of the opinions: the filter's hash, and who holds it. */
export interface Opinion {
  readonly hash: Uint8Array
  peers(): readonly LightPeer[]
}

export interface TrialCase {
  readonly about: BlockEntry
  readonly sides: readonly Opinion[]
  /** `truth`: the hash of the block's filter; undefined: it could not be found out. */
  end(truth: Uint8Array | undefined): void
}

export class Trial {
  readonly #modules: DisputeModules
  readonly #case: TrialCase
  /** Opinions that nothing was found against. */
  #standing: readonly Opinion[]
  /** Of whom a filter was asked, for which opinion. */
  readonly #witnesses = new Map<LightPeer, Opinion>()
  readonly #heard = new Set<Opinion>()
  #block: Block | undefined
  /** Coins that the block spends and whose scripts are not known yet, and the scripts that are. */
  readonly #missing = new Set<OutPointKey>()
  readonly #spent: Uint8Array[] = []
  readonly #asked = new Set<BlockEntry>()
  #next = 0
  #searching = false
  #over = false
  #cancel: Cancel[] = []

  constructor(modules: DisputeModules, about: TrialCase) {
    this.#modules = modules
    this.#case = about
    this.#standing = about.sides
  }

  begin(): void {
    const { env, blocks } = this.#modules
    const { about } = this.#case
    blocks.want(about, block => this.#onBlock(block))
    this.#cancel.push(env.net.clock.after(PATIENCE * env.patience.blockMs, () => this.#end(undefined)))
  }

  stop(): void {
    this.#over = true
    for (const cancel of this.#cancel) cancel()
    for (const entry of [this.#case.about, ...this.#asked]) this.#modules.blocks.forget(entry)
  }

  onFilter(peer: LightPeer, { type, block, filter }: BlockFilter): boolean {
    const opinion = this.#witnesses.get(peer)
    if (this.#over || !opinion || !this.#block || type !== BASIC_FILTER || block !== this.#case.about.hash)
      return false
    this.#witnesses.delete(peer)
    this.#heard.add(opinion)
    const { env } = this.#modules
    const { height } = this.#case.about
    if (!sameBytes(filterHash(filter), opinion.hash)) {
      env.blame(peer, 'contradiction', height, 'a filter that its filter header does not commit to')
      // Others may hold the same opinion.
      this.#heard.delete(opinion)
      this.#askFor(opinion)
    } else if (lacksOutput(filter, this.#block)) {
      this.#standing = this.#standing.filter(other => other !== opinion)
      this.#condemn(opinion)
    }
    if (this.#witnesses.size === 0) this.#search()
    return true
  }

  #onBlock(block: Block): void {
    if (this.#over) return
    const { env } = this.#modules
    this.#block = block
    for (const opinion of this.#case.sides) this.#askFor(opinion)
    this.#cancel.push(env.net.clock.after(env.patience.answerMs, () => this.#search()))
    if (this.#witnesses.size === 0) this.#search()
  }

  #askFor(opinion: Opinion): void {
    const { env } = this.#modules
    const { about } = this.#case
    const witness = opinion.peers().find(peer => !this.#witnesses.has(peer) && !peer.blamed)
    if (!witness) return
    this.#witnesses.set(witness, opinion)
    env.send(witness, 'getcfilters', { type: BASIC_FILTER, start: about.height, stop: about.hash })
  }

  #condemn(opinion: Opinion): void {
    const { env } = this.#modules
    for (const peer of opinion.peers())
      env.blame(peer, 'filter', this.#case.about.height, 'a filter without a script of its block')
  }

  /** Of two opinions one that is left is the right one, as far as anybody here knows; else the filter is made. */
  #search(): void {
    if (this.#over || this.#searching || !this.#block) return
    if (this.#standing.length === 1 && this.#heard.size === this.#case.sides.length) {
      this.#end(this.#standing[0]?.hash)
      return
    }
    this.#searching = true
    this.#collect(this.#block)
    this.#next = this.#case.about.height - 1
    this.#goOn()
  }

  /** What the block spends of its own; the rest is missing. */
  #collect(block: Block): void {
    const made = new Map<OutPointKey, Uint8Array>()
    for (const tx of block.transactions) {
      if (!isCoinbase(tx))
        for (const { previous } of tx.inputs) {
          const script = made.get(outPointKey(previous))
          if (script) this.#spent.push(script)
          else this.#missing.add(outPointKey(previous))
        }
      for (const [index, { script }] of tx.outputs.entries())
        made.set(outPointKey({ txid: tx.txid, index }), script)
    }
  }

  #goOn(): void {
    const { env, blocks } = this.#modules
    const { about } = this.#case
    if (this.#missing.size === 0) {
      this.#finish()
      return
    }
    while (this.#asked.size < SEARCH_WINDOW && this.#next > 0 && about.height - this.#next <= MAX_SEARCHED) {
      const entry = env.chain.ancestor(about, this.#next--)
      if (!entry) break
      this.#asked.add(entry)
      blocks.want(entry, block => {
        this.#asked.delete(entry)
        if (this.#over) return
        this.#lookThrough(block)
        this.#goOn()
      })
    }
    if (this.#asked.size === 0) this.#end(undefined)
  }

  #lookThrough(block: Block): void {
    for (const { txid, outputs } of block.transactions)
      for (const [index, { script }] of outputs.entries())
        if (this.#missing.delete(outPointKey({ txid, index }))) this.#spent.push(script)
  }

  #finish(): void {
    const truth = filterHash(basicFilter(this.#block as Block, this.#spent))
    for (const opinion of this.#standing) if (!sameBytes(opinion.hash, truth)) this.#condemn(opinion)
    this.#end(truth)
  }

  #end(truth: Uint8Array | undefined): void {
    if (this.#over) return
    this.stop()
    this.#case.end(truth)
  }
}

/** Some script that the block pays to, and that somebody may spend, is not in the filter. */
function lacksOutput(filter: Uint8Array, { header, transactions }: Block): boolean {
  try {
    return transactions.some(({ outputs }) =>
      outputs.some(
        ({ script }) =>
          script.length > 0 && script[0] !== OP_RETURN && !filterMatches(filter, header, [script]),
      ),
    )
  } catch (error) {
    if (error instanceof ProtocolError) return true // it is none
    throw error
  }
}
