// The chain that counts: its blocks by height and the coins unspent at its tip. Moves the tip along the tree, forth and back.

import type { HashHex } from '../../bitcoin/wire/hex.ts'
import { ConsensusError, DamagedStore } from '../../errors.ts'
import type { ChainParams } from '../../params.ts'
import { medianTimePast } from '../consensus/header-rules.ts'
import type { RuleBook } from '../consensus/rules.ts'
import type { SignatureCache } from '../script/input.ts'
import type { Secp256k1 } from '../services.ts'
import type { ChainStore } from './chain-store.ts'
import { connectBlock, type SharedValidation } from './connect.ts'
import type { Connected } from './connected.ts'
import { ancestor, forkPoint, pathUp } from './tree.ts'
import type { Block, BlockEntry, InvalidBlock } from './types.ts'
import { deltaOf, type UtxoDelta, UtxoSet } from './utxo.ts'

/** What moving the tip needs. */
export interface ActiveChainModules {
  readonly params: ChainParams
  readonly rules: RuleBook
  readonly store: ChainStore
  readonly secp: Secp256k1
  readonly shared: SharedValidation | undefined
  readonly signatures: SignatureCache | undefined
}

/** A block that could not be connected, and the rule that it breaks. */
export interface Failure {
  readonly at: BlockEntry
  readonly broken: InvalidBlock
}

export class ActiveChain {
  /** The last of the entries: almost every message asks for it, and the end of the list is not in the caches. */
  #tip: BlockEntry
  readonly utxo: UtxoSet
  /** By height. */
  readonly entries: readonly BlockEntry[]
  readonly #entries: BlockEntry[]
  readonly #modules: ActiveChainModules
  /** Of a reorganisation that goes on: who is told of it needs them all, and most are too old for the store's cache. */
  readonly #held = new Map<HashHex, Block>()

  /** `entries`: from genesis to the tip; `utxo`: the coins as that tip left them. */
  constructor(modules: ActiveChainModules, entries: readonly BlockEntry[], utxo = new UtxoSet()) {
    this.#modules = modules
    this.#entries = [...entries]
    this.entries = this.#entries
    this.#tip = entries.at(-1) as BlockEntry
    this.utxo = utxo
  }

  get tip(): BlockEntry {
    return this.#tip
  }

  includes(entry: BlockEntry): boolean {
    return this.#entries[entry.height] === entry
  }

  /** The ancestor of any entry at a height; on this chain itself without a search. */
  ancestor(entry: BlockEntry, height: number): BlockEntry | undefined {
    return this.includes(entry) && height <= entry.height ? this.#entries[height] : ancestor(entry, height)
  }

  /** The block of an entry that is known to be stored. */
  body(entry: BlockEntry): Block {
    const block = this.#held.get(entry.hash) ?? this.#modules.store.block(entry.hash)
    if (block === undefined) throw new DamagedStore(`no block ${entry.hash}`)
    return block
  }

  /** Whoever had to be told was told. */
  release(): void {
    this.#held.clear()
  }

  /** Makes `target`, whose blocks are all stored, the tip. Where a block on the way breaks a rule, says which. */
  moveTo(target: BlockEntry): Failure | undefined {
    const fork = forkPoint(this.tip, target)
    return fork === this.tip ? this.#extend(target) : this.#reorganise(fork, target)
  }

  /** Writes what is staged together with the tip that it leads to. */
  commitTip(): void {
    const { store } = this.#modules
    store.stageTip(this.tip, this.utxo.mark)
    store.commit()
  }

  /** Connects the blocks from the tip up to `target`, each in a batch of its own, as far as they are valid. */
  #extend(target: BlockEntry): Failure | undefined {
    for (const entry of pathUp(this.tip, target)) {
      try {
        this.#connect(entry)
      } catch (error) {
        return failure(entry, error)
      }
      this.commitTip()
    }
    return undefined
  }

  /** Exchanges the blocks above `fork` for those up to `target`: all of them, in one batch, or none. */
  #reorganise(fork: BlockEntry, target: BlockEntry): Failure | undefined {
    const { store } = this.#modules
    const place = store.staged
    const wayBack: (() => void)[] = []
    for (const entry of pathUp(fork, this.tip).reverse()) {
      this.#held.set(entry.hash, this.body(entry))
      const delta = this.#disconnect(entry)
      wayBack.push(() => {
        this.utxo.apply(delta)
        this.#push(entry)
      })
    }
    for (const entry of pathUp(fork, target)) {
      const { status } = entry
      this.#held.set(entry.hash, this.body(entry))
      try {
        const delta = this.#connect(entry)
        wayBack.push(() => {
          this.utxo.revert(delta)
          this.#pop()
          entry.status = status
        })
      } catch (error) {
        for (const step of wayBack.reverse()) step()
        store.unstage(place)
        return failure(entry, error)
      }
    }
    this.commitTip()
    return undefined
  }

  #connect(entry: BlockEntry): UtxoDelta {
    const { store } = this.#modules
    const outcome = this.#outcomeOf(entry)
    const { delta } = outcome
    this.utxo.apply(delta)
    this.#push(entry)
    entry.status = 'valid'
    store.stageConnected(outcome)
    store.stageEntry(entry)
    return delta
  }

  #disconnect(entry: BlockEntry): UtxoDelta {
    const { store } = this.#modules
    const block = this.body(entry)
    const undo = store.undo(block)
    if (undo === undefined) throw new DamagedStore(`no undo data of block ${entry.hash}`)
    const delta = deltaOf(block, entry.height, undo)
    this.utxo.revert(delta)
    this.#pop()
    store.stageCoins(delta.created, delta.spent)
    return delta
  }

  #push(entry: BlockEntry): void {
    this.#entries.push(entry)
    this.#tip = entry
  }

  #pop(): void {
    this.#entries.pop()
    this.#tip = this.#entries.at(-1) as BlockEntry
  }

  /** What connecting this block to the tip yields: validated now, or known from before. */
  #outcomeOf(entry: BlockEntry): Connected {
    const { shared, store } = this.#modules
    const known = shared?.get(entry.hash)
    if (known) return known
    const block = this.body(entry)
    // Connected once, it was found valid; its ancestors, and so the coins, are the same as then.
    const undo = entry.status === 'valid' ? store.undo(block) : undefined
    if (undo) return { block, undo, delta: deltaOf(block, entry.height, undo) }
    const outcome = this.validate(block)
    shared?.put(outcome)
    return outcome
  }

  /** What connecting a block to the tip would yield; changes nothing. Throws the first rule about coins that it breaks. */
  validate(block: Block): Connected {
    const { params, rules, secp, signatures } = this.#modules
    return connectBlock(block, {
      params,
      rules: rules.after(this.tip),
      secp,
      signatures,
      height: this.tip.height + 1,
      medianTime: medianTimePast(this.tip),
      medianTimeAt: height => medianTimePast(this.#entries[height] as BlockEntry),
      coinAt: key => this.utxo.get(key),
    })
  }
}

/** Anything but a broken rule is passed on. */
function failure(entry: BlockEntry, error: unknown): Failure {
  if (!(error instanceof ConsensusError)) throw error
  const { reason, detail, deployment } = error
  return { at: entry, broken: { hash: entry.hash, reason, detail, deployment } }
}
