// Coins of every kind, paid and spent again: in the mempool, and in a block.

import { signSchnorr } from 'tiny-secp256k1'
import { describe, expect, it } from 'vitest'
import { hasher } from '../../node/hash.ts'
import type { Chain } from '../../node/ledger/chain/chain.ts'
import { hash160 } from '../../node/ledger/chain/hash160.ts'
import { concat, pushData } from '../../node/ledger/chain/push.ts'
import { makeTx, outPointKey } from '../../node/ledger/chain/tx.ts'
import type { OutPoint, Tx, TxIn, TxOut } from '../../node/ledger/chain/types.ts'
import { Mempool } from '../../node/ledger/mempool.ts'
import { encodeDer } from '../../node/ledger/script/der.ts'
import { p2pkhScript, p2shScript, p2wpkhScript, witnessScript } from '../../node/ledger/script/kinds.ts'
import { OP } from '../../node/ledger/script/opcodes.ts'
import { legacySighash } from '../../node/ledger/script/sighash-legacy.ts'
import { taprootSighash } from '../../node/ledger/script/sighash-taproot.ts'
import { segwitSighash } from '../../node/ledger/script/sighash-witness.ts'
import {
  buildBlock,
  mineBlock,
  mineBlocks,
  NOW_MS,
  rewardOf,
  secp,
  spend,
  testChain,
  testKey,
} from '../support/chain.ts'
import {
  keyOutput,
  KEY as LEAF_KEY,
  PRIVATE_KEY as LEAF_PRIVATE_KEY,
  leafOf,
} from '../support/taproot-spend.ts'

const NOTHING = new Uint8Array(0)
const { privateKey, publicKey } = testKey(7)
const hash = hash160(publicKey)
const PREIMAGE = concat(Uint8Array.of(OP.sha256), pushData(hasher.sha256(hash)), Uint8Array.of(OP.equal))
/** 2 of 3; two of the keys are ours. */
const MULTISIG = concat(
  Uint8Array.of(OP.one + 1),
  ...[publicKey, testKey(8).publicKey, publicKey].map(pushData),
  Uint8Array.of(OP.one + 2, OP.checkMultisig),
)
const P2WSH = witnessScript({ version: 0, program: hasher.sha256(MULTISIG) })
const LEAF = concat(pushData(LEAF_KEY), Uint8Array.of(OP.checkSig))
const TREE = leafOf(LEAF)

type Unlock = (tx: Tx, coin: TxOut) => Partial<TxIn>

const der = (digest: Uint8Array) => concat(encodeDer(secp.sign(digest, privateKey)), Uint8Array.of(1))
const legacy = (tx: Tx, code: Uint8Array) => der(legacySighash(tx, 0, code, 1))
const segwit = (tx: Tx, code: Uint8Array, { valueSat }: TxOut) => der(segwitSighash(tx, 0, code, valueSat, 1))
const pushes = (...items: Uint8Array[]) => ({ scriptSig: concat(...items.map(pushData)) })

