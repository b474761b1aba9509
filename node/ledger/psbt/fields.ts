// What the maps of a PSBT hold (BIP174, BIP371): types of keys in the order in which Core writes them, and the check of each key and value.

import { ProtocolError } from '../../errors.ts'
import { tapTree } from '../descriptor/tap-tree.ts'
import type { Secp256k1 } from '../services.ts'
import * as values from './values.ts'
import { BadPsbt, demand } from './values.ts'

/** Types of keys, two digits of hex. */
export const GLOBAL = { tx: '00', xpub: '01', version: 'fb', proprietary: 'fc' } as const
export const INPUT = {
  wholeTx: '00',
  witnessUtxo: '01',
  partialSig: '02',
  sighash: '03',
  redeemScript: '04',
  witnessScript: '05',
  origin: '06',
  ripemd160: '0a',
  sha256: '0b',
  hash160: '0c',
  hash256: '0d',
  tapKeySig: '13',
  tapLeafSig: '14',
  tapLeaf: '15',
  tapOrigin: '16',
  tapInternalKey: '17',
  tapRoot: '18',
  finalScriptSig: '07',
  finalWitness: '08',
  proprietary: 'fc',
} as const
export const OUTPUT = {
  redeemScript: '00',
  witnessScript: '01',
  origin: '02',
  tapInternalKey: '05',
  tapTree: '06',
  tapOrigin: '07',
  proprietary: 'fc',
} as const

/** `key`: behind the type. */
export interface Field {
  readonly what: string
  /** Lengths that the key may have. */
  readonly keyBytes: readonly number[]
  readonly tooLong: string
  check?(key: Uint8Array, value: Uint8Array, secp: Secp256k1): void
}

export type Fields = { readonly [type: string]: Field }

const MAX_TREE_DEPTH = 128
const VERSION_MASK = 0xfe
const X_POINT = Uint8Array.of(2)

const single = (what: string, name: string, check?: Field['check']): Field => ({
  what,
  keyBytes: [0],
  tooLong: `${name} key is more than one byte type`,
  ...(check && { check }),
})

export const GLOBAL_FIELDS: Fields = {
  [GLOBAL.tx]: single('unsigned tx', 'Global unsigned tx'),
  [GLOBAL.xpub]: {
    what: 'global xpub',
    keyBytes: [78],
    tooLong: 'Size of key was not the expected size for the type global xpub',
    check(key, value, secp) {
      demand(secp.isPoint(key.subarray(45)), 'Invalid pubkey')
      values.readOrigin(value)
    },
  },
  [GLOBAL.version]: single('version', 'Global version', (_, value) =>
    demand(values.readU32(value) === 0, 'Unsupported version number'),
  ),
}

export const INPUT_FIELDS: Fields = {
  [INPUT.wholeTx]: single('input non-witness utxo', 'Non-witness utxo', (_, value) => {
    values.readWholeTx(value)
  }),
  [INPUT.witnessUtxo]: single('input witness utxo', 'Witness utxo', (_, value) => {
    values.readCoin(value)
  }),
  [INPUT.partialSig]: keyed(
    'input partial signature for pubkey',
    'Size of key was not the expected size for the type partial signature pubkey',
  ),
  [INPUT.sighash]: single('input sighash type', 'Sighash type', (_, value) => {
    values.readU32(value)
  }),
  [INPUT.redeemScript]: single('input redeemScript', 'Input redeemScript'),
  [INPUT.witnessScript]: single('input witnessScript', 'Input witnessScript'),
  [INPUT.origin]: originField(),
  [INPUT.ripemd160]: preimage('ripemd160', 20),
  [INPUT.sha256]: preimage('sha256', 32),
  [INPUT.hash160]: preimage('hash160', 20),
  [INPUT.hash256]: preimage('hash256', 32),
  [INPUT.tapKeySig]: single('input Taproot key signature', 'Input Taproot key signature', (_, value) =>
    demandSchnorr(value, 'key'),
  ),
  [INPUT.tapLeafSig]: {
    what: 'input Taproot script signature',
    keyBytes: [64],
    tooLong: 'Input Taproot script signature key is not 65 bytes',
    check: (_, value) => demandSchnorr(value, 'script'),
  },
  [INPUT.tapLeaf]: {
    what: 'input Taproot leaf script',
    keyBytes: Array.from({ length: MAX_TREE_DEPTH + 1 }, (_, depth) => 33 + 32 * depth),
    tooLong: "Input Taproot leaf script key's control block size is not valid",
    check: (_, value) => demand(value.length > 0, 'Input Taproot leaf script must be at least 1 byte'),
  },
  [INPUT.tapOrigin]: tapOriginField('Input'),
  [INPUT.tapInternalKey]: single('input Taproot internal key', 'Input Taproot internal key', demandHash),
  [INPUT.tapRoot]: single('input Taproot merkle root', 'Input Taproot merkle root', demandHash),
  [INPUT.finalScriptSig]: single('input final scriptSig', 'Final scriptSig'),
  [INPUT.finalWitness]: single('input final scriptWitness', 'Final scriptWitness', (_, value) => {
    values.witnessItems(value)
  }),
}

