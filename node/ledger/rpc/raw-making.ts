// RPC to make a transaction by hand, from chosen coins to chosen outputs.

import { toHex } from '../../bitcoin/wire/hex.ts'
import type { RpcTable } from '../../core/service.ts'
import type { LedgerParts } from '../parts.ts'
import { flag, given } from './arguments.ts'
import { writtenTx } from './payment-arguments.ts'

export function makingRpc(parts: () => LedgerParts): RpcTable {
  return {
    createrawtransaction: {
      params: ['inputs', 'outputs', 'locktime?', 'replaceable?'],
      summary:
        'A transaction in hex, not signed: from [{ txid, vout, sequence }] to [{ address: amount }, { data: hex }].',
      handle: params => {
        const [inputs, outputs, lockTime] = params
        const replaceable = given(params, 3) ? flag(params, 3, true) : undefined
        return toHex(writtenTx(parts().env.params, { inputs, outputs, lockTime, replaceable }).bytes)
      },
    },
  }
}
