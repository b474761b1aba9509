// The hash of a set in any order, beside a model of it with another library's cipher, and as gettxoutsetinfo tells it.

import { createCipheriv, createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { toHex } from '../../node/bitcoin/wire/hex.ts'
import { MuHash } from '../../node/ledger/muhash.ts'
import { createLedgerNetwork, simulatedSpec } from '../support/ledger-network.ts'
import { rpcFailure } from '../support/refusal.ts'

const PRIME = 2n ** 3072n - 1_103_717n
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

function numberOf(member: Uint8Array): bigint {
  const stream = createCipheriv('chacha20', sha256(member), new Uint8Array(16)).update(new Uint8Array(384))
  return BigInt(`0x${toHex(stream.reverse())}`)
}

function model(members: readonly Uint8Array[]): string {
  const product = members.reduce((all, member) => (all * numberOf(member)) % PRIME, 1n)
  const bytes = Buffer.from(product.toString(16).padStart(768, '0'), 'hex').reverse()
  return toHex(sha256(bytes))
}

function hashOf(members: readonly Uint8Array[]): string {
  const hash = new MuHash()
  for (const member of members) hash.insert(member)
  return toHex(hash.digest())
}

const member = (n: number) => Uint8Array.from({ length: 1 + (n % 90) }, (_, i) => (n * 31 + i * 7) & 0xff)
const members = Array.from({ length: 60 }, (_, n) => member(n))

test('is the model’s for nothing, for one and for many', () => {
  for (const count of [0, 1, 2, 60])
    expect(hashOf(members.slice(0, count))).toBe(model(members.slice(0, count)))
})

test('is the same in any order, and another without one of them', () => {
  expect(hashOf(members.toReversed())).toBe(hashOf(members))
  expect(hashOf(members.slice(1))).not.toBe(hashOf(members))
})

test('gettxoutsetinfo has it of all coins, and no hash where none is asked for', () => {
  const chain = simulatedSpec(1, { difficulty: { rule: 'fixed' }, coinbaseMaturity: 2 })
  const net = createLedgerNetwork({ seed: 'muhash', nodes: 1, chain })
  net.advance(5_000)
  net.mine(0, 5)
  const info = (...params: unknown[]) => net.rpc(0, 'gettxoutsetinfo', ...params) as Record<string, unknown>
  const coins = Array.from(net.ledger(0).chain.coins(), ([key, coin]) => {
    const bytes = Buffer.alloc(32 + 4 + 4 + 8 + 1)
    Buffer.from(key.slice(0, 64), 'hex').reverse().copy(bytes)
    bytes.writeUInt32LE(Number(key.slice(65)), 32)
    bytes.writeUInt32LE(coin.height * 2 + Number(coin.coinbase), 36)
    bytes.writeBigUInt64LE(BigInt(coin.valueSat), 40)
    bytes.writeUInt8(coin.script.length, 48)
    return Buffer.concat([bytes, coin.script])
  })
  const display = (hex: string) => Buffer.from(hex, 'hex').reverse().toString('hex')
  expect(info('muhash')).toMatchObject({ txouts: 5, muhash: display(model(coins)) })
  expect(info('muhash')).not.toHaveProperty('hash_serialized_3')
  const { muhash: _, ...rest } = info('muhash')
  expect(info('none')).toEqual(rest)
  expect(info()).toEqual({ ...rest, hash_serialized_3: expect.stringMatching(/^[0-9a-f]{64}$/) })
  expect(rpcFailure(() => info('other'))[0]).toBe(-8)
})
