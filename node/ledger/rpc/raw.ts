// RPC to make transactions by hand: from chosen coins to chosen outputs, signed by this node's wallet, sent by whom one likes.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { addressToScript } from '../address.ts'
import { makeTx, txCodec } from '../chain/tx.ts'
import type { OutPoint, TxIn, TxOut } from '../chain/types.ts'
import type { LedgerParts } from '../parts.ts'
import { amountSat, array, decoded, integer, toHash } from './arguments.ts'

const FINAL = 0xffffffff

export function rawRpc(parts: () => LedgerParts): RpcTable {
  return {
    createrawtransaction: {
      params: ['inputs', 'outputs'],
      summary: 'A transaction in hex, not signed: from [{ txid, vout }] to [{ address: amount }].',
      handle: params => {
        const inputs = array(params, 0, 'inputs').map(inputOf)
        const outputs = outputsOf(parts(), params)
        return toHex(makeTx({ version: 2, inputs, outputs, lockTime: 0 }).bytes)
      },
    },
    signrawtransactionwithwallet: {
      params: ['hexstring'],
      summary: 'Signs a transaction whose coins are all of this wallet and confirmed.',
      handle: params => {
        const tx = decoded(params, 0, txCodec, 'TX decode failed. Make sure the tx has at least one input.')
        const signed = parts().wallet.sign(tx)
        if (signed) return { hex: toHex(signed.bytes), complete: true }
        const error = 'Input not found or already spent'
        return {
          hex: toHex(tx.bytes),
          complete: false,
          errors: tx.inputs.map(({ previous }) => ({ ...point(previous), error })),
        }
      },
    },
  }
}

function inputOf(value: unknown): TxIn {
  const { txid, vout } = record(value)
  const previous = { txid: toHash(txid, 'txid'), index: integer([vout], 0, 'vout') }
  if (previous.index < 0)
    throw new RpcError(RPC.invalidParameter, 'Invalid parameter, vout cannot be negative')
  return { previous, scriptSig: new Uint8Array(0), sequence: FINAL, witness: [] }
}

/** One object an output, or one object for all of them. */
function outputsOf({ env }: LedgerParts, params: readonly unknown[]): TxOut[] {
  const [, given] = params
  const pairs = (Array.isArray(given) ? given : [given]).flatMap(value => Object.entries(record(value)))
  return pairs.map(([address, amount]) => {
    const script = addressToScript(env.params, address)
    if (!script) throw new RpcError(RPC.invalidAddressOrKey, `Invalid Bitcoin address: ${address}`)
    return { valueSat: amountSat([amount], 0, 'amount'), script }
  })
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new RpcError(RPC.typeError, 'Expected an object')
}

function point({ txid, index }: OutPoint): { txid: string; vout: number } {
  return { txid, vout: index }
}
