// The wallet on a real chain and mempool: keys, balances, payments, reorganisations.

import { describe, expect, it } from 'vitest'
import { RPC } from '../../node/core/service.ts'
import { addressToScript, scriptToAddress } from '../../node/ledger/address.ts'
import { hash160 } from '../../node/ledger/chain/hash160.ts'
import type { Block, BlockEntry, Tx } from '../../node/ledger/chain/types.ts'
import { type SpendableCoin, selectCoins, withSmallest } from '../../node/ledger/coin-selection.ts'
import { KeyRing } from '../../node/ledger/keys.ts'
import { p2wpkhScript } from '../../node/ledger/script/kinds.ts'
import type { Secp256k1 } from '../../node/ledger/services.ts'
import { Wallet } from '../../node/ledger/wallet.ts'
import { PlanKeeper } from '../../node/ledger/wallets/plan-keeper.ts'
import { REGTEST } from '../../node/params.ts'
import { MemoryStore } from '../../orchestrator/runtime/sim/host.ts'
import { buildBlock, EASY, outputOf, rewardOf, secp, spend, testKey } from '../support/chain.ts'
import { TestLedger } from '../support/ledger.ts'
import { rpcFailure } from '../support/refusal.ts'

const COIN_SAT = 5_000_000_000
const OTHERS = testKey(9).script
const ELSEWHERE = scriptToAddress(EASY, OTHERS) as string
const seedOf = (n: number) => new Uint8Array(32).fill(n)

/** A ledger whose wallet has `coins` mature coinbases and two young ones. */
function funded(coins: number): TestLedger {
  const ledger = new TestLedger({ params: YOUNG })
  ledger.mineMany(coins + 2)
  return ledger
}

/** Code of the RpcError that `task` throws. */
const codeOf = (task: () => unknown) => rpcFailure(task)[0]

/** A coinbase counts for the wallet after its second block: one later than it may be spent, as in Core's. */
const YOUNG = { ...EASY, coinbaseMaturity: 1 }
const feeOf = (ledger: TestLedger, tx: Tx) => ledger.mempool.get(tx.txid)?.feeSat ?? -1

function sendNow(ledger: TestLedger, address: string, amountSat: number, satPerVb?: number): Tx {
  const tx = ledger.wallet.send(address, amountSat, satPerVb)
  ledger.mempool.accept(tx)
  return tx
}

describe('keys', () => {
  it('follow from the seed alone, and differ from each other and from those of other seeds', () => {
    const ring = (seed: number) => new KeyRing(seedOf(seed), secp)
    const hexes = [1, 2].flatMap(seed => [0, 1, 2].map(n => String(ring(seed).at(n).publicKey)))
    expect(new Set(hexes).size).toBe(6)
    expect(ring(1).at(5)).toEqual(ring(1).at(5))
    expect(Buffer.from(ring(0).privateKey(7)).toString('hex')).toBe(
      '8a8aa433f2a484176086ea6a3c710f2694759306c572a9ee523c60cea317383a',
    )
  })

  it('belong to their public parts', () => {
    const ring = new KeyRing(seedOf(3), secp)
    const { publicKey, hash } = ring.at(4)
    expect(secp.publicKey(ring.privateKey(4))).toEqual(publicKey)
    expect(hash).toEqual(hash160(publicKey))
  })

  it("of one process's wallets are looked for by their own, in its next life too, and by no other", () => {
    const owners = new Map<string, string>()
    let made = 0
    const counting: Secp256k1 = {
      ...secp,
      publicKey: key => {
        made++
        return secp.publicKey(key)
      },
    }
    const ring = (seed: number) => new KeyRing(seedOf(seed), counting, owners)
    const script = p2wpkhScript(ring(1).at(5).hash)
    made = 0
    expect(ring(2).find(script)).toBeUndefined()
    expect(made).toBe(0)
    expect(ring(1).find(script)?.index).toBe(5)
    // One that nobody has made yet may still be a coming one of one's own.
    expect(ring(2).find(p2wpkhScript(new KeyRing(seedOf(2), secp).at(9).hash))?.index).toBe(9)
  })

  it('never give the same address twice, in either form, and own them all', () => {
    const { wallet } = new TestLedger({ params: YOUNG })
    const addresses = Array.from({ length: 50 }, (_, i) => wallet.newAddress(i % 2 ? 'legacy' : 'bech32'))
    expect(new Set(addresses).size).toBe(50)
    for (const address of addresses)
      expect(wallet.owns(addressToScript(EASY, address) as Uint8Array)).toBe(true)
    expect(wallet.owns(wallet.script())).toBe(true)
    expect(wallet.owns(OTHERS)).toBe(false)
    expect(wallet.owns(Uint8Array.of(0x51))).toBe(false)
  })
})

