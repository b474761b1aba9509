// RPC of a light client: the methods of Core that mean the same without a block behind each header, by their names.

import { type decode, encode } from '../bitcoin/wire/codec.ts'
import { type HashHex, hashToHex, toHex } from '../bitcoin/wire/hex.ts'
import { sixteenDigits } from '../core/digits.ts'
import { LATER, type Respond, RPC, RpcError, type RpcTable } from '../core/service.ts'
import { ProtocolError } from '../errors.ts'
import { addressToScript } from '../ledger/address.ts'
import { blockCodec } from '../ledger/chain/block.ts'
import { headerCodec } from '../ledger/chain/header.ts'
import type { Block, BlockEntry } from '../ledger/chain/types.ts'
import { difficultyOfBits } from '../ledger/consensus/target.ts'
import { merkleBlockCodec, provenTransactions, proveTransactions } from '../ledger/merkleblock.ts'
import { array, decoded, flag, given, text, toHash, verbosity } from '../ledger/rpc/arguments.ts'
import { entryAt, entryAtHeight } from '../ledger/rpc/lookup.ts'
import { headerShape as ledgerHeaderShape, workHex } from '../ledger/rpc/shapes.ts'
import type { LightParts } from './parts.ts'
import { lightWalletRpc } from './rpc-wallet.ts'

/** A block that nobody gives is waited for so long. */
const BLOCK_MS = 30_000

export function lightRpc(parts: () => LightParts): RpcTable {
  return { ...chainRpc(parts), ...blocksRpc(parts), ...lightWalletRpc(parts) }
}

function chainRpc(parts: () => LightParts): RpcTable {
  const chain = () => parts().env.chain
  return {
    getblockcount: {
      params: [],
      summary: 'The height of the last header.',
      handle: () => chain().tip.height,
    },
    getbestblockhash: { params: [], summary: 'The hash of the last header.', handle: () => chain().tip.hash },
    getblockhash: {
      params: ['height'],
      summary: 'The hash of the block at a height.',
      handle: params => entryAtHeight(chain(), params, 0).hash,
    },
    getblockheader: {
      params: ['blockhash', 'verbose?'],
      summary: 'A header, as fields or in hex.',
      differs: 'no nTx: a header does not say',
      handle: params => {
        const entry = entryAt(parts().env.chain, params, 0)
        return flag(params, 1, true) ? headerShape(parts(), entry) : toHex(encode(headerCodec, entry.header))
      },
    },
    getblockchaininfo: {
      params: [],
      summary: 'The state of the chain.',
      differs: 'blocks are those whose filters were looked through; kind is light; no size_on_disk',
      handle: () => chainInfo(parts()),
    },
    getdifficulty: {
      params: [],
      summary: 'How many times harder than the easiest of Bitcoin’s targets the tip was.',
      handle: () => difficultyOfBits(chain().tip.header.bits),
    },
    getchaintips: {
      params: [],
      summary: 'The ends of all branches of headers.',
      handle: () => chainTips(parts()),
    },
    getblockfilter: {
      params: ['blockhash', 'filtertype?'],
      summary: 'The header of a block’s filter (BIP157), as the peers agree on it.',
      differs: 'filter is its hash: filters are not kept',
      handle: params => {
        const entry = entryAt(parts().env.chain, params, 0)
        const known = parts().commitments.get(entry)
        if (!known) throw new RpcError(RPC.misc, 'Filter not found.')
        return { filter: hashToHex(known.hash), header: hashToHex(known.header) }
      },
    },
  }
}

