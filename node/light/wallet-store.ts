// How a light client's wallet lies in its store: light/tx/<txid> its transactions, each with its proof; light/wallet where it stands.

import { hash256, hashHex, list, struct, u32 } from '../bitcoin/wire/codec.ts'
import type { HashHex } from '../bitcoin/wire/hex.ts'
import type { Store, StoreOp } from '../core/host.ts'
import { hasher } from '../hash.ts'
import { hashBytes, ZERO_HASH } from '../ledger/chain/header.ts'
import { seal, unseal } from '../ledger/chain/record.ts'
import { txCodec } from '../ledger/chain/tx.ts'
import type { Block, Header, Tx } from '../ledger/chain/types.ts'
import { sameBytes } from './same-bytes.ts'

const TX = 'light/tx/'
const STANDING = 'light/wallet'
const MAX_DEPTH = 32

/** Where a transaction is, and what proves it: its place in the block, and the hashes beside its way up to the Merkle root. */
export interface Place {
  readonly block: HashHex
  readonly index: number
  readonly branch: readonly Uint8Array[]
}

export interface WalletTx {
  readonly tx: Tx
  /** Undefined while it is in no block. */
  place: Place | undefined
  /** When it was made or first seen, in seconds. */
  readonly time: number
}

interface Stored {
  readonly tx: Tx
  readonly block: HashHex
  readonly index: number
  readonly branch: readonly Uint8Array[]
  readonly time: number
}

interface Standing {
  readonly scanned: HashHex
  /** Keys that were handed out or seen in use. */
  readonly keys: number
}

const storedCodec = struct<Stored>({
  tx: txCodec,
  block: hashHex,
  index: u32,
  branch: list(hash256, MAX_DEPTH, 32),
  time: u32,
})

const standingCodec = struct<Standing>({ scanned: hashHex, keys: u32 })

export class WalletStore {
  readonly #store: Store
  #batch: StoreOp[] = []

  constructor(store: Store) {
    this.#store = store
  }

  /** Undefined: there is none, or it was damaged; then the blocks tell it again. */
  standing(): Standing | undefined {
    const record = this.#store.get(STANDING)
    return record && unseal(STANDING, standingCodec, record)
  }

  /** Undefined in the place of one that was damaged. */
  *transactions(): Generator<WalletTx | undefined> {
    for (const [key, record] of this.#store.scan(TX)) {
      const stored = unseal(key, storedCodec, record)
      if (!stored) {
        yield undefined
        continue
      }
      const { tx, block, index, branch, time } = stored
      // Its bytes outlive the record.
      const place =
        block === ZERO_HASH ? undefined : { block, index, branch: branch.map(hash => hash.slice()) }
      yield { tx, place, time }
    }
  }

  put({ tx, place, time }: WalletTx): void {
    const { block = ZERO_HASH, index = 0, branch = [] } = place ?? {}
    const key = `${TX}${tx.txid}`
    this.#batch.push({ put: key, value: seal(key, storedCodec, { tx, block, index, branch, time }) })
  }

  remove(txid: HashHex): void {
    this.#batch.push({ del: `${TX}${txid}` })
  }

  /** With all that was put since. */
  commit(standing: Standing): void {
    this.#batch.push({ put: STANDING, value: seal(STANDING, standingCodec, standing) })
    this.#store.commit(this.#batch)
    this.#batch = []
  }
}

/** The proof that a block holds its transaction `index`. */
export function placeIn(block: Block, index: number): Place {
  const branch: Uint8Array[] = []
  let level = block.transactions.map(({ txid }) => hashBytes(txid))
  for (let at = index; level.length > 1; at >>= 1) {
    branch.push((level[at ^ 1] ?? level[at]) as Uint8Array)
    const above: Uint8Array[] = []
    for (let i = 0; i < level.length; i += 2)
      above.push(
        hasher
          .merkleBranchRoot(level[i] as Uint8Array, [(level[i + 1] ?? level[i]) as Uint8Array], 0)
          .slice(),
      )
    level = above
  }
  return { block: block.hash, index, branch }
}

/** By the WASM core: the way up from the transaction ends at the header's Merkle root. */
export function proves({ index, branch }: Place, tx: Tx, header: Header): boolean {
  return sameBytes(hasher.merkleBranchRoot(hashBytes(tx.txid), branch, index), header.merkleRoot)
}
