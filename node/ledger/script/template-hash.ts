// What a transaction is by BIP119: all of it that does not depend on which coins it spends, and by whose signatures.

import { hasher } from '../../hash.ts'
import type { Tx } from '../chain/types.ts'
import { sharedHashes } from './sighash-shared.ts'
import { writeScript, written } from './sighash-type.ts'

/** BIP119's DefaultCheckTemplateVerifyHash, a single SHA-256, of the transaction as its input `index` sees it. */
export function templateHash(tx: Tx, index: number): Uint8Array {
  const { sequences, outputs } = sharedHashes(tx)
  const { inputs } = tx
  return hasher.sha256(
    written(writer => {
      writer.u32(tx.version >>> 0)
      writer.u32(tx.lockTime)
      // Only where there is one: a witness program has none.
      if (inputs.some(({ scriptSig }) => scriptSig.length > 0)) writer.bytes(scriptSigsHash(tx))
      writer.u32(inputs.length)
      writer.bytes(sequences)
      writer.u32(tx.outputs.length)
      writer.bytes(outputs)
      writer.u32(index)
    }),
  )
}

function scriptSigsHash({ inputs }: Tx): Uint8Array {
  return hasher.sha256(
    written(writer => {
      for (const { scriptSig } of inputs) writeScript(writer, scriptSig)
    }),
  )
}