describe('the balance', () => {
  it('keeps coinbases apart until they are mature', () => {
    const ledger = new TestLedger({ params: YOUNG })
    const seen = Array.from({ length: 4 }, () => {
      ledger.mine()
      const { trustedSat, immatureSat, pendingSat } = ledger.wallet.balance()
      return [trustedSat / COIN_SAT, immatureSat / COIN_SAT, pendingSat]
    })
    expect(seen).toEqual([
      [0, 1, 0],
      [1, 1, 0],
      [2, 1, 0],
      [3, 1, 0],
    ])
  })

  it('trusts its own change at once, and the payments of others when they are confirmed', () => {
    const sender = funded(2)
    const address = sender.wallet.newAddress()
    const receiver = new TestLedger({ seed: seedOf(8), params: YOUNG })
    for (let height = 1; height <= sender.chain.tip.height; height++)
      receiver.accept(sender.chain.block(sender.chain.at(height)?.hash ?? '') as Block)
    const tx = sendNow(sender, receiver.wallet.newAddress(), 70_000)
    const before = 3 * COIN_SAT
    expect(sender.wallet.balance().trustedSat).toBe(before - 70_000 - feeOf(sender, tx))
    receiver.mempool.accept(tx)
    expect(receiver.wallet.balance()).toEqual({ trustedSat: 0, immatureSat: 0, pendingSat: 70_000 })
    receiver.mine(OTHERS)
    expect(receiver.wallet.balance()).toEqual({ trustedSat: 70_000, immatureSat: 0, pendingSat: 0 })
    expect(sender.wallet.owns(addressToScript(EASY, address) as Uint8Array)).toBe(true)
  })

  it('is found again in the chain by a new wallet of the same seed, late keys included', () => {
    const store = new MemoryStore()
    const ledger = new TestLedger({ store, params: YOUNG })
    ledger.mineMany(4)
    const addresses = Array.from({ length: 60 }, () => ledger.wallet.newAddress())
    // keys 15, 30, 45 and 60: each is within the look-ahead of the one before, the last is found first
    for (const i of [59, 14, 29, 44]) sendNow(ledger, addresses[i] as string, 100_000 + i)
    ledger.mine(OTHERS)
    const again = new TestLedger({ store, params: YOUNG })
    expect(again.chain.tip.hash).toBe(ledger.chain.tip.hash)
    expect(again.wallet.balance()).toEqual(ledger.wallet.balance())
    expect(addresses).not.toContain(again.wallet.newAddress())
  })

  it('counts what waits in the mempool when the wallet is made', () => {
    const ledger = funded(1)
    sendNow(ledger, ELSEWHERE, 1_000_000)
    const { chain, mempool } = ledger
    const late = new Wallet({
      keeper: new PlanKeeper({ seed: new Uint8Array(32), secp }),
      chain,
      mempool,
      secp,
      params: YOUNG,
    })
    expect(late.balance()).toEqual(ledger.wallet.balance())
  })
})

