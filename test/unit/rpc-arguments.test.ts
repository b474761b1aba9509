// What callers write that cannot be, in Core's codes and words: the same for every call that takes it.

import { beforeAll, describe, expect, test } from 'vitest'
import { addressToScript } from '../../node/ledger/address.ts'
import { addressError } from '../../node/ledger/address-error.ts'
import { encodeBase58Check } from '../../node/ledger/base58.ts'
import { disassemble } from '../../node/ledger/rpc/asm.ts'
import { createLedgerNetwork, type LedgerNetwork, simulatedSpec } from '../support/ledger-network.ts'
import { rpcFailure } from '../support/refusal.ts'
import { walletsOn } from '../support/wallet-network.ts'

type Json = Record<string, unknown>

const TXID = 'ab'.repeat(32)
let net: LedgerNetwork
let address: string
let inputs: Json[]

const { plan: rpc, mine, fund } = walletsOn(() => net)

beforeAll(() => {
  const chain = simulatedSpec(1, { difficulty: { rule: 'fixed' }, coinbaseMaturity: 2 })
  net = createLedgerNetwork({ seed: 'arguments', nodes: 1, chain })
  net.mine(0, 4)
  rpc('createwallet', 'mine')
  address = mine<string>('getnewaddress')
  fund(2, address)
  inputs = mine<Json[]>('listunspent').map(({ txid, vout }) => ({ txid, vout }))
})

/** Each call that takes inputs, outputs and a lock time. */
const MAKERS: readonly (readonly [
  name: string,
  make: (inputs: Json[], outputs: unknown, lockTime: unknown) => unknown,
])[] = [
  ['createrawtransaction', (...written) => rpc('createrawtransaction', ...written)],
  ['createpsbt', (...written) => rpc('createpsbt', ...written)],
  ['walletcreatefundedpsbt', (...written) => mine('walletcreatefundedpsbt', ...written)],
  [
    'send',
    (inputs, outputs, locktime) =>
      mine('send', outputs, null, null, null, { inputs, locktime, add_to_wallet: false }),
  ],
]

describe.each(MAKERS)('%s', (_, make) => {
  test.each([-1, 2 ** 32])('refuses the lock time %d', lockTime => {
    expect(rpcFailure(() => make(inputs, { [address]: 1 }, lockTime))).toEqual([
      -8,
      'Invalid parameter, locktime out of range',
    ])
  })

  test('takes the last lock time that there is', () => {
    expect(make(inputs, { [address]: 1 }, 2 ** 32 - 1)).toBeDefined()
  })

  test('refuses inputs that are none', () => {
    const refused = (input: unknown) => rpcFailure(() => make([input as Json], { [address]: 1 }, 0))
    expect(refused('a')).toEqual([-3, 'JSON value of type string is not of expected type object'])
    expect(refused({})[0]).toBe(-3)
    expect(refused({ txid: TXID })).toEqual([-8, 'Invalid parameter, missing vout key'])
    expect(refused({ txid: TXID, vout: 'x' })).toEqual([-8, 'Invalid parameter, missing vout key'])
    expect(refused({ txid: TXID, vout: -1 })).toEqual([-8, 'Invalid parameter, vout cannot be negative'])
    for (const sequence of [-1, 2 ** 32])
      expect(refused({ ...inputs[0], sequence })).toEqual([
        -8,
        'Invalid parameter, sequence number is out of range',
      ])
  })

  test('refuses outputs that are none', () => {
    const refused = (outputs: unknown) => rpcFailure(() => make(inputs, outputs, 0))
    expect(refused(null)).toEqual([-8, 'Invalid parameter, output argument must be non-null'])
    expect(refused('x')[0]).toBe(-3)
    expect(refused([['a']])).toEqual([-8, 'Invalid parameter, key-value pair not an object as expected'])
    expect(refused([{ a: 1, b: 2 }])).toEqual([
      -8,
      'Invalid parameter, key-value pair must contain exactly one key',
    ])
    expect(refused({ [address]: 2e15 })).toEqual([-3, 'Invalid amount'])
    expect(refused({ [address]: '1.000000001' })).toEqual([-3, 'Invalid amount'])
    expect(refused({ [address]: 21_000_001 })).toEqual([-3, 'Amount out of range'])
  })
})

