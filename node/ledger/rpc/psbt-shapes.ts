// A PSBT in Core's words: what its transaction, its inputs and its outputs say.

import { Reader } from '../../bitcoin/wire/codec.ts'
import { toHex } from '../../bitcoin/wire/hex.ts'
import type { ChainParams } from '../../params.ts'
import { encodeBase58Check } from '../base58.ts'
import { pathText } from '../descriptor/hd-key.ts'
import type { KeyOrigin } from '../descriptor/key-path.ts'
import { GLOBAL, GLOBAL_FIELDS, INPUT, INPUT_FIELDS, OUTPUT, OUTPUT_FIELDS } from '../psbt/fields.ts'
import { entriesOf, type Psbt, type PsbtMap, utxoOf } from '../psbt/psbt.ts'
import * as values from '../psbt/values.ts'
import { coins } from './arguments.ts'
import { disassemble, SIGHASH_NAMES } from './asm.ts'
import { scriptType } from './script-types.ts'
import { scriptShape, txShape } from './shapes.ts'

type Shape = Record<string, unknown>

export function psbtShape(params: ChainParams, psbt: Psbt): Shape {
  const fee = feeOfPsbt(psbt)
  return {
    tx: txShape(params, psbt.tx),
    global_xpubs: entriesOf(psbt.globals, GLOBAL.xpub).map(([key, value]) => ({
      xpub: encodeBase58Check(values.hexBytes(key)),
      ...originShape(values.readOrigin(value)),
    })),
    psbt_version: 0,
    proprietary: proprietaryOf(psbt.globals),
    unknown: unknownOf(psbt.globals, GLOBAL_FIELDS),
    inputs: psbt.inputs.map(map => inputShape(params, map)),
    outputs: psbt.outputs.map(outputShape),
    ...(fee !== undefined && { fee: coins(fee) }),
  }
}

/** In satoshi; undefined while a coin is unknown. */
export function feeOfPsbt(psbt: Psbt): number | undefined {
  let sum = 0
  for (const index of psbt.inputs.keys()) {
    const coin = utxoOf(psbt, index)
    if (!coin) return undefined
    sum += coin.valueSat
  }
  return psbt.tx.outputs.reduce((rest, { valueSat }) => rest - valueSat, sum)
}

function inputShape(params: ChainParams, map: PsbtMap): Shape {
  return {
    ...coinShapes(params, map),
    ...signatureShapes(map),
    ...scriptShapes(map, INPUT),
    ...finalShapes(map),
    ...preimageShapes(map),
    ...taprootShapes(map),
    ...restShapes(map, INPUT_FIELDS),
  }
}

function coinShapes(params: ChainParams, map: PsbtMap): Shape {
  const [witness, whole] = [map.get(INPUT.witnessUtxo), map.get(INPUT.wholeTx)]
  const coin = witness && values.readCoin(witness)
  return {
    ...(coin && {
      witness_utxo: { amount: coins(coin.valueSat), scriptPubKey: scriptShape(params, coin.script) },
    }),
    ...(whole && { non_witness_utxo: txShape(params, values.readWholeTx(whole)) }),
  }
}

function signatureShapes(map: PsbtMap): Shape {
  const signatures = entriesOf(map, INPUT.partialSig)
  const sighash = map.get(INPUT.sighash)
  return {
    ...(signatures.length > 0 && {
      partial_signatures: Object.fromEntries(signatures.map(([key, value]) => [key, toHex(value)])),
    }),
    ...(sighash && { sighash: hashTypeName(values.readU32(sighash)) }),
  }
}

function hashTypeName(type: number): string {
  return type === 0 ? 'DEFAULT' : (SIGHASH_NAMES.get(type & 0xff) ?? '')
}

function scriptShapes(map: PsbtMap, types: typeof INPUT | typeof OUTPUT): Shape {
  const script = (key: string) => {
    const bytes = map.get(key)
    if (!bytes) return undefined
    return { asm: disassemble(bytes), hex: toHex(bytes), type: scriptType(bytes) }
  }
  const [redeem, inner] = [script(types.redeemScript), script(types.witnessScript)]
  const origins = entriesOf(map, types.origin).sort(byKey)
  return {
    ...(redeem && { redeem_script: redeem }),
    ...(inner && { witness_script: inner }),
    ...(origins.length > 0 && {
      bip32_derivs: origins.map(([pubkey, value]) => ({ pubkey, ...originShape(values.readOrigin(value)) })),
    }),
  }
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}

function originShape({ fingerprint, path }: KeyOrigin): Shape {
  return { master_fingerprint: toHex(fingerprint), path: `m${pathText(path)}` }
}

