// PSBTs: bytes and roles beside another library's, every kind of input signed by parts, taproot's fields, and what is refused.

import * as btc from '@scure/btc-signer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../node/bitcoin/wire/hex.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { TxOut } from '../../node/ledger/chain/types.ts'
import { SigningProvider } from '../../node/ledger/descriptor/provider.ts'
import { encodeWif } from '../../node/ledger/descriptor/wif.ts'
import { parseDescriptor } from '../../node/ledger/descriptors.ts'
import { INPUT, OUTPUT } from '../../node/ledger/psbt/fields.ts'
import { decodePsbt, encodePsbt, makePsbt, type Psbt, utxoOf } from '../../node/ledger/psbt/psbt.ts'
import { extract, finalizePsbt, NOBODY, signInput, updateOutput } from '../../node/ledger/psbt/sign.ts'
import { coinBytes, leafOriginBytes, readLeafOrigin } from '../../node/ledger/psbt/values.ts'
import { STANDARD_FLAGS } from '../../node/ledger/script/flags.ts'
import { p2wpkhScript } from '../../node/ledger/script/kinds.ts'
import { verifySpend } from '../../node/ledger/script/verify.ts'
import { REGTEST } from '../../node/params.ts'
import { secp } from '../support/chain.ts'
import { TPRV } from '../support/extended-keys.ts'

const secret = (n: number) => new Uint8Array(32).fill(n)
const wif = (n: number) => encodeWif(secret(n))
const pub = (n: number) => toHex(secp.publicKey(secret(n)))
const VALUE_SAT = 100_000

/** A PSBT with one input, a coin of this descriptor, made by a whole transaction that it carries; and what solves it. */
function psbtOf(text: string, position = 0) {
  const descriptor = parseDescriptor(REGTEST, secp, text)
  const { scripts, provider } = descriptor.at(position) ?? { scripts: [], provider: NOBODY }
  const script = scripts[0] as Uint8Array
  const input = { scriptSig: new Uint8Array(0), sequence: 0xfffffffd, witness: [] }
  const made = makeTx({
    version: 2,
    inputs: [{ ...input, previous: { txid: '22'.repeat(32), index: 1 } }],
    outputs: [
      { valueSat: 1, script: p2wpkhScript(new Uint8Array(20)) },
      { valueSat: VALUE_SAT, script },
    ],
    lockTime: 0,
  })
  const tx = makeTx({
    version: 2,
    inputs: [{ ...input, previous: { txid: made.txid, index: 1 } }],
    outputs: [{ valueSat: VALUE_SAT - 1_000, script }],
    lockTime: 0,
  })
  const psbt = makePsbt(tx)
  psbt.inputs[0]?.set(INPUT.wholeTx, made.bytes)
  const coins: TxOut[] = [{ valueSat: VALUE_SAT, script }]
  return { psbt, provider, descriptor, coins, position }
}

const read = (text: string): Psbt => {
  const psbt = decodePsbt(secp, text)
  if (typeof psbt === 'string') throw new Error(psbt)
  return psbt
}
const passed = (psbt: Psbt) => read(encodePsbt(psbt))

function keyRing(...numbers: number[]): SigningProvider {
  const provider = new SigningProvider()
  for (const n of numbers) provider.addKey(secp.publicKey(secret(n)), { privateKey: secret(n) })
  return provider
}