describe('a payment', () => {
  it('pays the address, returns the change, and costs what its size says', () => {
    for (const satPerVb of [1, 2, 7.5, 100]) {
      const ledger = funded(1)
      const tx = sendNow(ledger, ELSEWHERE, 123_456, satPerVb)
      const [payment, change] = tx.outputs
      expect(payment).toEqual({ valueSat: 123_456, script: addressToScript(EASY, ELSEWHERE) })
      expect(change?.script).toEqual(ledger.wallet.script())
      const least = Math.ceil((satPerVb * Math.ceil(tx.weight / 4)) / 1)
      // signatures differ by a byte or two, and the input count has room for three bytes
      expect(feeOf(ledger, tx)).toBeGreaterThanOrEqual(least)
      expect(feeOf(ledger, tx)).toBeLessThanOrEqual(least + 4 * satPerVb + 1)
      ledger.mine()
      expect(ledger.mempool.size).toBe(0)
    }
  })

  /** As heavy as a payment may turn out: its signatures as long as they get, its number of inputs in three bytes. */
  function heaviest({ inputs, weight }: Tx): number {
    return inputs.reduce(
      (sum, { scriptSig, witness }) => {
        const [signature] = witness
        return sum + (signature ? 72 - signature.length : 4 * (72 - (scriptSig[0] ?? 0)))
      },
      weight + 4 * 2,
    )
  }

  it.each([1, 2, 7])('of %i coins costs what it weighs at the most, to the satoshi', coins => {
    const ledger = funded(coins)
    const tx = sendNow(ledger, ELSEWHERE, coins * COIN_SAT - 1_000_000, 100)
    expect(tx.inputs.length).toBe(coins)
    expect(feeOf(ledger, tx)).toBe(100 * Math.ceil(heaviest(tx) / 4))
  })

  it('of coins on addresses of both kinds costs what it weighs at the most', () => {
    const ledger = funded(1)
    sendNow(ledger, ledger.wallet.newAddress('legacy'), 3_000_000_000)
    ledger.mine(OTHERS)
    const tx = sendNow(ledger, ELSEWHERE, 12_000_000_000, 100)
    expect(tx.inputs.some(({ scriptSig }) => scriptSig.length > 0)).toBe(true)
    expect(tx.inputs.some(({ witness }) => witness.length > 0)).toBe(true)
    expect(feeOf(ledger, tx)).toBe(100 * Math.ceil(heaviest(tx) / 4))
  })

  it('can come from coins on legacy addresses, together with others', () => {
    const ledger = funded(1)
    const legacy = ledger.wallet.newAddress('legacy')
    sendNow(ledger, legacy, 3_000_000_000)
    ledger.mine(OTHERS)
    const tx = sendNow(ledger, ELSEWHERE, 12_000_000_000)
    expect(tx.inputs.length).toBeGreaterThan(1)
    expect(tx.inputs.some(input => input.scriptSig.length > 0)).toBe(true)
    expect(tx.inputs.some(input => input.witness.length > 0)).toBe(true)
    ledger.mine(OTHERS)
    expect(ledger.mempool.size).toBe(0)
  })

  it('gives change that would be dust to the miner', () => {
    const ledger = funded(1)
    const { trustedSat } = ledger.wallet.balance()
    const tx = sendNow(ledger, ELSEWHERE, trustedSat - 600, 2)
    expect(tx.outputs.length).toBe(1)
    expect(feeOf(ledger, tx)).toBe(600)
  })

  it('takes the smallest coin that suffices, else the largest ones', () => {
    const coins: SpendableCoin[] = [50, 20, 30, 40].map(thousand => ({
      valueSat: thousand * 1_000,
      inputWeight: 272,
      ancestors: 0,
    }))
    const need = { baseWeight: 400, satPerVb: 1, maxAncestors: 24, maxInputs: 100 }
    const values = (amountSat: number) =>
      selectCoins(coins, { ...need, amountSat })?.map(coin => coin.valueSat)
    expect(values(25_000)).toEqual([30_000])
    expect(values(29_950)).toEqual([40_000])
    expect(values(60_000)).toEqual([50_000, 40_000])
    expect(values(139_500)).toEqual([50_000, 40_000, 30_000, 20_000])
    expect(values(139_900)).toBeUndefined()
    expect(selectCoins(coins, { ...need, amountSat: 60_000, maxInputs: 1 })).toBeUndefined()
  })

  it('spends the smallest two beside them where it has many, if they are worth their own fee', () => {
    const coins = [50_000, 100, 30_000, 20_000, 40_000].map(valueSat => ({
      ...{ valueSat, inputWeight: 272, ancestors: 0 },
    }))
    const need = { amountSat: 25_000, baseWeight: 400, satPerVb: 2, maxAncestors: 24, maxInputs: 100 }
    const values = (maxInputs: number, chosen = coins.slice(2, 3)) =>
      withSmallest(chosen, coins, { ...need, maxInputs }).map(coin => coin.valueSat)
    expect(values(100)).toEqual([30_000, 20_000, 40_000])
    expect(values(2)).toEqual([30_000, 20_000])
    expect(values(1)).toEqual([30_000])
  })

  it('keeps to a few hundred coins, however many payments it makes', () => {
    const ledger = funded(20)
    for (let block = 0; block < 12; block++) {
      for (let i = 0; i < 60; i++) sendNow(ledger, ledger.wallet.newAddress(), 100_000, 2)
      ledger.mine()
    }
    expect([...ledger.wallet.unspent()].length).toBeLessThan(350)
  })

  it('does not hang on more unconfirmed transactions than may be', () => {
    const coins = [20, 20, 3].map((ancestors, i) => ({ valueSat: 50_000 - i, inputWeight: 272, ancestors }))
    const need = { amountSat: 60_000, baseWeight: 400, satPerVb: 1, maxAncestors: 24, maxInputs: 100 }
    expect(selectCoins(coins, need)?.map(coin => coin.ancestors)).toEqual([20, 3])
    expect(selectCoins(coins, { ...need, maxAncestors: 22 })).toBeUndefined()
  })

  it('leaves coins alone that cost more than they hold', () => {
    const coins = [{ valueSat: 60, inputWeight: 272, ancestors: 0 }]
    const need = { amountSat: 0, baseWeight: 0, satPerVb: 1, maxAncestors: 24, maxInputs: 9 }
    expect(selectCoins(coins, need)).toBeUndefined()
  })

  it('can be followed by others on its change, up to the limit of unconfirmed ancestors', () => {
    const ledger = funded(0)
    expect(ledger.wallet.balance().trustedSat).toBe(COIN_SAT)
    for (let i = 0; i < 25; i++) sendNow(ledger, ELSEWHERE, 10_000)
    expect(codeOf(() => ledger.wallet.send(ELSEWHERE, 10_000))).toBe(RPC.walletInsufficientFunds)
    ledger.mine(OTHERS)
    expect(ledger.mempool.size).toBe(0)
    sendNow(ledger, ELSEWHERE, 10_000)
  })

  it('does not build on change whose family is full', () => {
    const ledger = funded(0)
    let output = outputOf(sendNow(ledger, scriptToAddress(EASY, testKey(0).script) as string, 1_000_000))
    for (let i = 0; i < 24; i++) {
      const tx = spend([output], {
        outputs: [{ valueSat: output.valueSat - 1_000, script: testKey(0).script }],
      })
      ledger.mempool.accept(tx)
      output = outputOf(tx)
    }
    expect(codeOf(() => ledger.wallet.send(ELSEWHERE, 10_000))).toBe(RPC.walletInsufficientFunds)
  })

  it('does not build on what others have not yet paid', () => {
    const ledger = new TestLedger({ params: YOUNG })
    ledger.mineMany(3, testKey(0).script)
    const reward = rewardOf(ledger.chain.block(ledger.chain.at(1)?.hash ?? '') as Block)
    const address = ledger.wallet.newAddress()
    const script = addressToScript(EASY, address) as Uint8Array
    const gift = spend([reward], { outputs: [{ valueSat: 1_000_000, script }] })
    ledger.mempool.accept(gift)
    expect(ledger.wallet.balance()).toEqual({ trustedSat: 0, immatureSat: 0, pendingSat: 1_000_000 })
    expect(codeOf(() => ledger.wallet.send(ELSEWHERE, 10_000))).toBe(RPC.walletInsufficientFunds)

    // the same wallet elsewhere saw the gift confirmed, and spends it: to us that hangs on the gift still
    const twin = new TestLedger({ params: YOUNG })
    for (let height = 1; height <= ledger.chain.tip.height; height++)
      twin.accept(ledger.chain.block(ledger.chain.at(height)?.hash ?? '') as Block)
    twin.mempool.accept(gift)
    twin.mine(OTHERS)
    ledger.mempool.accept(twin.wallet.send(ELSEWHERE, 10_000))
    const { trustedSat, pendingSat } = ledger.wallet.balance()
    expect(trustedSat).toBe(0)
    expect(pendingSat).toBeGreaterThan(980_000)
  })

  it('prefers confirmed coins to change that waits', () => {
    const ledger = funded(3)
    for (let i = 0; i < 4; i++) sendNow(ledger, ELSEWHERE, 10_000)
    expect([...ledger.mempool.entries()].map(entry => entry.ancestors.count)).toEqual([1, 1, 1, 1])
  })

  it('that nobody accepts leaves the coins where they were', () => {
    const ledger = funded(1)
    const before = ledger.wallet.balance()
    ledger.wallet.send(ELSEWHERE, 10_000)
    expect(ledger.wallet.balance()).toEqual(before)
  })

  it('below the fee rate that the mempool asks for is refused', () => {
    for (const satPerVb of [0.99, 0, -1, Number.NaN])
      expect(codeOf(() => funded(1).wallet.send(ELSEWHERE, 10_000, satPerVb))).toBe(
        RPC.walletInsufficientFunds,
      )
  })

  it.each<[what: string, code: number, address: string, amountSat: number]>([
    ['no address', RPC.invalidAddressOrKey, 'nonsense', 10_000],
    [
      'an address of another network',
      RPC.invalidAddressOrKey,
      scriptToAddress(REGTEST, OTHERS) as string,
      10_000,
    ],
    ['nothing', RPC.typeError, ELSEWHERE, 0],
    ['less than nothing', RPC.typeError, ELSEWHERE, -5],
    ['half a satoshi', RPC.typeError, ELSEWHERE, 1000.5],
    ['not a number', RPC.typeError, ELSEWHERE, Number.NaN],
    ['dust', RPC.walletInsufficientFunds, ELSEWHERE, 293],
    ['more than there is', RPC.walletInsufficientFunds, ELSEWHERE, 3 * COIN_SAT],
    ['all there is, and so no fee', RPC.walletInsufficientFunds, ELSEWHERE, 2 * COIN_SAT],
  ])('of %s is refused', (_what, code, address, amountSat) => {
    expect(codeOf(() => funded(1).wallet.send(address, amountSat))).toBe(code)
  })
})

