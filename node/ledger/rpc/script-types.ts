// What kind of script an output has, in Core's words (Solver).

import { fromHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError } from '../../core/service.ts'
import { classify, type ScriptKind } from '../script/kinds.ts'
import type { Secp256k1 } from '../services.ts'

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

/** The keys that stand in a script itself. */
export function keysIn(script: Uint8Array): readonly Uint8Array[] {
  const kind = classify(script)
  if (kind.kind === 'p2pk') return [kind.key]
  return kind.kind === 'multisig' ? kind.keys : []
}

/** By its form alone: compressed or not. */
function isKey(bytes: Uint8Array): boolean {
  const [first] = bytes
  if (bytes.length === 33) return first === 2 || first === 3
  return bytes.length === 65 && (first === 4 || first === 6 || first === 7)
}

/** A public key in hex, with Core's words for what is none. */
export function publicKeyAt(secp: Secp256k1, value: unknown): Uint8Array {
  if (typeof value !== 'string') throw new RpcError(RPC.typeError, 'Expected a public key in hex')
  const bytes = fromHex(value)
  if (!bytes) throw new RpcError(RPC.invalidAddressOrKey, `Pubkey "${value}" must be a hex string`)
  if (bytes.length !== 33 && bytes.length !== 65)
    throw new RpcError(
      RPC.invalidAddressOrKey,
      `Pubkey "${value}" must have a length of either 33 or 65 bytes`,
    )
  if (!isKey(bytes) || !secp.isPoint(bytes))
    throw new RpcError(RPC.invalidAddressOrKey, `Pubkey "${value}" must be cryptographically valid.`)
  return bytes
}
