// Addresses against the vectors of BIP173 and BIP350, and against themselves.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../node/bitcoin/wire/hex.ts'
import { addressToScript, scriptToAddress } from '../../node/ledger/address.ts'
import { decodeBase58Check, encodeBase58Check } from '../../node/ledger/base58.ts'
import { decodeSegwit, encodeSegwit } from '../../node/ledger/bech32.ts'
import { p2pkhScript, p2wpkhScript } from '../../node/ledger/script/kinds.ts'
import { REGTEST } from '../../node/params.ts'

const bytes = (hex: string) => fromHex(hex) as Uint8Array

/** BIP350, "Test vectors": valid addresses and the scripts that they stand for. */
const VALID: readonly (readonly [address: string, script: string])[] = [
  ['BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4', '0014751e76e8199196d454941c45d1b3a323f1433bd6'],
  [
    'tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7',
    '00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262',
  ],
  [
    'bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y',
    '5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6',
  ],
  ['BC1SW50QGDZ25J', '6002751e'],
  ['bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs', '5210751e76e8199196d454941c45d1b3a323'],
  [
    'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
    '512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
  ],
]

/** BIP350, "Test vectors": invalid addresses, and why. */
const INVALID: readonly (readonly [why: string, address: string])[] = [
  ['another network', 'tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut'],
  ['Bech32 in place of Bech32m', 'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd'],
  ['Bech32 in place of Bech32m', 'BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL'],
  ['Bech32m in place of Bech32', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh'],
  ['a character outside the alphabet', 'bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4'],
  ['witness version 17', 'BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R'],
  ['a program of 1 byte', 'bc1pw5dgrnzv'],
  ['a program of 41 bytes', 'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav'],
  ['version 0 with 16 bytes', 'BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P'],
  ['mixed case', 'tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq'],
  ['more than four bits of padding', 'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf'],
  ['padding that is not zero', 'tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j'],
  ['no program', 'bc1gmk9yu'],
]

const paramsOf = (hrp: string) => ({ bech32Hrp: hrp, base58PubkeyHash: 0 })

describe('segwit addresses', () => {
  it.each(VALID)('%s means its script, and the script means it', (address, script) => {
    const params = paramsOf(address.slice(0, 2).toLowerCase())
    expect(toHex(addressToScript(params, address) ?? new Uint8Array())).toBe(script)
    expect(scriptToAddress(params, bytes(script))).toBe(address.toLowerCase())
  })

  it.each(INVALID)('is refused for %s', (_why, address) => {
    for (const hrp of ['bc', 'tb']) expect(addressToScript(paramsOf(hrp), address)).toBeUndefined()
  })

  it('come back from their text, for any program', () => {
    const program = fc.oneof(
      fc.record({
        version: fc.integer({ min: 1, max: 16 }),
        program: fc.uint8Array({ minLength: 2, maxLength: 40 }),
      }),
      fc.record({ version: fc.constant(0), program: fc.uint8Array({ minLength: 20, maxLength: 20 }) }),
    )
    fc.assert(
      fc.property(program, witness => {
        expect(decodeSegwit('nsp', encodeSegwit('nsp', witness))).toEqual(witness)
      }),
    )
  })

  it('are refused when any one character is another', () => {
    const address = scriptToAddress(REGTEST, p2wpkhScript(new Uint8Array(20).fill(7))) as string
    const change = fc.tuple(
      fc.integer({ min: 0, max: address.length - 1 }),
      fc.constantFrom(...'qpzry9x8gf2tvdw0s3jn54khce6mua7l1'),
    )
    fc.assert(
      fc.property(change, ([at, character]) => {
        fc.pre(address[at] !== character)
        const wrong = address.slice(0, at) + character + address.slice(at + 1)
        expect(addressToScript(REGTEST, wrong)).toBeUndefined()
      }),
    )
  })
})

describe('Base58Check addresses', () => {
  it('of the first coinbase key are what the whole world knows', () => {
    const script = p2pkhScript(bytes('62e907b15cbf27d5425399ebf6f0fb50ebb88f18'))
    expect(scriptToAddress(paramsOf('bc'), script)).toBe('1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa')
    expect(addressToScript(paramsOf('bc'), '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa')).toEqual(script)
  })

  it('keep the zeros in front, for any payload', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), payload => {
        expect(decodeBase58Check(encodeBase58Check(payload))).toEqual(payload)
      }),
    )
  })

  it('stand for script hashes as well', () => {
    const [address, script] = [
      '2N3vVYSK5XRgVSGWy21PnsRmBUywSQNdCsf',
      'a914751e76e8199196d454941c45d1b3a323f1433bd687',
    ]
    expect(scriptToAddress(REGTEST, bytes(script))).toBe(address)
    expect(toHex(addressToScript(REGTEST, address) ?? new Uint8Array())).toBe(script)
  })

  it('of another network are refused', () => {
    expect(addressToScript(REGTEST, '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa')).toBeUndefined()
  })
})

describe('text that is no address', () => {
  it('is refused and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.string({ minLength: 200 })), text => {
        expect(addressToScript(REGTEST, text)).toBeUndefined()
      }),
    )
  })
})

describe('scripts without an address', () => {
  it.each([
    ['empty', ''],
    ['OP_RETURN', '6a04deadbeef'],
    ['OP_RESERVED and a push', '5014751e76e8199196d454941c45d1b3a323f1433bd6'],
    ['version 0 with 16 bytes', '0010751e76e8199196d454941c45d1b3a323'],
    ['a push that is cut off', '5120751e76e8199196d4'],
  ])('%s', (_name, script) => {
    expect(scriptToAddress(REGTEST, bytes(script))).toBeUndefined()
  })
})
