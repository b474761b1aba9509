// A script in words, as Core's decodescript tells it: itself, and the addresses that pay to it inside of others.

import type { ChainParams } from '../../params.ts'
import { scriptToAddress } from '../address.ts'
import { hash160 } from '../chain/hash160.ts'
import { inferDescriptor } from '../descriptor/infer.ts'
import { p2wshScript } from '../descriptor/node.ts'
import { SigningProvider } from '../descriptor/provider.ts'
import { isUnspendable, p2shScript as p2shOf, p2wpkhScript } from '../script/kinds.ts'
import { MAX_ITEM_BYTES } from '../script/limits.ts'
import { isSuccess, OP } from '../script/opcodes.ts'
import { operations } from '../script/operation.ts'
import { keysIn, scriptType } from './script-types.ts'
import { scriptShape } from './shapes.ts'

const p2shScript = (redeem: Uint8Array) => p2shOf(hash160(redeem))
/** What can stand inside a P2SH script. */
const WRAPPED = new Set([
  'multisig',
  'nonstandard',
  'pubkey',
  'pubkeyhash',
  'witness_v0_keyhash',
  'witness_v0_scripthash',
])
/** And inside a witness script. */
const WITNESSED = new Set(['multisig', 'nonstandard', 'pubkey', 'pubkeyhash'])

export function decodeScript(params: ChainParams, script: Uint8Array): Record<string, unknown> {
  const { hex: _, ...shape } = scriptShape(params, script)
  const type = scriptType(script)
  if (!WRAPPED.has(type) || !canBeInside(script)) return shape
  const p2sh = scriptToAddress(params, p2shScript(script))
  return {
    ...shape,
    ...(p2sh !== undefined && { p2sh }),
    ...(WITNESSED.has(type) && areCompressed(script) && { segwit: segwitShape(params, script, type) }),
  }
}

/** What could be executed there: nothing that nobody can spend, and nothing of tapscript's. */
function canBeInside(script: Uint8Array): boolean {
  if (isUnspendable(script)) return false
  for (const step of operations(script)) {
    if (step === undefined || step.opcode > OP.nop10 || isSuccess(step.opcode)) return false
    if ((step.data?.length ?? 0) > MAX_ITEM_BYTES) return false
  }
  return true
}

function segwitShape(params: ChainParams, script: Uint8Array, type: string): Record<string, unknown> {
  const witness = witnessScript(script, type)
  const nested = scriptToAddress(params, p2shScript(witness))
  const provider = new SigningProvider()
  provider.addScript(script)
  const desc = inferDescriptor(params, witness, provider)
  return { ...scriptShape(params, witness), desc, ...(nested !== undefined && { 'p2sh-segwit': nested }) }
}

function witnessScript(script: Uint8Array, type: string): Uint8Array {
  const [key] = keysIn(script)
  if (type === 'pubkey' && key) return p2wpkhScript(hash160(key))
  return type === 'pubkeyhash' ? p2wpkhScript(script.subarray(3, 23)) : p2wshScript(script)
}

/** A witness takes no other keys (BIP143). */
function areCompressed(script: Uint8Array): boolean {
  return keysIn(script).every(key => key.length === 33)
}