test('sendall refuses the same lock times', () => {
  for (const locktime of [-1, 2 ** 32])
    expect(rpcFailure(() => mine('sendall', [address], null, null, null, { locktime }))).toEqual([
      -8,
      'Invalid parameter, locktime out of range',
    ])
})

test('a sequence number that contradicts the wish to be replaceable is refused', () => {
  const final = [{ ...inputs[0], sequence: 0xfffffffe }]
  const words = 'Invalid parameter combination: Sequence number(s) contradict replaceable option'
  for (const name of ['createrawtransaction', 'createpsbt']) {
    expect(rpcFailure(() => rpc(name, final, { [address]: 1 }, 0, true))).toEqual([-8, words])
    expect(rpc(name, final, { [address]: 1 }, 0)).toBeDefined()
    expect(rpc(name, final, { [address]: 1 }, 0, false)).toBeDefined()
  }
  const options = { replaceable: true }
  expect(rpcFailure(() => mine('walletcreatefundedpsbt', final, { [address]: 1 }, 0, options))).toEqual([
    -8,
    words,
  ])
})

test('coins that a wallet adds are replaceable, or at least not final', () => {
  const raw = rpc<string>('createrawtransaction', [], { [address]: 1 })
  const sequenceOf = (options: Json) => {
    const { hex } = mine<{ hex: string }>('fundrawtransaction', raw, options)
    return rpc<{ vin: { sequence: number }[] }>('decoderawtransaction', hex).vin[0]?.sequence
  }
  expect(sequenceOf({})).toBe(0xfffffffd)
  expect(sequenceOf({ replaceable: false })).toBe(0xfffffffe)
})

test('who makes a transaction by hand may have a fee below what is relayed, who sends may not', () => {
  const raw = rpc<string>('createrawtransaction', [], { [address]: 1 })
  for (const fee_rate of [0, '0.999'])
    expect(mine<{ fee: number }>('fundrawtransaction', raw, { fee_rate }).fee).toBeLessThan(0.0000015)
  expect(mine<{ fee: number }>('walletcreatefundedpsbt', [], { [address]: 1 }, 0, { feeRate: 0 }).fee).toBe(0)
  expect(rpcFailure(() => mine('send', { [address]: 1 }, null, null, 0.999))[1]).toBe(
    'Fee rate (0.999 sat/vB) is lower than the minimum fee rate setting (1.000 sat/vB)',
  )
  for (const fee_rate of ['', 1e-9, '31.999999999999999999999', 1_111_111_111_111_111])
    expect(rpcFailure(() => mine('fundrawtransaction', raw, { fee_rate }))).toEqual([-3, 'Invalid amount'])
})

test('a coin that is nowhere cannot be chosen, and what pays nothing at no rate needs one', () => {
  const stray = rpc<string>('createrawtransaction', [{ txid: TXID, vout: 0 }], { [address]: 1 })
  expect(rpcFailure(() => mine('fundrawtransaction', stray))).toEqual([
    -4,
    'Unable to find UTXO for external input',
  ])
  expect(rpcFailure(() => mine('walletcreatefundedpsbt', [], [{ data: 'ab' }], 0, { fee_rate: 0 }))).toEqual([
    -4,
    'Transaction requires one destination of non-0 value, a non-0 feerate, or a pre-selected input',
  ])
})

