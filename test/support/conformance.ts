// What Core's published vectors ask of scripts, signature digests, taproot and addresses, each case decided by our code.
// Shared by the tests, which name every failure, and by the bench, which counts.

import { decode } from '../../node/bitcoin/wire/codec.ts'
import { fromHex, toHex } from '../../node/bitcoin/wire/hex.ts'
import { addressToScript, scriptToAddress } from '../../node/ledger/address.ts'
import { makeTx, txCodec } from '../../node/ledger/chain/tx.ts'
import type { Tx } from '../../node/ledger/chain/types.ts'
import { type FlagName, flagsOf } from '../../node/ledger/script/flags.ts'
import { legacySighash } from '../../node/ledger/script/sighash-legacy.ts'
import { verifySpend } from '../../node/ledger/script/verify.ts'
import { REGTEST } from '../../node/params.ts'
import { secp } from './chain.ts'
import { parseScript } from './script-text.ts'
import { taprootCases } from './taproot-vectors.ts'
import { type Case, readVectors, type VectorFile } from './vectors.ts'

/** By the name of the ratio that the bench gives: passed ÷ all. */
export const CONFORMANCE: { readonly [ratio: string]: (folder: string) => Case[] } = {
  'script-tests': scriptCases,
  sighash: sighashCases,
  bip341: folder => taprootCases(readVectors(folder, 'bip341_wallet_vectors.json')),
  'key-io': addressCases,
}

function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  if (bytes === undefined) throw new Error(`no hex: ${hex}`)
  return bytes
}

function caseOf(name: string, actual: unknown, wanted: unknown): Case {
  return { name, failure: actual === wanted ? undefined : `${actual} instead of ${wanted}` }
}

/** Rows of comment have one word; the others are taken as they are. */
function rowsOf(folder: string, file: VectorFile): unknown[][] {
  return readVectors<unknown[][]>(folder, file).filter(row => row.length > 1)
}

// ---- scripts

/** Core's test shortens one name. */
const SHORT_NAMES: { readonly [name: string]: string } = { NULLFAIL: 'SIG_NULLFAIL' }

function scriptCases(folder: string): Case[] {
  return rowsOf(folder, 'script_tests.json').map(row => {
    const witness = Array.isArray(row[0]) ? (row[0] as [...string[], number]) : undefined
    const [scriptSig, script, flags, result, comment = ''] = (witness ? row.slice(1) : row) as string[]
    const items = witness ? (witness.slice(0, -1) as string[]).map(bytesOf) : []
    const valueSat = witness ? Math.round((witness.at(-1) as number) * 1e8) : 0
    const { tx, coin } = creditAndSpend(parseScript(script as string), valueSat, {
      scriptSig: parseScript(scriptSig as string),
      witness: items,
    })
    const names = (flags as string).split(',').filter(Boolean) as FlagName[]
    const actual = verifySpend({ tx, index: 0, coins: [coin], secp }, flagsOf(...names)) ?? 'OK'
    const wanted = SHORT_NAMES[result as string] ?? result
    return caseOf(`${scriptSig} | ${script} | ${flags} ${comment}`.slice(0, 200), actual, wanted)
  })
}

/** The pair of transactions that Core's script tests mean. */
export function creditAndSpend(
  script: Uint8Array,
  valueSat: number,
  unlock: { readonly scriptSig: Uint8Array; readonly witness: readonly Uint8Array[] },
) {
  const input = { sequence: 0xffffffff, witness: [], scriptSig: Uint8Array.of(0, 0) }
  const nowhere = { txid: '00'.repeat(32), index: 0xffffffff }
  const coin = { valueSat, script }
  const credit = makeTx({
    version: 1,
    inputs: [{ ...input, previous: nowhere }],
    outputs: [coin],
    lockTime: 0,
  })
  const previous = { txid: credit.txid, index: 0 }
  const tx = makeTx({
    version: 1,
    inputs: [{ ...input, ...unlock, previous }],
    outputs: [{ valueSat, script: new Uint8Array(0) }],
    lockTime: 0,
  })
  return { tx, coin }
}

// ---- signature digests

function sighashCases(folder: string): Case[] {
  return rowsOf(folder, 'sighash.json').map(row => {
    const [tx, script, index, type, digest] = row as [string, string, number, number, string]
    const actual = legacySighash(txOf(tx), index, bytesOf(script), type)
    return caseOf(`${tx.slice(0, 60)}… ${index} ${type}`, toHex(actual.toReversed()), digest)
  })
}

function txOf(hex: string): Tx {
  return decode(txCodec, bytesOf(hex))
}

// ---- addresses

interface KeyFacts {
  readonly chain: string
  readonly isPrivkey: boolean
  readonly tryCaseFlip?: boolean
}

function addressCases(folder: string): Case[] {
  const rows = rowsOf(folder, 'key_io_valid.json') as [string, string, KeyFacts][]
  const ours = rows.filter(([, , { chain, isPrivkey }]) => chain === 'regtest' && !isPrivkey)
  return ours.map(([text, script, { tryCaseFlip }]) => {
    const read = (address: string) => toHex(addressToScript(REGTEST, address) ?? new Uint8Array(0))
    const flipped = tryCaseFlip ? read(text.toUpperCase()) : script
    const written = scriptToAddress(REGTEST, bytesOf(script))
    return caseOf(text, `${read(text)} ${flipped} ${written}`, `${script} ${script} ${text}`)
  })
}
