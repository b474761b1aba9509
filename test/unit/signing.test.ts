// The signer: every kind of script with every hash type, judged by the interpreter; several signers; what is missing; and Core's bytes.

import * as btc from '@scure/btc-signer'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../node/bitcoin/wire/hex.ts'
import { hash160 } from '../../node/ledger/chain/hash160.ts'
import { makeTx } from '../../node/ledger/chain/tx.ts'
import type { Tx, TxOut } from '../../node/ledger/chain/types.ts'
import { SigningProvider } from '../../node/ledger/descriptor/provider.ts'
import { encodeWif } from '../../node/ledger/descriptor/wif.ts'
import { parseDescriptor } from '../../node/ledger/descriptors.ts'
import { STANDARD_FLAGS } from '../../node/ledger/script/flags.ts'
import { p2shScript, p2wpkhScript } from '../../node/ledger/script/kinds.ts'
import { verifySpend } from '../../node/ledger/script/verify.ts'
import { extractSignatures } from '../../node/ledger/signing/extract.ts'
import { produceSignature } from '../../node/ledger/signing/produce.ts'
import { signTransaction } from '../../node/ledger/signing/sign-transaction.ts'
import { SignatureData } from '../../node/ledger/signing/signature-data.ts'
import { InputSigner, SizeSigner } from '../../node/ledger/signing/signer.ts'
import { inputWeightOf } from '../../node/ledger/wallets/keeper.ts'
import { REGTEST } from '../../node/params.ts'
import { secp } from '../support/chain.ts'

const secret = (n: number) => new Uint8Array(32).fill(n)
const wif = (n: number) => encodeWif(secret(n))
const pub = (n: number) => toHex(secp.publicKey(secret(n)))
const VALUE_SAT = 100_000

/** A transaction that spends a coin of this descriptor, and beside it one of another; `provider` has its keys. */
function spendOf(text: string, withKeys = true) {
  const descriptor = parseDescriptor(REGTEST, secp, text)
  const { scripts, provider } = descriptor.at(0) ?? { scripts: [], provider: new SigningProvider() }
  if (withKeys) descriptor.addPrivateKeys(0, provider)
  const coins: TxOut[] = [
    { valueSat: VALUE_SAT, script: scripts[0] as Uint8Array },
    { valueSat: 7, script: p2wpkhScript(new Uint8Array(20)) },
  ]
  const inputs = coins.map((_, index) => ({
    previous: { txid: '11'.repeat(32), index },
    scriptSig: new Uint8Array(0),
    sequence: 0xfffffffd,
    witness: [],
  }))
  const outputs = [1, 2].map(n => ({ valueSat: 1_000 * n, script: p2wpkhScript(new Uint8Array(20).fill(n)) }))
  const tx = makeTx({ version: 2, inputs, outputs, lockTime: 0 })
  return { tx, coins, provider, descriptor }
}

function produce(
  { tx, coins, provider }: { tx: Tx; coins: readonly TxOut[]; provider: SigningProvider },
  hashType = 0,
  data = new SignatureData(),
) {
  const signer = new InputSigner({ tx, index: 0, coins, secp, hashType })
  produceSignature(provider, signer, (coins[0] as TxOut).script, data)
  const inputs = tx.inputs.map((input, i) =>
    i === 0 ? { ...input, scriptSig: data.scriptSig, witness: data.witness } : input,
  )
  return { data, signed: makeTx({ ...tx, inputs }) }
}

const KINDS = [
  `pk(${wif(1)})`,
  `pkh(${wif(1)})`,
  `pkh(${encodeWif(secret(1), false)})`,
  `wpkh(${wif(1)})`,
  `sh(wpkh(${wif(1)}))`,
  `multi(2,${wif(1)},${wif(2)},${pub(3)})`,
  `sh(multi(2,${wif(1)},${pub(3)},${wif(2)}))`,
  `wsh(multi(1,${pub(3)},${wif(2)}))`,
  `sh(wsh(multi(2,${wif(1)},${wif(2)})))`,
  `wsh(pk(${wif(1)}))`,
  `sh(wsh(pkh(${wif(1)})))`,
  `tr(${wif(1)})`,
  `tr(${wif(2)},pk(${pub(3)}))`,
  `tr(${pub(3)},pk(${wif(2)}))`,
  `tr(${pub(3)},{pk(${pub(4)}),{multi_a(2,${wif(1)},${pub(4)},${wif(2)}),pk(${pub(5)})}})`,
  `tr(${pub(3)},multi_a(1,${wif(1)},${wif(2)}))`,
  `rawtr(${wif(1)})`,
]
const TYPES = [0, 1, 2, 3, 0x81, 0x82, 0x83]

