// What a strategy is: the interface of the built-in ones and of those that users write in files of their own
// (docs/strategies.md). Types only, and no imports, so that the file can be looked at alone.

/** A block by its hash, hex as people write it. */
export interface Block {
  readonly hash: string
  readonly height: number
}

/** Told what happens, and decides what is done about it. Every part is optional; none may wait. */
export interface Strategy {
  /** This node found a block, and nobody has heard of it yet: `stage.hide` keeps it so. */
  onFound?(block: Block): void
  /** Others have this block: its header came from a peer. Blocks of any branch, some of them for the second time. */
  onHeard?(block: Block): void
  /** The node stands on another tip, and has dealt with that. */
  onTip?(tip: Block): void
  /** A light client asks something of this node. Default: it gets the truth. */
  onLight?(question: LightQuestion): LightAnswer
}

/** What a light client asks about. */
export interface LightQuestion {
  /** Headers behind those it has · filters of blocks, or what commits to them · a whole block. */
  readonly about: 'headers' | 'filters' | 'blocks'
  /** Of the last block that it asks about; of headers, of the tip. */
  readonly height: number
}

/**
 * What is true · nothing · something false: headers on top of the tip that never were; filters without what blocks pay but to their
 * miners, the same whenever they are asked for; a block with other transactions than its header says.
 */
export type LightAnswer = 'truth' | 'silence' | 'forgery'

/** The default export of a strategy's file. Called once a life of a node, when its chain is loaded and before it mines. */
export type MakeStrategy = (stage: Stage) => Strategy

/** What a strategy can see and do. The node itself stays an honest one: it validates, relays and answers as ever. */
export interface Stage {
  /** What the spec sets the strategy to. */
  readonly options: { readonly [key: string]: unknown }
  readonly clock: {
    /** Milliseconds since 1970, of the network's own time. */
    now(): number
    /** Runs a task later; returns what cancels it. */
    after(ms: number, task: () => void): () => void
  }
  /** Seeded: the same draws in every run of the same seed. */
  readonly random: {
    /** In [0, 1). */
    float(): number
    /** From 0 to below. */
    int(below: number): number
  }
  readonly chain: {
    /** What the node stands on, and mines on. */
    readonly tip: Block
    /** The block of that chain at a height. */
    at(height: number): Block | undefined
    /** Any block whose header is known, and the one before it. */
    get(hash: string): (Block & { readonly prev: string }) | undefined
  }

  /** Nobody hears of this block from here on: what the node would send of it waits. */
  hide(hash: string): void
  /** What waits for these blocks goes out now. */
  reveal(hashes: Iterable<string>): void
  /** These blocks are worth nothing any more: what waits for them never goes out. */
  bury(hashes: Iterable<string>): void

  /** From now on the node keeps to blocks that it finds itself, however long other branches grow. */
  stay(): void
  /** It follows most work again, as an honest one. */
  follow(): void

  /** Two payments of the same confirmed coins, signed and sent to nobody; undefined while the wallet has none. */
  payTwice(amountSat: number): Twice | undefined
  /** Neither of them is on the node's chain, and no other payment that it knows spends their coins. */
  unspent(twice: Twice): boolean
  /** These are in every block that the node makes from now on, and whatever contradicts them is not. None: as usual. */
  mine(payments: readonly Payment[]): void
  /** To all peers at once, without keeping it. */
  send(payment: Payment): void

  /** Two blocks of one height are out, an own and an honest one; the simulator may decide who mines on which (gamma). */
  race(own: string, other: string): void
  /** An event of the record, the log and the summary, which counts such words: `tell('succeeded', { blocks: 3 })`. */
  tell(word: string, facts?: { readonly [fact: string]: string | number | boolean }): void
}

export interface Payment {
  readonly txid: string
}

export interface Twice {
  /** Pays somebody else. */
  readonly toOther: Payment
  /** Pays all of it back to this node. */
  readonly toSelf: Payment
}