describe('a PSBT', () => {
  it.each([
    [`pkh(${pub(1)})`, [1]],
    [`wpkh(${pub(1)})`, [1]],
    [`sh(wpkh(${pub(1)}))`, [1]],
    [`sh(multi(2,${pub(1)},${pub(2)}))`, [1, 2]],
    [`wsh(multi(2,${pub(1)},${pub(2)},${pub(3)}))`, [3, 1]],
    [`sh(wsh(multi(2,${pub(1)},${pub(2)})))`, [2, 1]],
    [`tr(${pub(1)})`, [1]],
    [`tr(${pub(9)},multi_a(2,${pub(1)},${pub(2)}))`, [2, 1]],
    [`tr(${pub(9)},{pk(${pub(8)}),pk(${pub(1)})})`, [1]],
  ] as [string, number[]][])(
    'of %s goes from updater to signers to finalizer, in text between them',
    (text, signers) => {
      const { psbt, provider, coins } = psbtOf(text)
      signInput(psbt, 0, provider, { secp, hashType: 0, finalize: false })
      let at = passed(psbt)
      expect(finalizePsbt(passed(at), secp)).toBe(false)
      for (const n of signers) {
        signInput(at, 0, keyRing(n), { secp, hashType: 0, finalize: false })
        at = passed(at)
      }
      expect(finalizePsbt(at, secp)).toBe(true)
      const tx = extract(passed(at))
      expect(verifySpend({ tx, index: 0, coins, secp }, STANDARD_FLAGS)).toBeUndefined()
      // What others need no more is gone, in memory and on paper.
      expect(passed(at).inputs[0]?.has(INPUT.redeemScript)).toBe(false)
    },
  )

  it("of every field reads and writes as another library's", () => {
    const { psbt, provider, descriptor } = psbtOf(
      `tr([d34db33f/86h/1]${TPRV}/0/*,{pk(${pub(2)}),pk(${pub(3)})})`,
      5,
    )
    descriptor.addPrivateKeys(5, provider)
    signInput(psbt, 0, provider, { secp, hashType: 0, finalize: false })
    updateOutput(psbt, 0, provider, secp)
    const text = encodePsbt(psbt)
    const theirs = btc.Transaction.fromPSBT(Uint8Array.from(Buffer.from(text, 'base64')))
    const input = theirs.getInput(0)
    expect(input.tapInternalKey && toHex(input.tapInternalKey)).toBe(
      toHex(psbt.inputs[0]?.get(INPUT.tapInternalKey) as Uint8Array),
    )
    expect(input.tapMerkleRoot && toHex(input.tapMerkleRoot)).toBe(
      toHex(psbt.inputs[0]?.get(INPUT.tapRoot) as Uint8Array),
    )
    expect(input.tapKeySig).toHaveLength(64)
    expect(input.tapLeafScript).toHaveLength(2)
    expect(input.tapBip32Derivation?.[0]?.[1].der).toEqual({
      fingerprint: 0xd34db33f,
      path: [86 + 2 ** 31, 1, 0, 5],
    })
    expect(theirs.getOutput(0).tapTree).toHaveLength(2)
    expect(encodePsbt(read(Buffer.from(theirs.toPSBT()).toString('base64')))).toBe(text)
  })

  it('that another library signed is finished here, and the other way round', () => {
    const { psbt, provider, coins } = psbtOf(`wsh(multi(2,${pub(1)},${pub(2)}))`)
    signInput(psbt, 0, provider, { secp, finalize: false })
    const theirs = btc.Transaction.fromPSBT(Uint8Array.from(Buffer.from(encodePsbt(psbt), 'base64')))
    theirs.signIdx(secret(1), 0)
    const half = read(Buffer.from(theirs.toPSBT()).toString('base64'))
    signInput(half, 0, keyRing(2), { secp, finalize: false })
    const back = btc.Transaction.fromPSBT(Uint8Array.from(Buffer.from(encodePsbt(half), 'base64')))
    back.finalize()
    expect(finalizePsbt(half, secp)).toBe(true)
    const tx = extract(half)
    expect(back.hex).toBe(toHex(tx.bytes))
    expect(verifySpend({ tx, index: 0, coins, secp }, STANDARD_FLAGS)).toBeUndefined()
  })

  it('with a witness utxo alone lets only a witness be signed', () => {
    const { psbt, provider, descriptor, coins } = psbtOf(`pkh(${wif(1)})`)
    descriptor.addPrivateKeys(0, provider)
    psbt.inputs[0]?.delete(INPUT.wholeTx)
    psbt.inputs[0]?.set(INPUT.witnessUtxo, coinBytes(coins[0] as TxOut))
    expect(signInput(psbt, 0, provider, { secp }).complete).toBe(false)
    expect([...(psbt.inputs[0]?.keys() ?? [])]).toEqual([INPUT.witnessUtxo])
  })

  it('tells where keys come from only where that is known', () => {
    const { psbt, provider } = psbtOf(`sh(wpkh([d34db33f/1h]${TPRV}/*))`, 3)
    updateOutput(psbt, 0, provider, secp)
    const [origin] = [...(psbt.outputs[0] ?? [])].filter(([key]) => key.startsWith(OUTPUT.origin))
    expect(origin && toHex(origin[1])).toBe('d34db33f0100008003000000')
    const bare = { leaves: ['11'.repeat(32)], origin: { fingerprint: new Uint8Array(4), path: [7] } }
    expect(readLeafOrigin(leafOriginBytes(bare))).toEqual(bare)
  })

  it('that is none is refused with a reason, and never harms', () => {
    const { psbt } = psbtOf(`wpkh(${pub(1)})`)
    const good = Buffer.from(encodePsbt(psbt), 'base64')
    const refused = (bytes: Uint8Array) => decodePsbt(secp, Buffer.from(bytes).toString('base64'))
    expect(decodePsbt(secp, '%')).toBe('invalid base64')
    expect(refused(good.subarray(0, -1))).toBe(
      'Outputs provided does not match the number of outputs in transaction.',
    )
    expect(refused(good.subarray(0, -2))).toBe('Separator is missing at the end of an input map')
    expect(refused(Buffer.concat([good, Buffer.of(0)]))).toBe('extra data after PSBT')
    const add = (key: string, value: Uint8Array) => {
      const copy = passed(psbt)
      copy.inputs[0]?.set(key, value)
      return decodePsbt(secp, encodePsbt(copy))
    }
    expect(add(`${INPUT.partialSig}02${'ff'.repeat(32)}`, new Uint8Array(3))).toBe('Invalid pubkey')
    expect(add(`${INPUT.partialSig}02`, new Uint8Array(3))).toMatch(/^Size of key/)
    expect(add(INPUT.tapKeySig, new Uint8Array(63))).toMatch(/shorter than 64/)
    expect(add(`${INPUT.tapOrigin}${'11'.repeat(32)}`, Uint8Array.of(9))).toMatch(/invalid length$/)
    const wrong = passed(psbt)
    wrong.inputs[0]?.set(INPUT.wholeTx, psbt.tx.bytes)
    expect(decodePsbt(secp, encodePsbt(wrong))).toBe('Non-witness UTXO does not match outpoint hash')
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const bytes = Uint8Array.from(good)
        bytes[at] = byte
        const found = refused(bytes)
        if (typeof found !== 'string') utxoOf(found, 0)
      }),
    )
  })
})