describe('a reorganisation', () => {
  it('takes coins away and brings them back', () => {
    const ledger = funded(1)
    const home = ledger.chain.tip
    const before = ledger.wallet.balance()
    const tx = sendNow(ledger, ELSEWHERE, 40_000)
    const paid = ledger.wallet.balance()
    const first = ledger.mine(OTHERS)
    ledger.mine(OTHERS)

    // a longer branch without the payment, from before it: it waits in the mempool again
    let parent: BlockEntry = home
    for (let i = 0; i < 3; i++) {
      const block = buildBlock(ledger.chain, { parent, script: OTHERS, tag: 7 })
      parent = ledger.accept(block).entry
    }
    expect(ledger.mempool.has(tx.txid)).toBe(true)
    expect(ledger.wallet.balance().trustedSat).toBe(paid.trustedSat + before.immatureSat)

    // and back to the first branch, grown longer
    parent = ledger.chain.entry(first.hash) as BlockEntry
    parent = ledger.chain.tips().find(tip => tip.entry.parent === parent)?.entry as BlockEntry
    for (let i = 0; i < 2; i++)
      parent = ledger.accept(buildBlock(ledger.chain, { parent, script: OTHERS, tag: 8 })).entry
    expect(ledger.mempool.size).toBe(0)
    expect(ledger.wallet.balance().trustedSat).toBe(paid.trustedSat + before.immatureSat)
  })
})
