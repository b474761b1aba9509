// What calls that sign are told: hash types by name, and coins that the node may not know, with the scripts that unlock them.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError } from '../../core/service.ts'
import { hash160 } from '../chain/hash160.ts'
import { outPointKey } from '../chain/tx.ts'
import type { OutPoint, TxOut } from '../chain/types.ts'
import { p2wshScript } from '../descriptor/node.ts'
import type { SigningProvider } from '../descriptor/provider.ts'
import type { LedgerParts } from '../parts.ts'
import { classify, p2shScript } from '../script/kinds.ts'
import { UNKNOWN_SAT } from '../signing/sign-transaction.ts'
import { amountSat, array, given, hexBytes, text, toHash, typeName, wrongField } from './arguments.ts'
import { disassemble, SIGHASH_NAMES } from './asm.ts'

export type CoinOf = (point: OutPoint) => TxOut | undefined

/** `DEFAULT`, which is ALL before taproot, where none is named. */
export function hashTypeAt(params: readonly unknown[], index: number): number {
  const name = given(params, index) ? text(params, index, 'sighashtype') : 'DEFAULT'
  const type = name === 'DEFAULT' ? 0 : [...SIGHASH_NAMES].find(([, each]) => each === name)?.[0]
  if (type === undefined)
    throw new RpcError(RPC.invalidParameter, `'${name}' is not a valid sighash parameter.`)
  return type
}

/** The coins that the call names itself, then those that the node knows, spent by the mempool or not: another payment may be wanted. `scripts`: takes what unlocks them. */
export function coinsOf(
  { env }: LedgerParts,
  params: readonly unknown[],
  index: number,
  scripts?: SigningProvider,
): CoinOf {
  const named = new Map<string, TxOut>()
  for (const value of given(params, index) ? array(params, index, 'prevtxs') : []) {
    const { point, coin } = previousOf(value)
    const known = named.get(outPointKey(point)) ?? env.mempool.spentCoin(point)
    if (known && toHex(known.script) !== toHex(coin.script))
      throw new RpcError(
        RPC.deserialization,
        `Previous output scriptPubKey mismatch:\n${disassemble(known.script)}\nvs:\n${disassemble(coin.script)}`,
      )
    named.set(outPointKey(point), coin)
    if (scripts) addScripts(value as Record<string, unknown>, coin.script, scripts)
  }
  return point => named.get(outPointKey(point)) ?? env.mempool.spentCoin(point)
}

function previousOf(value: unknown): { readonly point: OutPoint; readonly coin: TxOut } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RpcError(RPC.deserialization, `expected object with {"txid'","vout","scriptPubKey"}`)
  const { txid, vout, scriptPubKey, amount } = value as Record<string, unknown>
  const fields = { txid: [txid, 'string'], vout: [vout, 'number'], scriptPubKey: [scriptPubKey, 'string'] }
  for (const [name, [found, type]] of Object.entries(fields)) checkField(name, found, type as string)
  if ((vout as number) < 0) throw new RpcError(RPC.deserialization, 'vout cannot be negative')
  const script = hexBytes([scriptPubKey], 0, 'scriptPubKey')
  const valueSat = amount === undefined ? UNKNOWN_SAT : amountSat([amount], 0, 'amount')
  return { point: { txid: toHash(txid, 'txid'), index: vout as number }, coin: { valueSat, script } }
}

function checkField(name: string, value: unknown, type: string): void {
  if (value === undefined || value === null) throw new RpcError(RPC.typeError, `Missing ${name}`)
  if (typeName(value) !== type) throw wrongField(name, value, type)
}

/** Redeem script and witness script of a coin that needs them; either may be named for the other. */
function addScripts(
  { redeemScript, witnessScript }: Record<string, unknown>,
  script: Uint8Array,
  scripts: SigningProvider,
): void {
  const { kind } = classify(script)
  if (kind !== 'p2sh' && kind !== 'p2wsh') return
  const [redeem, witness] = [redeemScript, witnessScript].map((value, i) => {
    if (value === undefined || value === null) return undefined
    const name = i === 0 ? 'redeemScript' : 'witnessScript'
    checkField(name, value, 'string')
    return hexBytes([value], 0, name)
  })
  const inner = witness ?? redeem
  if (!inner) throw new RpcError(RPC.invalidParameter, 'Missing redeemScript/witnessScript')
  const wrapped = p2wshScript(inner)
  scripts.addScript(inner)
  scripts.addScript(wrapped)
  const says = (other: Uint8Array) => redeem !== undefined && toHex(redeem) === toHex(other)
  if (redeem && witness && !says(witness) && !says(wrapped))
    throw new RpcError(RPC.invalidParameter, 'redeemScript does not correspond to witnessScript')
  const payable = kind === 'p2wsh' ? [wrapped] : [inner, wrapped].map(each => p2shScript(hash160(each)))
  if (!payable.some(each => toHex(each) === toHex(script)))
    throw new RpcError(RPC.invalidParameter, 'redeemScript/witnessScript does not match scriptPubKey')
}