/** What asks a peer for a block first. */
function blocksRpc(parts: () => LightParts): RpcTable {
  return {
    getblock: {
      params: ['blockhash', 'verbosity|verbose?'],
      summary:
        'A block, fetched from a peer and held against its header: in hex, or its header with the ids.',
      differs: 'without witnesses; verbosity 0 and 1',
      handle: (params, respond) => {
        const entry = entryAt(parts().env.chain, params, 0)
        const detail = verbosity(params, 1, 1)
        return fetched(parts(), entry, respond, block =>
          detail === 0
            ? toHex(encode(blockCodec, block))
            : {
                ...headerShape(parts(), entry),
                nTx: block.transactions.length,
                tx: block.transactions.map(({ txid }) => txid),
              },
        )
      },
    },
    gettxoutproof: {
      params: ['txids', 'blockhash?'],
      summary: 'A proof in hex that transactions are in a block, which is fetched from a peer.',
      differs: 'without blockhash only for transactions of the wallet',
      handle: (params, respond) => {
        const wanted = new Set(array(params, 0, 'txids').map(value => toHash(value, 'txid')))
        if (wanted.size === 0) throw new RpcError(RPC.invalidParameter, "Parameter 'txids' cannot be empty")
        const entry = given(params, 1) ? entryAt(parts().env.chain, params, 1) : entryWith(parts(), wanted)
        return fetched(parts(), entry, respond, block => {
          const found = block.transactions.filter(({ txid }) => wanted.has(txid)).length
          if (found !== wanted.size)
            throw new RpcError(
              RPC.invalidAddressOrKey,
              'Not all transactions found in specified or retrieved block',
            )
          return toHex(encode(merkleBlockCodec, proveTransactions(block, wanted)))
        })
      },
    },
    verifytxoutproof: {
      params: ['proof'],
      summary: 'The transactions that a proof shows to be in a block of the chain; none if it shows nothing.',
      handle: (params, respond) => {
        const proof = decoded(params, 0, merkleBlockCodec, 'Proof decode failed')
        const entry = parts().env.chain.entry(proof.header.hash)
        if (!entry || !parts().env.chain.isActive(entry))
          throw new RpcError(RPC.invalidAddressOrKey, 'Block not found in chain')
        const txids = provenBy(proof)
        if (txids.length === 0) return []
        // How many transactions there are no header says: a proof could lie about the depth of the tree (CVE-2017-12842).
        return fetched(parts(), entry, respond, block =>
          block.transactions.length === proof.transactions ? txids : [],
        )
      },
    },
    validateaddress: {
      params: ['address'],
      summary: 'Whether an address is one, and its script.',
      differs: 'isvalid, address and scriptPubKey only',
      handle: params => {
        const address = text(params, 0, 'address')
        const script = addressToScript(parts().env.params, address)
        return script ? { isvalid: true, address, scriptPubKey: toHex(script) } : { isvalid: false }
      },
    },
  }
}

function provenBy(proof: ReturnType<typeof decode<Parameters<typeof provenTransactions>[0]>>): HashHex[] {
  try {
    return provenTransactions(proof)
  } catch (error) {
    if (error instanceof ProtocolError) return []
    throw error
  }
}

/** Answers when a peer has given the block. */
function fetched(
  { blocks, env }: LightParts,
  entry: BlockEntry,
  respond: Respond,
  shape: (block: Block) => unknown,
): typeof LATER {
  let over = false
  const late = env.net.clock.after(BLOCK_MS, () => {
    over = true
    respond({ error: new RpcError(RPC.misc, 'Block not available: no peer gave it') })
  })
  blocks.want(entry, block => {
    late()
    if (over) return
    over = true
    try {
      respond({ result: shape(block) })
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      respond({ error })
    }
  })
  return LATER
}

function entryWith({ env, wallet }: LightParts, txids: ReadonlySet<HashHex>): BlockEntry {
  for (const txid of txids) {
    const entry = env.chain.entry(wallet.get(txid)?.place?.block ?? '')
    if (entry) return entry
  }
  throw new RpcError(RPC.invalidAddressOrKey, 'Transaction not yet in block')
}

/** As a full node tells it, but how many transactions there are. */
function headerShape({ env }: LightParts, entry: BlockEntry): Record<string, unknown> {
  const { nTx: _, ...shape } = ledgerHeaderShape(env.chain, entry)
  return shape
}

function chainInfo({ commitments, env, headers, scan }: LightParts): Record<string, unknown> {
  const { chain, params } = env
  const { tip } = chain
  return {
    chain: params.network,
    kind: 'light',
    blocks: scan.scanned.height,
    headers: tip.height,
    filters: commitments.top.height,
    bestblockhash: tip.hash,
    difficulty: difficultyOfBits(tip.header.bits),
    time: tip.header.time,
    mediantime: chain.medianTimePast(tip),
    verificationprogress: tip.height === 0 ? 1 : sixteenDigits(scan.scanned.height / tip.height),
    initialblockdownload: headers.old,
    chainwork: workHex(tip),
    pruned: true,
    warnings: [],
  }
}

function chainTips({ env }: LightParts): Record<string, unknown>[] {
  const { chain } = env
  return [...chain.leaves()]
    .map(entry => ({
      height: entry.height,
      hash: entry.hash,
      branchlen: entry.height - chain.forkPoint(entry, chain.tip).height,
      status: chain.isActive(entry) ? 'active' : 'headers-only',
    }))
    .sort((a, b) => b.height - a.height || (a.hash < b.hash ? -1 : 1))
}
