// What relay asks of inputs beyond consensus: no more than their coins can need.

import { describe, expect, it } from 'vitest'
import { concat, pushData } from '../../node/ledger/chain/push.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { TxIn } from '../../node/ledger/chain/types.ts'
import { checkStandard, checkStandardSpends, dustThresholdSat, isDust } from '../../node/ledger/policy.ts'
import { p2pkhScript, p2shScript, p2wpkhScript, witnessScript } from '../../node/ledger/script/kinds.ts'
import { OP } from '../../node/ledger/script/opcodes.ts'

const NOTHING = new Uint8Array(0)
const HASH = new Uint8Array(20).fill(7)
const P2WSH = witnessScript({ version: 0, program: new Uint8Array(32).fill(7) })
const P2TR = witnessScript({ version: 1, program: new Uint8Array(32).fill(7) })
const P2SH = p2shScript(HASH)
const sized = (...sizes: number[]) => sizes.map(size => new Uint8Array(size).fill(7))
const control = (first: number) => Uint8Array.of(first, ...new Uint8Array(32))
const sigops = (count: number) => new Uint8Array(count).fill(OP.checkSig)

function txOf(unlock: Partial<TxIn>) {
  const previous = { txid: 'ab'.repeat(32), index: 0 }
  const input = { previous, scriptSig: NOTHING, sequence: 0, witness: [], ...unlock }
  const outputs = [{ valueSat: 10_000, script: p2wpkhScript(HASH) }]
  return makeTx({ version: 2, inputs: [input], outputs, lockTime: 0 })
}

function reasonOf(check: () => void): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    return (error as { reason: string }).reason
  }
}

const spends = (script: Uint8Array, unlock: Partial<TxIn>) =>
  reasonOf(() => checkStandardSpends(txOf(unlock), [{ valueSat: 10_000, script }]))

it.each([
  ['nothing but pushes', pushData(new Uint8Array(70)), undefined],
  ['1,650 bytes', new Uint8Array(1_650), undefined],
  ['1,651 bytes', new Uint8Array(1_651), 'scriptsig-size'],
  ['what computes', Uint8Array.of(OP.nop), 'scriptsig-not-pushonly'],
  ['what is cut off', Uint8Array.of(5), 'scriptsig-not-pushonly'],
])('a scriptSig of %s', (_name, scriptSig, reason) => {
  expect(reasonOf(() => checkStandard(txOf({ scriptSig })))).toBe(reason)
})

describe('a script hash', () => {
  it.each([
    [15, undefined],
    [16, 'bad-txns-nonstandard-inputs'],
  ])('may hide %i signature operations', (count, reason) => {
    expect(spends(P2SH, { scriptSig: pushData(sigops(count)) })).toBe(reason)
  })

  it('of a multisignature counts its keys', () => {
    const many = (count: number) => Uint8Array.of(OP.reserved + count, OP.checkMultisig)
    expect(spends(P2SH, { scriptSig: pushData(many(15)) })).toBeUndefined()
    expect(spends(P2SH, { scriptSig: pushData(many(16)) })).toBe('bad-txns-nonstandard-inputs')
  })
})

describe('dust', () => {
  const key = (length: number) => concat(pushData(new Uint8Array(length).fill(2)), Uint8Array.of(OP.checkSig))
  it.each([
    ['a public key', key(33), 576],
    ['a whole public key', key(65), 672],
    ['the hash of a key', p2pkhScript(HASH), 546],
    ['the hash of a script', P2SH, 540],
    ['a witness key hash', p2wpkhScript(HASH), 294],
    ['a witness script hash', P2WSH, 330],
    ['a taproot key', P2TR, 330],
    ['an anchor', Uint8Array.of(OP.one, 2, 0x4e, 0x73), 240],
    ['a witness of 40 bytes to come', witnessScript({ version: 16, program: new Uint8Array(40) }), 354],
    ['nobody', Uint8Array.of(OP.return), 0],
  ])('is what holds less than spending it would cost: paid to %s', (_name, script, leastSat) => {
    expect(dustThresholdSat(script)).toBe(leastSat)
    expect(isDust({ valueSat: leastSat, script })).toBe(false)
    if (leastSat > 0) expect(isDust({ valueSat: leastSat - 1, script })).toBe(true)
  })
})

describe('a coin', () => {
  it.each([
    ['of no known form', Uint8Array.of(OP.one, OP.one), NOTHING],
    ['of a witness version to come', witnessScript({ version: 2, program: HASH }), NOTHING],
    ['of a script hash for which nothing is brought', P2SH, NOTHING],
    ['of a script hash for which more is pushed than fits on a stack', P2SH, pushData(new Uint8Array(521))],
  ])('%s is not spent', (_name, script, scriptSig) => {
    expect(spends(script, { scriptSig })).toBe('bad-txns-nonstandard-inputs')
  })
})

describe('a witness', () => {
  const WRONG = 'bad-witness-nonstandard'
  const UNKNOWN = 'bad-txns-nonstandard-inputs'
  const nested = { scriptSig: pushData(P2WSH) }
  it.each([
    ['where none belongs', p2pkhScript(HASH), sized(1), WRONG],
    ['of an anchor', Uint8Array.of(OP.one, 2, 0x4e, 0x73), sized(1), WRONG],
    ['of a key', p2wpkhScript(HASH), sized(72, 33), undefined],
    ['of a script of 3,600 bytes', P2WSH, sized(3_600), undefined],
    ['of a script of 3,601 bytes', P2WSH, sized(3_601), WRONG],
    ['of 100 items', P2WSH, sized(...new Array(100).fill(80), 20), undefined],
    ['of 101 items', P2WSH, sized(...new Array(101).fill(80), 20), WRONG],
    ['of an item of 81 bytes', P2WSH, sized(81, 20), WRONG],
    ['of a taproot key', P2TR, sized(64), undefined],
    ['of a tapscript', P2TR, [...sized(80, 90_000), control(0xc1)], undefined],
    ['of an item of 81 bytes for a tapscript', P2TR, [...sized(81, 90), control(0xc0)], WRONG],
    ['of an item of 81 bytes for another leaf', P2TR, [...sized(81, 90), control(0xc2)], undefined],
    ['of no control block', P2TR, [...sized(64), NOTHING], WRONG],
    ['of an annex', P2TR, [...sized(64), Uint8Array.of(0x50)], WRONG],
    ['of a version to come', witnessScript({ version: 2, program: HASH }), sized(5_000), UNKNOWN],
  ])('%s', (_name, script, witness, reason) => {
    expect(spends(script, { witness })).toBe(reason)
  })

  it('in a script hash is that of what it hides', () => {
    expect(spends(P2SH, { ...nested, witness: sized(81, 20) })).toBe(WRONG)
    expect(spends(P2SH, { ...nested, witness: sized(80, 20) })).toBeUndefined()
    expect(spends(P2SH, { scriptSig: pushData(P2TR), witness: sized(500, 20, 33) })).toBeUndefined()
    const odd = concat(pushData(NOTHING), pushData(sigops(1)))
    expect(spends(P2SH, { scriptSig: odd, witness: sized(1) })).toBe(WRONG)
  })
})
