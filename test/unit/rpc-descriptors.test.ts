// RPC about descriptors on a running ledger: what they say, their addresses over ranges, coins found by them, blocks paid to them.

import { beforeAll, describe, expect, test } from 'vitest'
import { TPRV, TPUB } from '../support/extended-keys.ts'
import { createLedgerNetwork, type LedgerNetwork } from '../support/ledger-network.ts'
import { rpcFailure } from '../support/refusal.ts'

type Json = Record<string, unknown>
let net: LedgerNetwork
const rpc = <T = unknown>(method: string, ...params: unknown[]) => net.rpc(0, method, ...params) as T
const summed = (text: string) => {
  const { checksum } = rpc<{ checksum: string }>('getdescriptorinfo', text)
  return `${text}#${checksum}`
}
const failure = (method: string, ...params: unknown[]) => rpcFailure(() => rpc(method, ...params))

beforeAll(() => {
  net = createLedgerNetwork({ seed: 'descriptors', nodes: 1 })
})

describe('descriptors over RPC', () => {
  test('getdescriptorinfo tells what one says, without private keys', () => {
    expect(rpc('getdescriptorinfo', `wpkh(${TPRV}/1/*)`)).toEqual({
      descriptor: summed(`wpkh(${TPUB}/1/*)`),
      checksum: summed(`wpkh(${TPRV}/1/*)`).slice(-8),
      isrange: true,
      issolvable: true,
      hasprivatekeys: true,
    })
  })

  test('deriveaddresses gives a range of them', () => {
    const ranged = summed(`wpkh(${TPUB}/1/1/*)`)
    const all = rpc<string[]>('deriveaddresses', ranged, 2)
    expect(all).toHaveLength(3)
    expect(rpc('deriveaddresses', ranged, [1, 2])).toEqual(all.slice(1))
    expect(rpc('deriveaddresses', summed(`wpkh(${TPUB}/1/1/1)`))).toEqual([all[1]])
    expect(rpc<string[]>('deriveaddresses', summed(`combo(${TPUB}/1/1/1)`))).toHaveLength(3)
    const single = summed(`wpkh(${TPUB}/1)`)
    const cases: [unknown[], string][] = [
      [[single, [0, 2]], 'Range should not be specified for an un-ranged descriptor'],
      [[ranged], 'Range must be specified for a ranged descriptor'],
      [[ranged, 10_000_000_000], 'End of range is too high'],
      [[ranged, -1], 'End of range is too high'],
      [[ranged, [1_000_000_000, 2_000_000_000]], 'Range is too large'],
      [[ranged, [2, 0]], 'Range specified as [begin,end] must not have begin after end'],
      [[ranged, [-1, 0]], 'Range should be greater or equal than 0'],
      [[ranged, [1]], 'Range must be specified as end or as [begin,end]'],
    ]
    for (const [params, words] of cases) expect(failure('deriveaddresses', ...params)).toEqual([-8, words])
    expect(failure('deriveaddresses', `wpkh(${TPUB}/1)`)).toEqual([-5, 'Missing checksum'])
    expect(failure('deriveaddresses', summed(`wpkh(${TPUB}/1h/1)`))).toEqual([
      -5,
      'Cannot derive script without private keys',
    ])
    for (const text of [`pk(${TPUB})`, `multi(1,${TPUB}/0,${TPUB}/1)`])
      expect(failure('deriveaddresses', summed(text))).toEqual([
        -5,
        'Descriptor does not have a corresponding address',
      ])
  })

  test('generatetodescriptor mines to one, and scantxoutset finds the coins by a range', () => {
    expect(failure('generatetodescriptor', 1, `wpkh(${TPUB}/*)`)).toEqual([
      -8,
      'Ranged descriptor not accepted. Maybe pass through deriveaddresses first?',
    ])
    rpc('generatetodescriptor', 1, summed(`tr(${TPUB}/7)`))
    rpc('generatetodescriptor', 1, summed(`combo(${TPUB}/8)`))
    net.advance(2_000)
    type Scan = { unspents: Json[]; total_amount: number }
    const scan = (...objects: unknown[]) => rpc<Scan>('scantxoutset', 'start', objects)
    const [found, ...more] = scan({ desc: `tr(${TPRV}/*)`, range: [5, 8] }).unspents
    expect(more).toEqual([])
    expect(found?.desc).toMatch(/^tr\(\[[0-9a-f]{8}\/7\][0-9a-f]{64}\)#/)
    expect(scan({ desc: `tr(${TPRV}/*)`, range: 6 }).unspents).toEqual([])
    expect(scan(`combo(${TPUB}/*)`).unspents.map(({ desc }) => desc)).toEqual([
      expect.stringMatching(/^wpkh\(\[[0-9a-f]{8}\/8\]0[23][0-9a-f]{64}\)#/),
    ])
    expect(failure('scantxoutset', 'start', [7])).toEqual([
      -8,
      'Scan object needs to be either a string or an object',
    ])
  })

  test('createmultisig makes each kind, and says where a key forbids the one that was wished for', () => {
    const keys = ['0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798']
    const long =
      '0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8'
    type Made = { address: string; descriptor: string; redeemScript: string; warnings?: string[] }
    for (const type of ['legacy', 'p2sh-segwit', 'bech32']) {
      const made = rpc<Made>('createmultisig', 1, [...keys, ...keys], type)
      expect(rpc('deriveaddresses', made.descriptor)).toEqual([made.address])
    }
    const made = rpc<Made>('createmultisig', 1, [...keys, long], 'bech32')
    expect(made.descriptor).toMatch(/^sh\(multi/)
    expect(made.warnings).toHaveLength(1)
    expect(failure('createmultisig', 1, keys, 'bech32m')?.[0]).toBe(-5)
    expect(failure('createmultisig', 1, ['02'.padEnd(66, '0')])).toEqual([
      -5,
      `Pubkey "${'02'.padEnd(66, '0')}" must be cryptographically valid.`,
    ])
    expect(failure('createmultisig', 1, ['zz'])).toEqual([-5, 'Pubkey "zz" must be a hex string'])
  })
})
