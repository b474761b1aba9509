// RPC of PSBTs on a running ledger: descriptors as updaters and signers, what decodepsbt and analyzepsbt say, taproot from end to end.

import { beforeAll, describe, expect, test } from 'vitest'
import { TPRV, TPUB } from '../support/extended-keys.ts'
import { createLedgerNetwork, type LedgerNetwork } from '../support/ledger-network.ts'
import { rpcFailure } from '../support/refusal.ts'

type Json = Record<string, unknown>
let net: LedgerNetwork
const rpc = <T = unknown>(method: string, ...params: unknown[]) => net.rpc(0, method, ...params) as T
const decoded = (psbt: string) => rpc<Json & { inputs: Json[]; outputs: Json[] }>('decodepsbt', psbt)
const summed = (text: string) => `${text}#${rpc<{ checksum: string }>('getdescriptorinfo', text).checksum}`
const failure = (method: string, ...params: unknown[]) => rpcFailure(() => rpc(method, ...params))

/** A PSBT that spends a new coin of this descriptor at this position, to the same address. */
function psbtOf(text: string, position: number): string {
  const [address = ''] = rpc<string[]>('deriveaddresses', summed(text), [position, position])
  const txid = rpc<string>('sendtoaddress', address, 1)
  const { vout } = rpc<{ vout: { n: number; scriptPubKey: { address?: string } }[] }>(
    'getrawtransaction',
    txid,
    1,
  )
  const n = vout.find(({ scriptPubKey }) => scriptPubKey.address === address)?.n
  net.mine(0)
  return rpc('createpsbt', [{ txid, vout: n }], [{ [address]: 0.999 }])
}

beforeAll(() => {
  net = createLedgerNetwork({ seed: 'psbt', nodes: 1 })
  rpc('generatetoaddress', 12, rpc('getnewaddress'))
  net.advance(15_000)
})

interface Processed {
  psbt: string
  complete: boolean
  hex?: string
}