describe('an address that is none', () => {
  const params = { bech32Hrp: 'bcrt', base58PubkeyHash: 0x6f }
  /** Of a key's hash, of a script's, and of a taproot key. */
  const good = [
    'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080',
    'bcrt1qft5p2uhsdcdc3l2ua4ap5qqfg4pjaqlp250x7us7a8qqhrxrxfsqseac85',
    'bcrt1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqc8gma6',
  ]
  const wrongAt = (text: string, ...places: number[]) =>
    Array.from(text, (was, i) => (places.includes(i) ? (was === 'q' ? 'p' : 'q') : was)).join('')

  test.each(good)('%s is one, and one or two wrong characters in it are found', text => {
    expect(addressToScript(params, text)).toBeDefined()
    for (let place = 5; place < text.length; place++) {
      expect(addressError(params, wrongAt(text, place)).places).toEqual([place])
      const other = 5 + ((place * 7) % (text.length - 5))
      if (other === place) continue
      const two = [place, other].sort((a, b) => a - b)
      expect(addressError(params, wrongAt(text, ...two)).places).toEqual(two)
    }
  })

  test('is told by what is wrong', () => {
    const words = (text: string) => addressError(params, text).words
    const [key = ''] = good
    expect(words(wrongAt(key, 20))).toBe('Invalid Bech32 checksum')
    expect(words(wrongAt(good[2] ?? '', 20))).toBe('Invalid Bech32m checksum')
    expect(words(wrongAt(key, 10, 17, 24, 31))).toMatch(/^Invalid (Bech32m? )?checksum$/)
    expect(addressError(params, `${key}${'q'.repeat(50)}`)).toEqual({
      words: 'Bech32 string too long',
      places: [90, 91, 92, 93],
    })
    expect(words('bcrtq049')).toBe('Missing separator')
    expect(addressError(params, 'bcrt1qqqqq')).toEqual({ words: 'Invalid separator position', places: [4] })
    expect(addressError(params, key.replace('w508', 'w5b8'))).toEqual({
      words: 'Invalid Base 32 character',
      places: [8],
    })
    expect(addressError(params, key.replace('w508', 'W508'))).toEqual({
      words: 'Invalid character or mixed case',
      places: [6],
    })
    expect(words('asfah14i8fajz0123f')).toBe('Invalid or unsupported Segwit (Bech32) or Base58 encoding.')
    expect(words(encodeBase58Check(Uint8Array.of(5, ...new Uint8Array(20))))).toBe(
      'Invalid or unsupported Base58-encoded address.',
    )
    expect(words(encodeBase58Check(Uint8Array.of(0x6f, ...new Uint8Array(19))))).toBe(
      'Invalid length for Base58 address (P2PKH or P2SH)',
    )
    expect(words('mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJJfn')).toBe(
      'Invalid checksum or length of Base58 address (P2PKH or P2SH)',
    )
  })

  test('getaddressinfo and validateaddress say so', () => {
    const place = address.lastIndexOf('1') + 4
    const text = wrongAt(address, place)
    expect(rpc('validateaddress', text)).toMatchObject({
      isvalid: false,
      error: 'Invalid Bech32 checksum',
      error_locations: [place],
    })
    expect(rpcFailure(() => mine('getaddressinfo', text))).toEqual([-5, 'Invalid Bech32 checksum'])
  })
})

test('of a witness version to come nobody knows whether it is a script', () => {
  const { address: unknown } = rpc<{ address: string }>('decodescript', '5202abcd')
  expect(rpc('validateaddress', unknown)).toEqual({
    isvalid: true,
    address: unknown,
    scriptPubKey: '5202abcd',
    iswitness: true,
    witness_version: 2,
    witness_program: 'abcd',
  })
})

test('what looks like a signature in a script that nobody can spend is data', () => {
  const der = '3011020701010101010101020601010101010101'
  const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))
  expect(disassemble(bytes(`14${der}`), true)).toBe(`${der.slice(0, -2)}[ALL]`)
  expect(disassemble(bytes(`6a14${der}`), true)).toBe(`OP_RETURN ${der}`)
})

test('a script of tapscript alone is told without the addresses that would hold it', () => {
  for (const script of ['ba', '7e', '50', '4c'])
    expect(rpc('decodescript', script)).not.toHaveProperty('p2sh')
  expect(rpc('decodescript', '51ac')).toHaveProperty('segwit')
})

test('a block of transactions that cannot be together is refused, and so is what it is to pay to', () => {
  const key =
    'tpubD6NzVbkrYhZ4XgiXtGrdW5XDAPFCL9h7we1vwNCpn8tGbBcgfVYjXyhWo4E1xkh56hjod1RhGjxbaTLV3X4FyWuejifB9jusQ46QzG87VKp'
  expect(rpcFailure(() => rpc('generateblock', `pkh(${key}/0/*)`, []))[0]).toBe(-8)
  expect(rpcFailure(() => rpc('generateblock', `pkh(${key}/0'/0)`, []))).toEqual([
    -5,
    'Cannot derive script without private keys',
  ])
  expect(rpcFailure(() => rpc('generateblock', '1234', []))[1]).toBe('Error: Invalid address or descriptor')
})
