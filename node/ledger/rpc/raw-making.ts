// RPC to make a transaction by hand, from chosen coins to chosen outputs.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { makeTx } from '../chain/tx.ts'
import type { LedgerParts } from '../parts.ts'
import { integer } from './arguments.ts'
import { inputsOf, outputsOf } from './payment-arguments.ts'

const MAX_LOCK_TIME = 0xffffffff

export function makingRpc(parts: () => LedgerParts): RpcTable {
  return {
    createrawtransaction: {
      params: ['inputs', 'outputs', 'locktime?', 'replaceable?'],
      summary:
        'A transaction in hex, not signed: from [{ txid, vout, sequence }] to [{ address: amount }, { data: hex }].',
      handle: params => {
        const lockTime = integer(params, 2, 'locktime', 0)
        if (lockTime < 0 || lockTime > MAX_LOCK_TIME)
          throw new RpcError(RPC.invalidParameter, 'Invalid parameter, locktime out of range')
        const inputs = inputsOf(params, 0, { lockTime, replaceable: params[3] !== false })
        const outputs = outputsOf(parts().env.params, params[1])
        return toHex(makeTx({ version: 2, inputs, outputs, lockTime }).bytes)
      },
    },
  }
}