describe('descriptors and PSBTs', () => {
  test.each([
    'wpkh(KEY/1/*)',
    'sh(wpkh(KEY/*))',
    'wsh(multi(2,KEY/1/*,KEY/2/*))',
    'tr(KEY/*)',
    'tr(KEY/0/*,{pk(KEY/1/*),pk(KEY/2/*)})',
  ])('%s: updated, signed, sent', text => {
    const [open, secret] = [TPUB, TPRV].map(key => text.replaceAll('KEY', key))
    const psbt = psbtOf(open as string, 7)
    const updated = rpc<string>('utxoupdatepsbt', psbt, [{ desc: open, range: [5, 9] }])
    const [input] = decoded(updated).inputs
    const taproot = text.startsWith('tr')
    expect(input).toHaveProperty('witness_utxo.amount', 1)
    expect(input).toHaveProperty(taproot ? 'taproot_bip32_derivs' : 'bip32_derivs')
    expect(decoded(updated).outputs[0]).toHaveProperty(taproot ? 'taproot_internal_key' : 'bip32_derivs')
    const analysis = rpc<{ next: string; inputs: Json[]; fee: number; estimated_vsize?: number }>(
      'analyzepsbt',
      updated,
    )
    expect(analysis).toMatchObject({ fee: 0.001, inputs: [{ has_utxo: true, is_final: false }] })
    expect(analysis.next).toBe(taproot ? 'updater' : 'signer')
    const done = rpc<Processed>('descriptorprocesspsbt', psbt, [{ desc: secret, range: [5, 9] }])
    expect(done.complete).toBe(true)
    expect(rpc('analyzepsbt', done.psbt)).toMatchObject({ next: 'extractor' })
    const parts = rpc<Processed>(
      'descriptorprocesspsbt',
      psbt,
      [{ desc: secret, range: 9 }],
      'ALL',
      false,
      false,
    )
    expect(parts.complete).toBe(false)
    expect(rpc('analyzepsbt', parts.psbt)).toMatchObject({ next: 'finalizer' })
    expect(decoded(parts.psbt).inputs[0]).not.toHaveProperty('bip32_derivs')
    const { hex } = rpc<Processed>('finalizepsbt', parts.psbt)
    const [verdict] = rpc<{ allowed: boolean; vsize: number }[]>('testmempoolaccept', [done.hex])
    expect(verdict?.allowed).toBe(true)
    // What it weighs was foreseen to a byte, signatures that come out shorter apart.
    if (analysis.estimated_vsize !== undefined)
      expect(Math.abs(analysis.estimated_vsize - (verdict?.vsize ?? 0))).toBeLessThanOrEqual(1)
    expect(rpc('sendrawtransaction', hex)).toMatch(/^[0-9a-f]{64}$/)
  })

  test('analyzepsbt tells what is missing by hash', () => {
    const psbt = psbtOf(`wsh(multi(1,${TPUB}/1/*,${TPUB}/2/*))`, 3)
    expect(rpc('analyzepsbt', psbt)).toEqual({
      inputs: [{ has_utxo: false, is_final: false, next: 'updater' }],
      next: 'updater',
    })
    // Of what a witness utxo alone cannot prove, nothing is named.
    const bare = rpc<string>('utxoupdatepsbt', psbt)
    expect(rpc('analyzepsbt', bare)).toMatchObject({ inputs: [{ has_utxo: true, next: 'updater' }] })
    expect(rpc('analyzepsbt', bare)).not.toHaveProperty('inputs.0.missing')
    const updated = rpc<string>('utxoupdatepsbt', psbt, [`wsh(multi(1,${TPUB}/1/*,${TPUB}/2/*))`])
    const hash = expect.stringMatching(/^[0-9a-f]{40}$/)
    // Of a single key in a witness script it is named for each of the two ways that there are to sign it.
    const single = rpc<string>('utxoupdatepsbt', psbtOf(`wsh(pkh(${TPUB}/1/*))`, 4), [
      `wsh(pkh(${TPUB}/1/*))`,
    ])
    expect(rpc('analyzepsbt', single)).toMatchObject({ inputs: [{ missing: { signatures: [hash, hash] } }] })
    expect(rpc('analyzepsbt', updated)).toMatchObject({
      inputs: [{ next: 'signer', missing: { signatures: [hash, hash] } }],
      estimated_vsize: expect.any(Number),
      estimated_feerate: expect.any(Number),
    })
  })

  test('the wallet signs taproot with each hash type, and refuses another one than the PSBT asks for', () => {
    const address = rpc<string>('getnewaddress', '', 'bech32m')
    const txid = rpc<string>('sendtoaddress', address, 1)
    net.mine(0)
    const coin = rpc<{ txid: string; vout: number; address: string }[]>('listunspent').find(
      each => each.txid === txid && each.address === address,
    )
    const psbt = rpc<string>('createpsbt', [{ txid, vout: coin?.vout }], [{ [address]: 0.999 }])
    for (const type of [
      'DEFAULT',
      'ALL',
      'NONE',
      'SINGLE',
      'ALL|ANYONECANPAY',
      'NONE|ANYONECANPAY',
      'SINGLE|ANYONECANPAY',
    ]) {
      const { hex, complete } = rpc<Processed>('walletprocesspsbt', psbt, true, type)
      expect(complete).toBe(true)
      expect(rpc<Json[]>('testmempoolaccept', [hex])).toMatchObject([{ allowed: true }])
    }
    const half = rpc<Processed>('walletprocesspsbt', psbt, true, 'ALL', true, false)
    expect(half.complete).toBe(false)
    expect(decoded(half.psbt).inputs[0]).toMatchObject({
      taproot_key_path_sig: expect.stringMatching(/^[0-9a-f]{128}01$/),
      taproot_bip32_derivs: [
        { master_fingerprint: expect.stringMatching(/^[0-9a-f]{8}$/), path: 'm', leaf_hashes: [] },
      ],
      taproot_internal_key: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(rpc('finalizepsbt', half.psbt)).toMatchObject({ complete: true })
  })

  test('joined ones lose their signatures, keep all coins, and stand in no order', () => {
    const parts = [1, 2, 3, 4].map(position => psbtOf(`wpkh(${TPUB}/*)`, position))
    const joined = Array.from({ length: 6 }, () => rpc<string>('joinpsbts', parts))
    expect(new Set(joined).size).toBeGreaterThan(1)
    for (const psbt of joined)
      expect(rpc<Processed>('descriptorprocesspsbt', psbt, [`wpkh(${TPRV}/*)`]).complete).toBe(true)
    expect(failure('joinpsbts', [parts[0]])).toEqual([-8, 'At least two PSBTs are required to join PSBTs.'])
    expect(failure('combinepsbt', [])).toEqual([-8, "Parameter 'txs' cannot be empty"])
  })
})
