// RPC of partially signed transactions (BIP174): made, read, completed with coins, put together, finished.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { hash160 } from '../chain/hash160.ts'
import { concat, pushData } from '../chain/push.ts'
import { makeTx, outPointKey } from '../chain/tx.ts'
import type { Tx, TxIn } from '../chain/types.ts'
import type { LedgerParts } from '../parts.ts'
import {
  decodePsbt,
  encodePsbt,
  INPUT,
  makePsbt,
  outputBytes,
  type Psbt,
  type PsbtMap,
  utxoOf,
  witnessBytes,
  witnessItems,
} from '../psbt.ts'
import { classify } from '../script/kinds.ts'
import { array, coins, flag, integer, text } from './arguments.ts'
import { disassemble } from './asm.ts'
import { decodedMaybeEmpty, inputsOf, outputsOf } from './payment-arguments.ts'
import { scriptShape, txShape } from './shapes.ts'
import { TX_DECODE_FAILED } from './submission.ts'

const SINGLE_KEYS = 'inputs of a key alone (P2PKH, P2WPKH)'

export function psbtRpc(parts: () => LedgerParts): RpcTable {
  return {
    createpsbt: {
      params: ['inputs', 'outputs', 'locktime?', 'replaceable?'],
      summary: 'A PSBT of chosen inputs and outputs.',
      handle: params => {
        const lockTime = integer(params, 2, 'locktime', 0)
        const inputs = inputsOf(params, 0, { lockTime, replaceable: params[3] !== false })
        const outputs = outputsOf(parts().env.params, params[1])
        return encodePsbt(makePsbt(makeTx({ version: 2, inputs, outputs, lockTime })))
      },
    },
    converttopsbt: {
      params: ['hexstring', 'permitsigdata?', 'iswitness?'],
      summary: 'A PSBT of a transaction in hex.',
      handle: params => {
        const tx = decodedMaybeEmpty(params, 0, TX_DECODE_FAILED)
        const signed = tx.inputs.some(({ scriptSig, witness }) => scriptSig.length + witness.length > 0)
        if (signed && !flag(params, 1, false))
          throw new RpcError(RPC.deserialization, 'Inputs must not have scriptSigs and scriptWitnesses')
        return encodePsbt(makePsbt(unsigned(tx)))
      },
    },
    decodepsbt: {
      params: ['psbt'],
      summary: 'What a PSBT says.',
      differs: 'keys’ origins and taproot fields stand in unknown',
      handle: params => psbtShape(parts(), psbtAt(params, 0)),
    },
    utxoupdatepsbt: {
      params: ['psbt'],
      summary:
        'Adds the coins that a PSBT spends, where they are known and their scripts are witness programs.',
      differs: 'scripts of descriptors are not added',
      handle: params => {
        const psbt = psbtAt(params, 0)
        addCoins(parts(), psbt)
        return encodePsbt(psbt)
      },
    },
    combinepsbt: {
      params: ['txs'],
      summary: 'One PSBT of several of the same transaction.',
      handle: params => {
        const all = psbtsOf(params)
        const [first] = all
        if (!first) throw new RpcError(RPC.invalidParameter, "Parameter 'txs' cannot be empty")
        if (all.some(({ tx }) => tx.txid !== first.tx.txid))
          throw new RpcError(RPC.invalidParameter, 'PSBTs do not refer to the same transactions.')
        const merged = (pick: (psbt: Psbt) => readonly PsbtMap[]) =>
          pick(first).map((_, i) => new Map(all.toReversed().flatMap(psbt => [...(pick(psbt)[i] ?? [])])))
        const inputs = merged(({ inputs }) => inputs)
        const outputs = merged(({ outputs }) => outputs)
        return encodePsbt({ ...first, inputs, outputs })
      },
    },
    joinpsbts: {
      params: ['txs'],
      summary: 'One PSBT with the inputs and outputs of several.',
      differs: 'keeps their order',
      handle: params => {
        const all = psbtsOf(params)
        if (all.length <= 1)
          throw new RpcError(RPC.invalidParameter, 'At least two PSBTs are required to join PSBTs.')
        const inputs = all.flatMap(({ tx }) => tx.inputs)
        const keys = inputs.map(({ previous }) => outPointKey(previous))
        const twice = keys.find((key, i) => keys.indexOf(key) !== i)
        if (twice) throw new RpcError(RPC.invalidParameter, `Input ${twice} exists in multiple PSBTs`)
        const outputs = all.flatMap(({ tx }) => tx.outputs)
        const version = Math.max(...all.map(({ tx }) => tx.version))
        const lockTime = Math.min(...all.map(({ tx }) => tx.lockTime))
        return encodePsbt({
          tx: makeTx({ version, inputs, outputs, lockTime }),
          globals: new Map(all.flatMap(({ globals }) => [...globals])),
          inputs: all.flatMap(psbt => psbt.inputs),
          outputs: all.flatMap(psbt => psbt.outputs),
        })
      },
    },
    finalizepsbt: {
      params: ['psbt', 'extract?'],
      summary: 'Finishes inputs that have their signatures; where all have, the transaction in hex.',
      differs: SINGLE_KEYS,
      handle: params => {
        const psbt = psbtAt(params, 0)
        finish(psbt)
        const complete = isComplete(psbt)
        if (complete && flag(params, 1, true)) return { hex: toHex(extract(psbt).bytes), complete }
        return { psbt: encodePsbt(psbt), complete }
      },
    },
    analyzepsbt: {
      params: ['psbt'],
      summary: 'What each input of a PSBT still needs, and from whom.',
      differs: `${SINGLE_KEYS}; no estimate of the size`,
      handle: params => analysis(psbtAt(params, 0)),
    },
  }
}