export const OUTPUT_FIELDS: Fields = {
  [OUTPUT.redeemScript]: single('output redeemScript', 'Output redeemScript'),
  [OUTPUT.witnessScript]: single('output witnessScript', 'Output witnessScript'),
  [OUTPUT.origin]: originField(),
  [OUTPUT.tapInternalKey]: single('output Taproot internal key', 'Output Taproot internal key', demandHash),
  [OUTPUT.tapTree]: single('output Taproot tree', 'Output Taproot tree', (_, value) => {
    demand(value.length > 0, 'Output Taproot tree must not be empty')
    const leaves = values.readTree(value)
    demand(
      leaves.every(({ depth }) => depth <= MAX_TREE_DEPTH),
      'Output Taproot tree has as leaf greater than Taproot maximum depth',
    )
    demand(
      leaves.every(({ version }) => (version & ~VERSION_MASK) === 0),
      'Output Taproot tree has a leaf with an invalid leaf version',
    )
    demand(isTree(leaves.map(({ depth }) => depth)), 'Output Taproot tree is malformed')
  }),
  [OUTPUT.tapOrigin]: tapOriginField('Output'),
}

function keyed(what: string, tooLong: string, check?: (value: Uint8Array) => void): Field {
  return {
    what,
    keyBytes: [33, 65],
    tooLong,
    check(key, value, secp) {
      const [prefix = 0] = key
      demand((key.length === 33 ? prefix <= 3 : prefix === 4) && secp.isPoint(key), 'Invalid pubkey')
      check?.(value)
    },
  }
}

function originField(): Field {
  const words = 'Size of key was not the expected size for the type BIP32 keypath'
  return keyed('pubkey derivation path', words, value => {
    values.readOrigin(value)
  })
}

function tapOriginField(where: 'Input' | 'Output'): Field {
  return {
    what: `${where.toLowerCase()} Taproot BIP32 keypath`,
    keyBytes: [32],
    tooLong: `${where} Taproot BIP32 keypath key is not at 33 bytes`,
    check(_, value) {
      try {
        values.readLeafOrigin(value)
      } catch (error) {
        if (!(error instanceof ProtocolError || error instanceof BadPsbt)) throw error
        throw new BadPsbt(`${where} Taproot BIP32 keypath has an invalid length`)
      }
    },
  }
}

function preimage(name: string, bytes: number): Field {
  return {
    what: `input ${name} preimage`,
    keyBytes: [bytes],
    tooLong: `Size of key was not the expected size for the type ${name} preimage`,
  }
}

function demandSchnorr(value: Uint8Array, path: 'key' | 'script'): void {
  demand(value.length >= 64, `Input Taproot ${path} path signature is shorter than 64 bytes`)
  demand(value.length <= 65, `Input Taproot ${path} path signature is longer than 65 bytes`)
}

function demandHash(_key: Uint8Array, value: Uint8Array): void {
  demand(value.length === 32, 'Size of value was not the stated size')
}

/** Do leaves of these depths, from left to right, fill a tree? */
function isTree(depths: readonly number[]): boolean {
  const nobody = { tweakPublicKey: () => ({ key: X_POINT, parity: 0 as const }) }
  const leaves = depths.map(depth => ({ depth, version: 0, script: X_POINT }))
  return tapTree(nobody, X_POINT, leaves) !== undefined
}
