// The hashes that every input of a transaction signs alike (BIP143 twice over, BIP341 once): taken once a transaction, so that
// n inputs cost n hashes and not n².

import { hasher } from '../../hash.ts'
import { writeOutput } from '../chain/tx.ts'
import type { Tx, TxOut } from '../chain/types.ts'
import { writeOutPoint, writeScript, written } from './sighash-type.ts'

/** BIP341's, each a single SHA-256. */
export interface SharedHashes {
  readonly previous: Uint8Array
  readonly sequences: Uint8Array
  readonly outputs: Uint8Array
}

/** Of the coins that are spent, which only taproot signs. */
export interface CoinHashes {
  readonly amounts: Uint8Array
  readonly scripts: Uint8Array
}

const single = new WeakMap<Tx, SharedHashes>()
const double = new WeakMap<Tx, SharedHashes>()
const ofCoins = new WeakMap<readonly TxOut[], CoinHashes>()

export function sharedHashes(tx: Tx): SharedHashes {
  return remembered(single, tx, () => ({
    previous: hashOf(tx.inputs, (writer, input) => writeOutPoint(writer, input.previous)),
    sequences: hashOf(tx.inputs, (writer, input) => writer.u32(input.sequence)),
    outputs: hashOf(tx.outputs, writeOutput),
  }))
}

/** The same hashed once more, as BIP143 has them. */
export function doubleHashes(tx: Tx): SharedHashes {
  return remembered(double, tx, () => {
    const { previous, sequences, outputs } = sharedHashes(tx)
    return {
      previous: hasher.sha256(previous),
      sequences: hasher.sha256(sequences),
      outputs: hasher.sha256(outputs),
    }
  })
}

/** `coins`: all that a transaction spends, in order. */
export function coinHashes(coins: readonly TxOut[]): CoinHashes {
  return remembered(ofCoins, coins, () => ({
    amounts: hashOf(coins, (writer, { valueSat }) => writer.i64(BigInt(valueSat))),
    scripts: hashOf(coins, (writer, { script }) => writeScript(writer, script)),
  }))
}

function hashOf<T>(
  items: readonly T[],
  write: (writer: Parameters<typeof writeOutput>[0], item: T) => void,
): Uint8Array {
  return hasher.sha256(
    written(writer => {
      for (const item of items) write(writer, item)
    }),
  )
}

function remembered<K extends object, V>(known: WeakMap<K, V>, key: K, make: () => V): V {
  const before = known.get(key)
  if (before !== undefined) return before
  const made = make()
  known.set(key, made)
  return made
}
