// What kind of script an output has, in Core's words (Solver), and the descriptor that says so without any key known.

import { toHex } from '../../bitcoin/wire/hex.ts'
import type { ChainParams } from '../../params.ts'
import { scriptToAddress } from '../address.ts'
import { withChecksum } from '../descriptor-checksum.ts'
import { classify, type ScriptKind } from '../script/kinds.ts'

const TYPES: { readonly [kind in ScriptKind['kind']]: string } = {
  p2pk: 'pubkey',
  p2pkh: 'pubkeyhash',
  p2sh: 'scripthash',
  multisig: 'multisig',
  p2wpkh: 'witness_v0_keyhash',
  p2wsh: 'witness_v0_scripthash',
  p2tr: 'witness_v1_taproot',
  anchor: 'anchor',
  witness: 'witness_unknown',
  data: 'nulldata',
  nonstandard: 'nonstandard',
}

export function scriptType(script: Uint8Array): string {
  return TYPES[classify(script).kind]
}

/** As Core infers one for a script whose keys it does not know. */
export function inferDescriptor(params: ChainParams, script: Uint8Array): string {
  const kind = classify(script)
  if (kind.kind === 'p2tr') return withChecksum(`rawtr(${toHex(kind.key)})`)
  if (kind.kind === 'p2pk') return withChecksum(`pk(${toHex(kind.key)})`)
  if (kind.kind === 'multisig')
    return withChecksum(`multi(${[kind.required, ...kind.keys.map(toHex)].join(',')})`)
  const address = scriptToAddress(params, script)
  return withChecksum(address === undefined ? `raw(${toHex(script)})` : `addr(${address})`)
}

/** The keys that stand in a script itself. */
export function keysIn(script: Uint8Array): readonly Uint8Array[] {
  const kind = classify(script)
  if (kind.kind === 'p2pk') return [kind.key]
  return kind.kind === 'multisig' ? kind.keys : []
}

/** By its form alone: compressed or not. */
export function isKey(bytes: Uint8Array): boolean {
  const [first] = bytes
  if (bytes.length === 33) return first === 2 || first === 3
  return bytes.length === 65 && (first === 4 || first === 6 || first === 7)
}