export function psbtAt(params: readonly unknown[], index: number): Psbt {
  const psbt = decodePsbt(text(params, index, 'psbt'))
  if (typeof psbt === 'string') throw new RpcError(RPC.deserialization, `TX decode failed ${psbt}`)
  return psbt
}

function psbtsOf(params: readonly unknown[]): Psbt[] {
  const all = array(params, 0, 'txs')
  return all.map((_, i) => psbtAt(all, i))
}

/** The transaction without its signatures. */
function unsigned(tx: Tx): Tx {
  const inputs = tx.inputs.map(input => ({ ...input, scriptSig: new Uint8Array(0), witness: [] }))
  return makeTx({ ...tx, inputs })
}

/** The coins that a PSBT spends, where they are unspent here and only their amounts are signed (BIP143). */
export function addCoins({ env }: LedgerParts, psbt: Psbt): void {
  for (const [index, { previous }] of psbt.tx.inputs.entries()) {
    const coin = utxoOf(psbt, index) ?? env.mempool.coin(previous)
    if (coin && isWitness(coin.script)) psbt.inputs[index]?.set(INPUT.witnessUtxo, outputBytes(coin))
  }
}

function isWitness(script: Uint8Array): boolean {
  const [first = 0x50] = script
  return (
    script.length === (script[1] ?? 0) + 2 &&
    script.length >= 4 &&
    (first === 0 || (first > 0x50 && first <= 0x60))
  )
}

/** Puts signatures that are there to where they finish an input. */
export function finish(psbt: Psbt): void {
  for (const [index, map] of psbt.inputs.entries()) {
    const kind = classify(utxoOf(psbt, index)?.script ?? new Uint8Array(0))
    if (!('hash' in kind)) continue
    for (const [key, signature] of map) {
      const publicKey = key.startsWith(INPUT.partialSig) ? bytesOf(key.slice(2)) : undefined
      if (!publicKey || toHex(hash160(publicKey)) !== toHex(kind.hash)) continue
      if (kind.kind === 'p2wpkh') map.set(INPUT.finalWitness, witnessBytes([signature, publicKey]))
      else map.set(INPUT.finalScriptSig, concat(pushData(signature), pushData(publicKey)))
      for (const used of [key, INPUT.sighash]) map.delete(used)
    }
  }
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
}

function isFinal(map: PsbtMap): boolean {
  return map.has(INPUT.finalScriptSig) || map.has(INPUT.finalWitness)
}

export function isComplete({ inputs }: Psbt): boolean {
  return inputs.every(isFinal)
}

/** The transaction of a complete one. */
export function extract({ tx, inputs }: Psbt): Tx {
  const finished = tx.inputs.map((input, i): TxIn => {
    const witness = inputs[i]?.get(INPUT.finalWitness)
    return {
      ...input,
      scriptSig: inputs[i]?.get(INPUT.finalScriptSig) ?? input.scriptSig,
      witness: witness ? witnessItems(witness) : [],
    }
  })
  return makeTx({ ...tx, inputs: finished })
}