function finalShapes(map: PsbtMap): Shape {
  const [scriptSig, witness] = [map.get(INPUT.finalScriptSig), map.get(INPUT.finalWitness)]
  return {
    ...(scriptSig && { final_scriptSig: { asm: disassemble(scriptSig, true), hex: toHex(scriptSig) } }),
    ...(witness && { final_scriptwitness: values.witnessItems(witness).map(toHex) }),
  }
}

function preimageShapes(map: PsbtMap): Shape {
  const kinds = ['ripemd160', 'sha256', 'hash160', 'hash256'] as const
  const shapes = kinds.map(kind => {
    const found = entriesOf(map, INPUT[kind])
    const shape = Object.fromEntries(found.map(([hash, value]) => [hash, toHex(value)]))
    return found.length > 0 ? [[`${kind}_preimages`, shape]] : []
  })
  return Object.fromEntries(shapes.flat())
}

function taprootShapes(map: PsbtMap): Shape {
  const [signature, key, root] = [INPUT.tapKeySig, INPUT.tapInternalKey, INPUT.tapRoot].map(type =>
    map.get(type),
  )
  const signatures = entriesOf(map, INPUT.tapLeafSig)
    .sort(byKey)
    .map(([id, sig]) => ({ pubkey: id.slice(0, 64), leaf_hash: id.slice(64), sig: toHex(sig) }))
  const scripts = leafShapes(map)
  const origins = leafOriginShapes(map, INPUT.tapOrigin)
  return {
    ...(signature && { taproot_key_path_sig: toHex(signature) }),
    ...(signatures.length > 0 && { taproot_script_path_sigs: signatures }),
    ...(scripts.length > 0 && { taproot_scripts: scripts }),
    ...(origins.length > 0 && { taproot_bip32_derivs: origins }),
    ...(key && { taproot_internal_key: toHex(key) }),
    ...(root && { taproot_merkle_root: toHex(root) }),
  }
}

/** Each leaf with all control blocks that there are for it. */
function leafShapes(map: PsbtMap): Shape[] {
  const controls = new Map<string, string[]>()
  for (const [control, value] of entriesOf(map, INPUT.tapLeaf)) {
    const leaf = toHex(value)
    controls.set(leaf, [...(controls.get(leaf) ?? []), control])
  }
  return [...controls].sort(byKey).map(([leaf, found]) => ({
    script: leaf.slice(0, -2),
    leaf_ver: Number.parseInt(leaf.slice(-2), 16),
    control_blocks: found.sort((a, b) => a.length - b.length || (a < b ? -1 : 1)),
  }))
}

function leafOriginShapes(map: PsbtMap, type: string): Shape[] {
  return entriesOf(map, type)
    .sort(byKey)
    .map(([pubkey, value]) => {
      const { leaves, origin } = values.readLeafOrigin(value)
      return { pubkey, ...originShape(origin), leaf_hashes: leaves }
    })
}

function outputShape(map: PsbtMap): Shape {
  const [key, tree] = [map.get(OUTPUT.tapInternalKey), map.get(OUTPUT.tapTree)]
  const origins = leafOriginShapes(map, OUTPUT.tapOrigin)
  return {
    ...scriptShapes(map, OUTPUT),
    ...(key && { taproot_internal_key: toHex(key) }),
    ...(tree && {
      taproot_tree: values
        .readTree(tree)
        .map(({ depth, version, script }) => ({ depth, leaf_ver: version, script: toHex(script) })),
    }),
    ...(origins.length > 0 && { taproot_bip32_derivs: origins }),
    ...restShapes(map, OUTPUT_FIELDS),
  }
}

function restShapes(map: PsbtMap, fields: Readonly<Record<string, unknown>>): Shape {
  const [proprietary, unknown] = [proprietaryOf(map), unknownOf(map, fields)]
  return {
    ...(proprietary.length > 0 && { proprietary }),
    ...(Object.keys(unknown).length > 0 && { unknown }),
  }
}

/** BIP174, "Proprietary use type": an identifier with its length, a number, and what is the owner's own. */
function proprietaryOf(map: PsbtMap): Shape[] {
  return entriesOf(map, GLOBAL.proprietary)
    .sort(byKey)
    .map(([key, value]) => {
      const r = new Reader(values.hexBytes(key))
      const identifier = toHex(r.bytes(r.varint()))
      return {
        identifier,
        subtype: r.varint(),
        key: `${GLOBAL.proprietary}${key}`,
        value: toHex(value),
      }
    })
}

function unknownOf(map: PsbtMap, fields: Readonly<Record<string, unknown>>): Record<string, string> {
  const known = (key: string) => Object.hasOwn(fields, key.slice(0, 2)) || key.startsWith(GLOBAL.proprietary)
  const rest = [...map].filter(([key]) => !known(key)).sort(byKey)
  return Object.fromEntries(rest.map(([key, value]) => [key, toHex(value)]))
}
