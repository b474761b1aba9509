// analyzepsbt: what each input of a PSBT still needs and from whom, and what the finished transaction will weigh and pay.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { isMoney } from '../consensus/subsidy.ts'
import type { LedgerParts } from '../parts.ts'
import { virtualSize } from '../policy.ts'
import { INPUT } from '../psbt/fields.ts'
import { isFinal, type Psbt, type PsbtMap, utxoOf } from '../psbt/psbt.ts'
import { extract, type KnownInputs, knownInputs, NOBODY, signInput } from '../psbt/sign.ts'
import { readWholeTx } from '../psbt/values.ts'
import { isUnspendable } from '../script/kinds.ts'
import { sigopCost } from '../script/sigops.ts'
import { pretendingAll } from '../signing/pretend.ts'
import type { SignatureData } from '../signing/signature-data.ts'
import { SizeSigner } from '../signing/signer.ts'
import { coins } from './arguments.ts'
import { feeOfPsbt } from './psbt-shapes.ts'

/** Who is next: who knows the coins, who can sign, who finishes, who sends. */
const ROLES = ['updater', 'signer', 'finalizer', 'extractor'] as const
type Role = (typeof ROLES)[number]

interface InputState {
  readonly has_utxo: boolean
  readonly is_final: boolean
  readonly next: Role
  readonly missing?: Record<string, unknown>
}

export function analysis({ secp }: Pick<LedgerParts, 'secp'>, psbt: Psbt): Record<string, unknown> {
  const error = faultOf(psbt)
  if (error !== undefined) return { next: 'creator', error: `PSBT is not valid. ${error}` }
  const known = knownInputs(psbt, secp)
  const inputs = psbt.inputs.map((_, index) => stateOf(secp, psbt, index, known))
  const next = ROLES[Math.min(...inputs.map(each => ROLES.indexOf(each.next)), ROLES.length - 1)]
  const fee = feeOfPsbt(psbt)
  const vsize = fee === undefined ? undefined : estimatedVsize(secp, psbt)
  return {
    ...(inputs.length > 0 && { inputs }),
    ...(vsize !== undefined && { estimated_vsize: vsize }),
    ...(fee !== undefined &&
      vsize !== undefined && { estimated_feerate: coins(Math.floor((fee * 1000) / vsize)) }),
    ...(fee !== undefined && { fee: coins(fee) }),
    next,
  }
}

/** What no signer could mend. */
function faultOf(psbt: Psbt): string | undefined {
  let sum = 0
  for (const [index, map] of psbt.inputs.entries()) {
    const coin = utxoOf(psbt, index)
    const whole = map.get(INPUT.wholeTx)
    const place = psbt.tx.inputs[index]?.previous.index ?? 0
    if (!coin && whole && place >= readWholeTx(whole).outputs.length)
      return `Input ${index} specifies invalid prevout`
    if (!coin) continue
    sum += coin.valueSat
    if (!isMoney(coin.valueSat) || !isMoney(sum)) return `Input ${index} has invalid value`
    if (isUnspendable(coin.script)) return `Input ${index} spends unspendable output`
  }
  if (feeOfPsbt(psbt) === undefined) return undefined
  const out = psbt.tx.outputs.reduce((total, { valueSat }) => total + valueSat, 0)
  return isMoney(out) && psbt.tx.outputs.every(({ valueSat }) => isMoney(valueSat))
    ? undefined
    : 'Output amount invalid'
}

function stateOf(secp: LedgerParts['secp'], psbt: Psbt, index: number, known: KnownInputs): InputState {
  if (!known.coins[index]) return { has_utxo: false, is_final: false, next: 'updater' }
  if (known.good[index] && isFinal(psbt.inputs[index] as PsbtMap))
    return { has_utxo: true, is_final: true, next: 'extractor' }
  const state = { has_utxo: true, is_final: false }
  const { complete, data } = signInput(copyOf(psbt, index), index, NOBODY, { secp, known })
  if (complete) return { ...state, next: 'finalizer' }
  const missing = missingShape(data)
  const names = Object.keys(missing)
  const next = names.length === 1 && names[0] === 'signatures' ? 'signer' : 'updater'
  return { ...state, next, ...(names.length > 0 && { missing }) }
}

function missingShape(data: SignatureData): Record<string, unknown> {
  const { missingKeys, missingRedeemScript, missingSignatures, missingWitnessScript } = data
  return {
    ...(missingKeys.length > 0 && { pubkeys: missingKeys.map(toHex) }),
    ...(missingRedeemScript && { redeemscript: toHex(missingRedeemScript) }),
    ...(missingWitnessScript && { witnessscript: toHex(missingWitnessScript) }),
    ...(missingSignatures.length > 0 && { signatures: missingSignatures.map(toHex) }),
  }
}

/** With signatures of nobody, as long as real ones; undefined where one cannot tell yet. */
function estimatedVsize(secp: LedgerParts['secp'], psbt: Psbt): number | undefined {
  const copy = copyOf(psbt)
  const [provider, signer] = [pretendingAll(), new SizeSigner()]
  const known = knownInputs(psbt, secp)
  for (const index of psbt.inputs.keys())
    if (!signInput(copy, index, provider, { secp, signer, known }).complete) return undefined
  const tx = extract(copy)
  const places = new Map(tx.inputs.map(({ previous }, index) => [previous, index]))
  const cost = sigopCost(tx, point => {
    const coin = known.coins[places.get(point) ?? -1]
    return coin && { ...coin, height: 1, coinbase: false }
  })
  return virtualSize(tx.weight, cost)
}

/** `only`: of the inputs this one alone. */
function copyOf(psbt: Psbt, only?: number): Psbt {
  const inputs = psbt.inputs.map((map, index) => (only === undefined || only === index ? new Map(map) : map))
  return { ...psbt, inputs }
}