describe('a signer', () => {
  it.each(KINDS)('unlocks %s with every hash type', text => {
    const spend = spendOf(text)
    for (const type of TYPES) {
      const { data, signed } = produce(spend, type)
      expect(data.complete).toBe(true)
      expect(verifySpend({ tx: signed, index: 0, coins: spend.coins, secp }, STANDARD_FLAGS)).toBeUndefined()
      // Another amount is another payment, except for scripts whose signatures never covered it.
      const legacy = signed.inputs[0]?.witness.length === 0
      const others = spend.coins.map(coin => ({ ...coin, valueSat: coin.valueSat + 1 }))
      expect(verifySpend({ tx: signed, index: 0, coins: others, secp }, STANDARD_FLAGS) === undefined).toBe(
        legacy,
      )
    }
  })

  it.each(KINDS)('knows beforehand what an input of %s weighs at the most', text => {
    const spend = spendOf(text)
    const { signed } = produce(spend)
    const bare = makeTx({ ...signed, inputs: [] })
    const alone = makeTx({ ...signed, inputs: signed.inputs.slice(0, 1) })
    const marker = alone.hasWitness ? 2 : -1
    const weight = inputWeightOf((spend.coins[0] as TxOut).script, spend.provider) as number
    const actual = alone.weight - bare.weight - marker
    expect(weight).toBeGreaterThanOrEqual(actual)
    expect(weight - actual).toBeLessThanOrEqual(4 * 8)
  })

  it.each(KINDS)('does nothing for %s without private keys, and says what is missing', text => {
    const spend = spendOf(text, false)
    const { data } = produce(spend)
    expect(data.complete).toBe(false)
    const taproot = /^(tr|rawtr)/.test(text)
    expect(data.missingSignatures.length > 0).toBe(!taproot)
  })

  it('takes the shortest signatures, as Core does, and signs the same each time', () => {
    for (let n = 1; n < 20; n++) {
      const spend = spendOf(`wpkh(${wif(n)})`)
      const { data } = produce(spend)
      expect(data.witness[0]?.length).toBeLessThanOrEqual(71)
      expect(produce(spend).data.witness).toEqual(data.witness)
    }
  })

  it('takes the leaf whose witness is smaller', () => {
    const { data } = produce(spendOf(`tr(${pub(3)},{multi_a(2,${wif(1)},${wif(2)}),pk(${wif(4)})})`))
    expect(data.witness).toHaveLength(3)
    expect(data.leafSignatures.size).toBe(3)
  })

  it('signs neither SINGLE without its output nor taproot without all coins', () => {
    const { tx, coins, provider } = spendOf(`tr(${wif(1)})`)
    const lonely = new InputSigner({ tx, index: 0, coins: [coins[0], undefined], secp, hashType: 0 })
    expect(produceSignature(provider, lonely, (coins[0] as TxOut).script, new SignatureData())).toBe(false)
    const none = makeTx({ ...tx, outputs: [] })
    const { errors } = signTransaction(
      secp,
      none,
      ({ index }) => coins[index],
      () => provider,
      3,
    )
    expect(errors.size).toBe(2)
  })

  it("makes what another library accepts, and accepts that library's", () => {
    const spend = spendOf(`wpkh(${wif(1)})`)
    const theirs = new btc.Transaction()
    for (const { previous, sequence } of spend.tx.inputs.slice(0, 1))
      theirs.addInput({
        txid: previous.txid,
        index: previous.index,
        sequence,
        witnessUtxo: { script: spend.coins[0]?.script as Uint8Array, amount: BigInt(VALUE_SAT) },
      })
    for (const { script, valueSat } of spend.tx.outputs)
      theirs.addOutput({ script, amount: BigInt(valueSat) })
    theirs.signIdx(secret(1), 0)
    theirs.finalize()
    const tx = makeTx({ ...spend.tx, inputs: spend.tx.inputs.slice(0, 1) })
    const { signed } = produce({ ...spend, tx, coins: spend.coins.slice(0, 1) })
    expect(theirs.id).toBe(signed.txid)
    expect(theirs.hex).toBe(toHex(signed.bytes))
  })
})

describe('several signers', () => {
  it.each([
    `multi(2,${pub(1)},${pub(2)},${pub(3)})`,
    `sh(multi(2,${pub(1)},${pub(2)},${pub(3)}))`,
    `wsh(multi(2,${pub(1)},${pub(2)},${pub(3)}))`,
    `sh(wsh(multi(2,${pub(1)},${pub(2)},${pub(3)})))`,
  ])('of %s add to one another, in whatever order', text => {
    for (const order of [
      [1, 3],
      [3, 2],
    ]) {
      const { tx, coins, provider } = spendOf(text, false)
      let last = tx
      for (const n of order) {
        const alone = new SigningProvider()
        for (const script of provider.scripts.values()) alone.addScript(script)
        alone.addKey(secp.publicKey(secret(n)), { privateKey: secret(n) })
        const before = extractSignatures({ tx: last, index: 0, coins, secp })
        last = produce({ tx: last, coins, provider: alone }, 0, before).signed
      }
      expect(verifySpend({ tx: last, index: 0, coins, secp }, STANDARD_FLAGS)).toBeUndefined()
      expect(extractSignatures({ tx: last, index: 0, coins, secp }).complete).toBe(true)
    }
  })
})

describe('the weight of an unknown input', () => {
  it('is unknown', () => {
    expect(inputWeightOf(p2shScript(hash160(new Uint8Array(1))), new SigningProvider())).toBeUndefined()
    expect(new SizeSigner(1).schnorr()).toHaveLength(65)
  })
})
