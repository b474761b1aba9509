// BIP341's wallet vectors: trees of scripts with the keys and addresses that commit to them, and a transaction signed in every way.

import { decode } from '../../node/bitcoin/wire/codec.ts'
import { fromHex, toHex } from '../../node/bitcoin/wire/hex.ts'
import { decodeSegwit, encodeSegwit } from '../../node/ledger/bech32.ts'
import { makeTx, txCodec } from '../../node/ledger/chain/tx.ts'
import { CONSENSUS_FLAGS, STANDARD_FLAGS } from '../../node/ledger/script/flags.ts'
import { witnessProgramOf } from '../../node/ledger/script/kinds.ts'
import { coinHashes, sharedHashes } from '../../node/ledger/script/sighash-shared.ts'
import { taprootSighash } from '../../node/ledger/script/sighash-taproot.ts'
import {
  commitsToLeaf,
  p2trScript,
  parseControlBlock,
  tapBranchHash,
  tapLeafHash,
  tapOutputKey,
  tapTweak,
} from '../../node/ledger/script/taproot.ts'
import { verifySpend } from '../../node/ledger/script/verify.ts'
import { secp } from './chain.ts'
import type { Case } from './vectors.ts'

type Tree =
  | { readonly id: number; readonly script: string; readonly leafVersion: number }
  | readonly [Tree, Tree]

export interface TaprootVectors {
  readonly scriptPubKey: readonly {
    readonly given: { readonly internalPubkey: string; readonly scriptTree: Tree | null }
    readonly intermediary: {
      readonly leafHashes?: readonly string[]
      readonly merkleRoot: string | null
      readonly tweak: string
      readonly tweakedPubkey: string
    }
    readonly expected: {
      readonly scriptPubKey: string
      readonly bip350Address: string
      readonly scriptPathControlBlocks?: readonly string[]
    }
  }[]
  readonly keyPathSpending: readonly {
    readonly given: {
      readonly rawUnsignedTx: string
      readonly utxosSpent: readonly { readonly scriptPubKey: string; readonly amountSats: number }[]
    }
    readonly intermediary: {
      readonly hashAmounts: string
      readonly hashOutputs: string
      readonly hashPrevouts: string
      readonly hashScriptPubkeys: string
      readonly hashSequences: string
    }
    readonly inputSpending: readonly {
      readonly given: {
        readonly txinIndex: number
        readonly merkleRoot: string | null
        readonly hashType: number
      }
      readonly intermediary: {
        readonly internalPubkey: string
        readonly tweak: string
        readonly sigHash: string
      }
      readonly expected: { readonly witness: readonly string[] }
    }[]
    readonly auxiliary: { readonly fullySignedTx: string }
  }[]
}

/** One for each address, one for what each taproot input signs, one for each input of the signed transaction. */
export function taprootCases({ scriptPubKey, keyPathSpending }: TaprootVectors): Case[] {
  return [
    ...scriptPubKey.map(outputCase),
    ...keyPathSpending.flatMap(inputCases),
    ...keyPathSpending.flatMap(signedCases),
  ]
}

function signedCases({ given, auxiliary }: TaprootVectors['keyPathSpending'][number]): Case[] {
  const coins = given.utxosSpent.map(coinOf)
  const tx = decode(txCodec, bytes(auxiliary.fullySignedTx))
  return Array.from(tx.inputs, (_, index) =>
    differences(`signed input ${index}`, [
      ['verdict', verifySpend({ tx, index, coins, secp }, STANDARD_FLAGS) ?? 'OK', 'OK'],
    ]),
  )
}

function coinOf({ scriptPubKey, amountSats }: { scriptPubKey: string; amountSats: number }) {
  return { script: bytes(scriptPubKey), valueSat: amountSats }
}

