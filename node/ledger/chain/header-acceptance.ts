// Which headers come into the tree: those that prove their work, stand on a known parent and keep the rules of their place.
// Of branches that have far less work than the tip only so many: cheap headers must fill neither memory nor disk.

import { ConsensusError } from '../../errors.ts'
import type { ChainParams } from '../../params.ts'
import {
  checkHeader,
  checkProofOfWork,
  type Demands,
  demandsAfter,
  workAfter,
} from '../consensus/header-rules.ts'
import type { RuleBook } from '../consensus/rules.ts'
import { workOfBits } from '../consensus/target.ts'
import type { ActiveChain } from './active-chain.ts'
import type { ChainStore } from './chain-store.ts'
import type { SharedValidation } from './connect.ts'
import type { BlockTree } from './tree.ts'
import type { BlockEntry, Header } from './types.ts'

/** Headers of branches that have far less work than the tip, in all; what has proved more is never refused. */
const MAX_LOW_WORK_HEADERS = 10_000
/** How many blocks' work a branch may lack before it counts as such. */
const LOW_WORK_BLOCKS = 144n

/** What accepting headers needs. */
export interface HeaderModules {
  readonly params: ChainParams
  readonly rules: RuleBook
  readonly store: Pick<ChainStore, 'stageEntry'>
  readonly shared: SharedValidation | undefined
  readonly nowMs: () => number
  /** No chain of less is worth anything (Core's -minimumchainwork). */
  readonly leastWork: bigint
}

/** The chain that counts, as far as headers are concerned. */
type Ground = Pick<ActiveChain, 'tip' | 'ancestor'>

/** What it stages in the store its caller commits. */
export class HeaderAcceptance {
  readonly #modules: HeaderModules
  readonly #tree: BlockTree
  readonly #active: Ground
  #lowWorkHeaders = 0

  constructor(modules: HeaderModules, tree: BlockTree, active: Ground) {
    this.#modules = modules
    this.#tree = tree
    this.#active = active
  }

  /** Takes one header, as `acceptAll` does. Its entry, new or not; it may be one that was set aside. */
  accept(header: Header): BlockEntry {
    const known = this.#known(header)
    if (known) return known
    const lowWork = this.#isLowWork([header])
    const entry = this.#add(header)
    if (lowWork) this.#lowWorkHeaders++
    return entry
  }

  /**
   * Takes headers, each on one known before it. Throws the rule that the first bad one breaks; those before it stay.
   * `last`: the entry of the last header, new or not.
   */
  acceptAll(headers: readonly Header[]): { added: BlockEntry[]; last: BlockEntry } {
    const lowWork = this.#isLowWork(headers.filter(header => !this.#tree.get(header.hash)))
    const added: BlockEntry[] = []
    let last = this.#tree.genesis
    for (const header of headers) {
      const known = this.#known(header)
      last = known ?? this.#add(header)
      if (known) continue
      added.push(last)
      if (lowWork) this.#lowWorkHeaders++
    }
    return { added, last }
  }

  /** What the chain up to `parent` asks of the header on it. */
  demandsAfter(parent: BlockEntry): Demands {
    const { params, shared } = this.#modules
    const known = shared?.demandsAfter(parent.header)
    if (known) return known
    const found = demandsAfter(params, parent, (entry, height) => this.#active.ancestor(entry, height))
    shared?.putDemands(parent.header, found)
    return found
  }

  /** The work that a branch must reach before it is worth storing: the tip's without its last 144 blocks. */
  minimumWork(): bigint {
    const { work, header } = this.#active.tip
    const slack = LOW_WORK_BLOCKS * workOfBits(header.bits)
    const { leastWork } = this.#modules
    return work > slack + leastWork ? work - slack : leastWork
  }

  /** Headers on `parent` that reach that work; whatever is built on a tip of enough work does. */
  haveEnoughWork(parent: BlockEntry, headers: readonly Header[]): boolean {
    const { tip } = this.#active
    if (parent === tip && tip.work >= this.#modules.leastWork) return true
    return workAfter(parent, headers) >= this.minimumWork()
  }

  #known({ hash }: Header): BlockEntry | undefined {
    const known = this.#tree.get(hash)
    if (known?.status === 'invalid') throw new ConsensusError('duplicate-invalid', hash)
    return known
  }

  /** One that is not known yet. */
  #add(header: Header): BlockEntry {
    const { params, store } = this.#modules
    checkProofOfWork(params, header)
    const parent = this.#tree.get(header.prev)
    if (parent === undefined) throw new ConsensusError('prev-blk-not-found', header.prev)
    if (parent.status === 'invalid') throw new ConsensusError('bad-prevblk', header.prev)
    // On one that was set aside by order it is kept, so that how far that chain goes is known.
    this.checkOn(header, parent)
    const entry = this.#tree.add(header, parent)
    store.stageEntry(entry)
    return entry
  }

  /** All that a header on this parent must meet but its work. */
  checkOn(header: Header, parent: BlockEntry): void {
    const { params, rules, nowMs } = this.#modules
    const { leastVersion } = rules.after(parent)
    checkHeader(header, this.demandsAfter(parent), { params, parent, leastVersion, nowMs: nowMs() })
  }

  /** Are these headers anything but a branch of enough work? Refuses them when there are too many of that kind already. */
  #isLowWork(fresh: readonly Header[]): boolean {
    const [first] = fresh
    const parent = this.#tree.get(first?.prev ?? '')
    if (parent === undefined) return false
    const oneBranch = fresh.every((header, i) => i === 0 || header.prev === fresh[i - 1]?.hash)
    if (oneBranch && this.haveEnoughWork(parent, fresh)) return false
    if (this.#lowWorkHeaders + fresh.length > MAX_LOW_WORK_HEADERS)
      throw new ConsensusError('too-little-chainwork', first?.hash)
    return true
  }
}