function feeSat(psbt: Psbt): number | undefined {
  let sum = 0
  for (const index of psbt.inputs.keys()) {
    const coin = utxoOf(psbt, index)
    if (!coin) return undefined
    sum += coin.valueSat
  }
  return psbt.tx.outputs.reduce((rest, { valueSat }) => rest - valueSat, sum)
}

function psbtShape({ env }: LedgerParts, psbt: Psbt): Record<string, unknown> {
  const fee = feeSat(psbt)
  return {
    tx: txShape(env.params, psbt.tx),
    global_xpubs: [],
    psbt_version: 0,
    proprietary: [],
    unknown: unknownOf(psbt.globals, []),
    inputs: psbt.inputs.map((map, index) => inputShape(env.params, psbt, map, index)),
    outputs: psbt.outputs.map(map => (map.size > 0 ? { unknown: unknownOf(map, []) } : {})),
    ...(fee !== undefined && { fee: coins(fee) }),
  }
}

function inputShape(
  params: LedgerParts['env']['params'],
  psbt: Psbt,
  map: PsbtMap,
  index: number,
): Record<string, unknown> {
  const coin = map.has(INPUT.witnessUtxo) ? utxoOf(psbt, index) : undefined
  const signatures = [...map].filter(([key]) => key.startsWith(INPUT.partialSig))
  const scriptSig = map.get(INPUT.finalScriptSig)
  const witness = map.get(INPUT.finalWitness)
  const script = (key: string) => {
    const bytes = map.get(key)
    return bytes && { asm: disassemble(bytes), hex: toHex(bytes) }
  }
  const [redeem, inner] = [script(INPUT.redeemScript), script(INPUT.witnessScript)]
  const whole = map.get(INPUT.wholeTx)
  const unknown = unknownOf(map, Object.values(INPUT))
  return {
    ...(coin && {
      witness_utxo: { amount: coins(coin.valueSat), scriptPubKey: scriptShape(params, coin.script) },
    }),
    ...(whole && {
      non_witness_utxo: txShape(params, decodedMaybeEmpty([toHex(whole)], 0, TX_DECODE_FAILED)),
    }),
    ...(signatures.length > 0 && {
      partial_signatures: Object.fromEntries(signatures.map(([key, value]) => [key.slice(2), toHex(value)])),
    }),
    ...(redeem && { redeem_script: redeem }),
    ...(inner && { witness_script: inner }),
    ...(scriptSig && { final_scriptSig: { asm: disassemble(scriptSig, true), hex: toHex(scriptSig) } }),
    ...(witness && { final_scriptwitness: witnessItems(witness).map(toHex) }),
    ...(Object.keys(unknown).length > 0 && { unknown }),
  }
}

function unknownOf(map: PsbtMap, known: readonly string[]): Record<string, string> {
  const rest = [...map].filter(([key]) => !known.includes(key.slice(0, 2)))
  return Object.fromEntries(rest.map(([key, value]) => [key, toHex(value)]))
}

/** Who is next: who knows the coins, who can sign, who finishes, who sends. */
const ROLES: readonly string[] = ['updater', 'signer', 'finalizer', 'extractor']

function analysis(psbt: Psbt): Record<string, unknown> {
  const inputs = psbt.inputs.map((map, index) => {
    const coin = utxoOf(psbt, index)
    const kind = coin && classify(coin.script)
    const signed = [...map.keys()].some(key => key.startsWith(INPUT.partialSig))
    const next = isFinal(map) ? 'extractor' : !coin ? 'updater' : signed ? 'finalizer' : 'signer'
    const missing =
      next === 'signer' && kind && 'hash' in kind ? { signatures: [toHex(kind.hash)] } : undefined
    return { has_utxo: coin !== undefined, is_final: isFinal(map), ...(missing && { missing }), next }
  })
  const fee = feeSat(psbt)
  const first = Math.min(...inputs.map(({ next }) => ROLES.indexOf(next)), ROLES.length - 1)
  return { inputs, ...(fee !== undefined && { fee: coins(fee) }), next: ROLES[first] }
}