function outputCase({ given, intermediary, expected }: TaprootVectors['scriptPubKey'][number]): Case {
  const internalKey = bytes(given.internalPubkey)
  const leaves = given.scriptTree ? leavesOf(given.scriptTree) : []
  const root = given.scriptTree ? rootOf(given.scriptTree) : undefined
  const output = tapOutputKey(secp, internalKey, root)
  const script = p2trScript(output?.key ?? new Uint8Array(32))
  const program = witnessProgramOf(script)
  const address = program && encodeSegwit('bc', program)
  const controls = expected.scriptPathControlBlocks ?? []
  const proven = controls.map((hex, i) => {
    const control = parseControlBlock(bytes(hex))
    const leaf = leaves[i]
    return (
      control !== undefined && leaf !== undefined && commitsToLeaf(secp, output?.key ?? script, control, leaf)
    )
  })
  return differences(expected.bip350Address, [
    ['leaves', leaves.map(toHex).join(), (intermediary.leafHashes ?? []).join()],
    ['root', root ? toHex(root) : null, intermediary.merkleRoot],
    ['tweak', toHex(tapTweak(internalKey, root)), intermediary.tweak],
    ['key', toHex(output?.key ?? new Uint8Array(0)), intermediary.tweakedPubkey],
    ['script', toHex(script), expected.scriptPubKey],
    ['address', address, expected.bip350Address],
    [
      'address read',
      toHex(decodeSegwit('bc', expected.bip350Address)?.program ?? script),
      intermediary.tweakedPubkey,
    ],
    ['paths', proven.join(), controls.map(() => true).join()],
  ])
}

function inputCases({
  given,
  intermediary,
  inputSpending,
  auxiliary,
}: TaprootVectors['keyPathSpending'][number]): Case[] {
  const coins = given.utxosSpent.map(coinOf)
  const unsigned = decode(txCodec, bytes(given.rawUnsignedTx))
  const signed = decode(txCodec, bytes(auxiliary.fullySignedTx))
  const { previous, sequences, outputs } = sharedHashes(unsigned)
  const { amounts, scripts } = coinHashes(coins)
  const shared = [amounts, outputs, previous, scripts, sequences].map(toHex).join()
  const { hashAmounts, hashOutputs, hashPrevouts, hashScriptPubkeys, hashSequences } = intermediary
  const wantedShared = [hashAmounts, hashOutputs, hashPrevouts, hashScriptPubkeys, hashSequences].join()
  return inputSpending.map(
    ({ given: { txinIndex: index, merkleRoot, hashType }, intermediary: inner, expected }) => {
      const digest = taprootSighash(
        { tx: unsigned, index, coins, annex: undefined, leaf: undefined },
        hashType,
      )
      const root = merkleRoot === null ? undefined : bytes(merkleRoot)
      const witness = expected.witness.map(bytes)
      const tx = makeTx({
        ...signed,
        inputs: signed.inputs.map((input, i) => (i === index ? { ...input, witness } : input)),
      })
      return differences(`input ${index}, type ${hashType}`, [
        ['shared hashes', shared, wantedShared],
        ['digest', digest && toHex(digest), inner.sigHash],
        ['tweak', toHex(tapTweak(bytes(inner.internalPubkey), root)), inner.tweak],
        ['verdict', verifySpend({ tx, index, coins, secp }, CONSENSUS_FLAGS) ?? 'OK', 'OK'],
        [
          'verdict on another coin',
          verifySpend({ tx, index, coins: coins.toReversed(), secp }, CONSENSUS_FLAGS) === undefined,
          false,
        ],
      ])
    },
  )
}

function leavesOf(tree: Tree): Uint8Array[] {
  return 'id' in tree ? [tapLeafHash(tree.leafVersion, bytes(tree.script))] : tree.flatMap(leavesOf)
}

function rootOf(tree: Tree): Uint8Array {
  if ('id' in tree) return tapLeafHash(tree.leafVersion, bytes(tree.script))
  return tapBranchHash(rootOf(tree[0]), rootOf(tree[1]))
}

function differences(
  name: string,
  pairs: readonly (readonly [what: string, actual: unknown, wanted: unknown])[],
): Case {
  const wrong = pairs.filter(([, actual, wanted]) => actual !== wanted)
  const failure = wrong.map(([what, actual, wanted]) => `${what}: ${actual} instead of ${wanted}`).join('; ')
  return { name, failure: failure === '' ? undefined : failure }
}

function bytes(hex: string): Uint8Array {
  return fromHex(hex) as Uint8Array
}