const KINDS: readonly (readonly [string, Uint8Array, Unlock])[] = [
  [
    'a bare key',
    concat(pushData(publicKey), Uint8Array.of(OP.checkSig)),
    (tx, { script }) => pushes(legacy(tx, script)),
  ],
  ['P2PKH', p2pkhScript(hash), (tx, { script }) => pushes(legacy(tx, script), publicKey)],
  ['a bare multisignature', MULTISIG, tx => pushes(NOTHING, legacy(tx, MULTISIG), legacy(tx, MULTISIG))],
  [
    'one in P2SH',
    p2shScript(hash160(MULTISIG)),
    tx => pushes(NOTHING, legacy(tx, MULTISIG), legacy(tx, MULTISIG), MULTISIG),
  ],
  [
    'one in P2WSH',
    P2WSH,
    (tx, coin) => ({ witness: [NOTHING, segwit(tx, MULTISIG, coin), segwit(tx, MULTISIG, coin), MULTISIG] }),
  ],
  [
    'one in P2WSH in P2SH',
    p2shScript(hash160(P2WSH)),
    (tx, coin) => ({
      ...pushes(P2WSH),
      witness: [NOTHING, segwit(tx, MULTISIG, coin), segwit(tx, MULTISIG, coin), MULTISIG],
    }),
  ],
  [
    'P2WPKH in P2SH',
    p2shScript(hash160(p2wpkhScript(hash))),
    (tx, coin) => ({
      ...pushes(p2wpkhScript(hash)),
      witness: [segwit(tx, p2pkhScript(hash), coin), publicKey],
    }),
  ],
  [
    'P2TR by key',
    keyOutput().script,
    (tx, coin) => {
      const digest = taprootSighash({ tx, index: 0, coins: [coin], annex: undefined, leaf: undefined }, 0)
      return { witness: [signSchnorr(digest as Uint8Array, keyOutput().privateKey)] }
    },
  ],
  [
    'P2TR by leaf',
    TREE.script,
    (tx, coin) => {
      const leaf = { hash: TREE.hash, codeSeparator: 0xffffffff }
      const digest = taprootSighash({ tx, index: 0, coins: [coin], annex: undefined, leaf }, 0)
      return { witness: [signSchnorr(digest as Uint8Array, LEAF_PRIVATE_KEY), LEAF, TREE.control] }
    },
  ],
  ['what asks for a preimage, in P2SH', p2shScript(hash160(PREIMAGE)), () => pushes(hash, PREIMAGE)],
]

/** A payment of the one output at `point`. */
function spendOf(point: OutPoint, coin: TxOut, unlock: Unlock): Tx {
  const input = { previous: point, scriptSig: NOTHING, sequence: 0xffffffff, witness: [] }
  const fields = {
    version: 2,
    outputs: [{ valueSat: coin.valueSat - 2_000, script: testKey(1).script }],
    lockTime: 0,
  }
  const blank = makeTx({ ...fields, inputs: [input] })
  return makeTx({ ...fields, inputs: [{ ...input, ...unlock(blank, coin) }] })
}

/** A chain, and a confirmed output of that script. */
function funded(script: Uint8Array): { chain: Chain; point: OutPoint; coin: TxOut } {
  const chain = testChain()
  const reward = rewardOf(mineBlock(chain))
  mineBlocks(chain, 3)
  const coin = { valueSat: 1_000_000, script }
  const paid = spend([reward], { outputs: [coin] })
  mineBlock(chain, { txs: [paid] })
  return { chain, point: { txid: paid.txid, index: 0 }, coin }
}

describe.each(KINDS)('%s', (name, script, unlock) => {
  it('is spent by way of the mempool', () => {
    const { chain, point, coin } = funded(script)
    const mempool = new Mempool({ chain, secp, clock: { now: () => NOW_MS } })
    const tx = spendOf(point, coin, unlock)
    expect(mempool.accept(tx)).toMatchObject({ feeSat: 2_000 })
    expect(mineBlock(chain, { txs: [tx] }).hash).toBe(chain.tip.hash)
    expect(chain.coin(outPointKey(point))).toBeUndefined()
    expect(chain.verify(0)).toBe(true)
  })

  it('is not spent by what it does not ask for', () => {
    const { chain, point, coin } = funded(script)
    const tx = spendOf(point, coin, () => pushes(hash.slice(1)))
    const broken = expect.objectContaining({ reason: 'mandatory-script-verify-flag-failed' })
    const mempool = new Mempool({ chain, secp, clock: { now: () => NOW_MS } })
    expect(() => mempool.accept(tx)).toThrow(broken)
    expect(() => chain.acceptBlock(buildBlock(chain, { txs: [tx] }))).toThrow(broken)
  })

  it('is not spent by what another payment signed', () => {
    const { chain, point, coin } = funded(script)
    const tx = spendOf(point, coin, unlock)
    const other = makeTx({ ...tx, outputs: [{ valueSat: 500_000, script: testKey(2).script }] })
    const isSigned = !name.includes('preimage')
    const take = () => chain.acceptBlock(buildBlock(chain, { txs: [other] }))
    if (isSigned) expect(take).toThrow('mandatory-script-verify-flag-failed')
    else expect(take).not.toThrow()
  })
})
