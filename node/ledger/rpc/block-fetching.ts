// RPC that has a block fetched which nobody would ask for otherwise, such as one of a branch that lost.

import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import type { LedgerParts } from '../parts.ts'
import { hash, integer } from './arguments.ts'

export function blockFetchingRpc(parts: () => LedgerParts): RpcTable {
  return {
    getblockfrompeer: {
      params: ['blockhash', 'peer_id'],
      summary: 'Asks a peer for a block whose header is here. It is stored when it comes.',
      handle(params) {
        const { env, download } = parts()
        const wanted = hash(params, 0, 'hash')
        const id = integer(params, 1, 'peer_id')
        const entry = env.chain.entry(wanted)
        if (!entry) throw new RpcError(RPC.misc, 'Block header missing')
        if (env.chain.block(wanted)) throw new RpcError(RPC.misc, 'Block already downloaded')
        const peer = env.peers.get(id)
        if (!peer) throw new RpcError(RPC.misc, 'Peer does not exist')
        if (!peer.servesWitnesses) throw new RpcError(RPC.misc, 'Pre-SegWit peer')
        if (peer.inFlight.has(wanted)) throw new RpcError(RPC.misc, 'Already requested from this peer')
        download.askWhole(peer, entry)
        return {}
      },
    },
  }
}
