// Wallets by name over RPC: made, loaded, let go; their addresses, coins and payments; descriptors taken in; passphrases; and a node's next life.

import { beforeAll, describe, expect, test } from 'vitest'
import { TPRV, TPUB } from '../support/extended-keys.ts'
import { createLedgerNetwork, type LedgerNetwork } from '../support/ledger-network.ts'
import { rpcFailure } from '../support/refusal.ts'
import { walletsOn } from '../support/wallet-network.ts'

const TYPES = ['legacy', 'p2sh-segwit', 'bech32', 'bech32m']

type Json = Record<string, unknown>
let net: LedgerNetwork
const written = new Map<string, Uint8Array>()
const files = {
  write: (path: string, bytes: Uint8Array) => {
    if (path.startsWith('/')) return `${path} is elsewhere.`
    written.set(path, bytes)
    return undefined
  },
  read: (path: string) => written.get(path),
}
const rpc = <T = unknown>(method: string, ...params: unknown[]) => net.rpc(0, method, ...params) as T
const { call: to, plan, mineBlock } = walletsOn(() => net)
const summed = (text: string) => `${text}#${rpc<{ checksum: string }>('getdescriptorinfo', text).checksum}`

beforeAll(() => {
  net = createLedgerNetwork({
    seed: 'wallets',
    nodes: 1,
    ledger: { walletSeed: new Uint8Array(32).fill(7) },
    services: { files },
  })
  rpc('generatetoaddress', 12, rpc('getnewaddress'))
  net.advance(15_000)
})

describe('wallets by name', () => {
  test('are made beside the plan’s, and a call says which it means', () => {
    expect(rpc('listwallets')).toEqual([''])
    expect(rpc('createwallet', 'one')).toEqual({ name: 'one' })
    expect(rpc('listwallets')).toEqual(['', 'one'])
    expect(rpcFailure(() => rpc('getbalance'))).toEqual([
      -19,
      'Wallet file not specified (must request wallet RPC through /wallet/<filename> uri-path).',
    ])
    expect(rpcFailure(() => to('two')('getbalance'))).toEqual([
      -18,
      'Requested wallet does not exist or is not loaded',
    ])
    expect(plan<number>('getbalance')).toBeGreaterThan(0)
    expect(to('one')('getbalance')).toBe(0)
    expect(rpcFailure(() => rpc('createwallet', 'one'))?.[0]).toBe(-4)
    expect(rpcFailure(() => rpc('loadwallet', 'one'))).toEqual([-35, 'Wallet "one" is already loaded.'])
    expect(rpcFailure(() => rpc('loadwallet', 'nowhere'))?.[0]).toBe(-18)
    rpc('unloadwallet', '')
    expect(rpc('getwalletinfo')).toMatchObject({
      walletname: 'one',
      descriptors: true,
      private_keys_enabled: true,
      blank: false,
      format: 'sqlite',
    })
    rpc('unloadwallet', 'one')
    expect(rpcFailure(() => rpc('getbalance'))?.[0]).toBe(-18)
    expect(rpc('loadwallet', '')).toEqual({ name: '' })
    expect(rpc('listwalletdir')).toEqual({ wallets: [{ name: '' }, { name: 'one' }] })
    expect(rpc('loadwallet', 'one')).toEqual({ name: 'one' })
    expect(rpcFailure(() => to('one')('unloadwallet', ''))?.[0]).toBe(-8)
    expect(plan('unloadwallet', 'one')).toEqual({})
    expect(rpc('loadwallet', 'one')).toEqual({ name: 'one' })
  })

  test('have addresses of each type below one master key, receive, and pay from all of them', () => {
    const one = to('one')
    const listed = one<{ descriptors: Json[] }>('listdescriptors').descriptors
    expect(listed).toHaveLength(8)
    expect(listed.filter(({ active, internal }) => active && internal)).toHaveLength(4)
    for (const [i, type] of TYPES.entries()) {
      const address = one<string>('getnewaddress', type, type)
      const info = one<Json>('getaddressinfo', address)
      expect(info).toMatchObject({ ismine: true, solvable: true, labels: [type], ischange: false })
      expect(info.hdkeypath).toBe(`m/${[44, 49, 84, 86][i]}h/1h/0h/0/0`)
      expect(String(info.parent_desc)).toMatch(/\/0\/\*\)+#/)
      expect(rpc<string[]>('deriveaddresses', info.parent_desc, [0, 0])).toEqual([address])
      plan('sendtoaddress', address, 1 + i)
    }
    expect(one('getbalances')).toMatchObject({ mine: { untrusted_pending: 10 } })
    mineBlock()
    expect(one('getbalance')).toBe(10)
    const away = plan<string>('getnewaddress')
    const txid = one<string>('sendtoaddress', away, 9.5)
    const tx = one<{ details: Json[]; fee: number }>('gettransaction', txid)
    expect(tx.details).toMatchObject([{ category: 'send', amount: -9.5, address: away }])
    expect(plan('getunconfirmedbalance')).toBe(9.5)
    const raw = rpc<{ vin: unknown[]; vout: { scriptPubKey: { type: string } }[] }>(
      'getrawtransaction',
      txid,
      1,
    )
    expect(raw.vin).toHaveLength(4)
    // Change as the payment is, so that it is not told apart.
    expect(raw.vout.map(({ scriptPubKey }) => scriptPubKey.type)).toEqual(Array(2).fill('witness_v0_keyhash'))
    expect(one('getbalance')).toBeCloseTo(0.5 + tx.fee, 8)
    mineBlock()
    expect(one<Json[]>('listunspent')).toMatchObject([
      {
        desc: expect.stringMatching(/^wpkh\(\[[0-9a-f]{8}\/84h\/1h\/0h\/1\/0\]/),
        parent_descs: [expect.stringContaining('/1/*)')],
      },
    ])
    expect(one<Json[]>('listtransactions')).toHaveLength(5)
  })

  test('tell their master key, and make descriptors that they lack', () => {
    const one = to('one')
    const [key, ...more] = one<{ xpub: string; descriptors: Json[] }[]>('gethdkeys')
    expect(more).toEqual([])
    expect(key?.descriptors).toHaveLength(8)
    const [secret] = one<{ xprv: string }[]>('gethdkeys', { private: true })
    const texts = one<{ descriptors: { desc: string }[] }>('listdescriptors', true).descriptors
    expect(texts.every(({ desc }) => desc.includes(String(secret?.xprv)))).toBe(true)
    expect(rpcFailure(() => one('createwalletdescriptor', 'bech32'))).toEqual([
      -4,
      'Descriptor already exists',
    ])
    // Nothing of what is there begins anew by that.
    expect(one<Json>('listdescriptors', true)).toEqual({ wallet_name: 'one', descriptors: texts })
    rpc('createwallet', 'some', false, true)
    const some = to('some')
    expect(rpcFailure(() => some('getnewaddress'))).toEqual([-4, 'Error: This wallet has no available keys'])
    const desc = summed(`wpkh(${TPRV}/84h/1h/0h/0/*)`)
    expect(some('importdescriptors', [{ desc, active: true, timestamp: 'now', range: 10 }])).toEqual([
      { success: true },
    ])
    expect(some('createwalletdescriptor', 'bech32m')).toMatchObject({
      descs: [
        expect.stringMatching(/^tr\(\[[0-9a-f]{8}\/86h\/1h\/0h\]tpub/),
        expect.stringContaining('/1/*)'),
      ],
    })
    expect(some<string>('getnewaddress', '', 'bech32m')).toMatch(/1p/)
    expect(rpcFailure(() => some('getnewaddress', '', 'legacy'))).toEqual([
      -12,
      'Error: No legacy addresses available.',
    ])
  })

  test('without private keys watch, and make PSBTs that another signs', () => {
    rpc('createwallet', 'watch', true, true)
    rpc('createwallet', 'sign', false, true)
    const [watch, sign] = [to('watch'), to('sign')]
    const at = (key: string) =>
      ['0', '1'].map(side => summed(`wsh(multi(2,${key}/7/${side}/*,${key}/8/${side}/*))`))
    const request = (desc: string, i: number) => ({
      desc,
      active: true,
      internal: i === 1,
      timestamp: 'now',
      range: [0, 9],
    })
    expect(watch('importdescriptors', at(TPUB).map(request))).toEqual([{ success: true }, { success: true }])
    expect(sign('importdescriptors', at(TPRV).map(request))).toEqual([{ success: true }, { success: true }])
    const address = watch<string>('getnewaddress')
    expect(address).toBe(sign('getnewaddress'))
    plan('sendtoaddress', address, 2)
    mineBlock()
    expect([watch('getbalance'), sign('getbalance')]).toEqual([2, 2])
    const { psbt } = watch<{ psbt: string }>(
      'walletcreatefundedpsbt',
      [],
      [{ [plan<string>('getnewaddress')]: 1 }],
    )
    expect(watch('walletprocesspsbt', psbt)).toMatchObject({ complete: false })
    const done = sign<{ complete: boolean; hex: string }>('walletprocesspsbt', psbt)
    expect(done.complete).toBe(true)
    expect(rpc<Json[]>('testmempoolaccept', [done.hex])).toMatchObject([{ allowed: true }])
    expect(watch('importdescriptors', [{ desc: at(TPRV)[0], timestamp: 'now' }])).toMatchObject([
      {
        success: false,
        error: { code: -4, message: 'Cannot import private keys to a wallet with private keys disabled' },
      },
    ])
    expect(sign('importdescriptors', [{ desc: summed(`wpkh(${TPUB}/*)`), timestamp: 'now' }])).toMatchObject([
      { success: false, error: { code: -4 } },
    ])
  })

  test('take old coins in from a time on only, or all by a rescan', () => {
    const address = rpc<string[]>('deriveaddresses', summed(`tr(${TPUB}/9/*)`), [3, 3])[0] as string
    plan('sendtoaddress', address, 3)
    mineBlock()
    net.advance(4 * 3_600_000)
    plan('generatetoaddress', 12, plan('getnewaddress'))
    rpc('createwallet', 'late', false, true)
    const late = to('late')
    const desc = summed(`tr(${TPRV}/9/*)`)
    expect(late('importdescriptors', [{ desc, timestamp: 'now', range: 5 }])).toEqual([{ success: true }])
    expect(late('getbalance')).toBe(0)
    expect(late('listtransactions')).toEqual([])
    const { blocks } = rpc<{ blocks: number }>('getblockchaininfo')
    expect(late('rescanblockchain')).toEqual({ start_height: 0, stop_height: blocks })
    expect(late('getbalance')).toBe(3)
    expect(late<Json[]>('listtransactions')).toMatchObject([{ category: 'receive', amount: 3 }])
    expect(rpcFailure(() => late('importdescriptors', [{ desc }]))).toEqual([
      -3,
      'Missing required timestamp field for key',
    ])
    const cases: [Json, number, string][] = [
      [{}, -8, 'Descriptor not found.'],
      [{ desc: `tr(${TPRV}/9/*)` }, -5, 'Missing checksum'],
      [
        { desc: summed(`wpkh(${TPRV})`), range: 1 },
        -8,
        'Range should not be specified for an un-ranged descriptor',
      ],
      [{ desc: summed(`wpkh(${TPRV})`), active: true }, -8, 'Active descriptors must be ranged'],
      [{ desc, range: [2, 9], label: 'x' }, -8, 'Ranged descriptors should not have a label'],
      [{ desc, internal: true, label: 'x' }, -8, 'Internal addresses should not have a label'],
      [
        { desc: summed(`combo(${TPRV}/*)`), active: true, range: 3 },
        -4,
        'Combo descriptors cannot be set to active',
      ],
      [{ desc, range: [0, 5], next_index: 9 }, -8, 'next_index is out of range'],
      [{ desc, range: [3, 4] }, -8, 'new range must include current range = [0,103]'],
    ]
    for (const [fields, code, message] of cases)
      expect(late('importdescriptors', [{ timestamp: 'now', ...fields }])).toMatchObject([
        { success: false, error: { code, message } },
      ])
  })

  test('are put into a file, and made again of it under another name', () => {
    const one = to('one')
    one('setlabel', one<string>('getnewaddress'), 'kept')
    expect(one('backupwallet', 'one.bak')).toBe(null)
    expect(rpcFailure(() => one('backupwallet', '/one.bak'))).toEqual([
      -4,
      'Error: Wallet backup failed! /one.bak is elsewhere.',
    ])
    expect(rpcFailure(() => plan('backupwallet', 'plan.bak'))?.[0]).toBe(-4)
    expect(rpc('restorewallet', 'again', 'one.bak')).toEqual({ name: 'again' })
    const again = to('again')
    // Loaded anew, it watches as many keys again beyond those that were given out.
    const listed = (wallet: typeof one) =>
      wallet<{ descriptors: Json[] }>('listdescriptors', true).descriptors.map(
        ({ range: _, ...each }) => each,
      )
    expect(listed(again)).toEqual(listed(one))
    expect(again('getbalances')).toEqual(one('getbalances'))
    expect(again('listlabels')).toEqual(one('listlabels'))
    expect(rpcFailure(() => rpc('restorewallet', 'again', 'one.bak'))?.[0]).toBe(-36)
    expect(rpcFailure(() => rpc('restorewallet', 'more', 'none.bak'))).toEqual([
      -8,
      'Backup file does not exist',
    ])
    written.set('no.bak', new Uint8Array(3))
    expect(rpcFailure(() => rpc('restorewallet', 'more', 'no.bak'))?.[0]).toBe(-4)
    rpc('unloadwallet', 'again')
  })

  test('find payments that wait when they take a descriptor in, and let go of locks on what is spent', () => {
    const desc = summed(`wpkh(${TPRV}/77/*)`)
    const [address = ''] = rpc<string[]>('deriveaddresses', summed(`wpkh(${TPUB}/77/*)`), [4, 4])
    plan('sendtoaddress', address, 1)
    rpc('createwallet', 'waiting', false, true)
    const waiting = to('waiting')
    waiting('importdescriptors', [{ desc, timestamp: 'now', range: 9, active: true }])
    expect(waiting('getunconfirmedbalance')).toBe(1)
    expect(waiting<string>('getaddressinfo', waiting('getnewaddress'))).toMatchObject({
      hdkeypath: 'm/77/5',
    })
    mineBlock()
    const [coin] = waiting<{ txid: string; vout: number }[]>('listunspent')
    const { txid, vout } = coin as { txid: string; vout: number }
    waiting('lockunspent', false, [{ txid, vout }])
    expect(rpcFailure(() => waiting('sendtoaddress', address, 0.5))?.[0]).toBe(-6)
    const raw = rpc('createrawtransaction', [{ txid, vout }], [{ [plan<string>('getnewaddress')]: 0.99 }])
    rpc('sendrawtransaction', waiting<{ hex: string }>('signrawtransactionwithwallet', raw).hex)
    expect(waiting('listlockunspent')).toEqual([])
  })

  test('refuse what only older wallets did', () => {
    const one = to('one')
    const legacy = [-4, 'Only legacy wallets are supported by this command']
    for (const [method, ...params] of [
      ['importprivkey', 'x'],
      ['dumpprivkey', one<string>('getnewaddress')],
      ['importmulti', []],
      ['sethdseed'],
      ['addmultisigaddress', 1, []],
      ['dumpwallet', 'x'],
    ] as [string, ...unknown[]][])
      expect(rpcFailure(() => one(method, ...params))).toEqual(legacy)
    expect(rpcFailure(() => one('migratewallet'))?.[0]).toBe(-4)
    expect(rpcFailure(() => plan('importdescriptors', []))?.[0]).toBe(-4)
  })
})

describe('a passphrase', () => {
  test('locks private keys up, for a time or for good', () => {
    rpc('createwallet', 'safe', false, false, 'old')
    const safe = to('safe')
    const address = safe<string>('getnewaddress')
    plan('sendtoaddress', address, 1)
    mineBlock()
    const needed = [-13, 'Error: Please enter the wallet passphrase with walletpassphrase first.']
    const pay = () => safe<string>('sendtoaddress', plan('getnewaddress'), 0.1)
    expect(safe('getwalletinfo')).toMatchObject({ unlocked_until: 0, balance: 1 })
    expect(rpcFailure(pay)).toEqual(needed)
    expect(rpcFailure(() => safe('listdescriptors', true))).toEqual(needed)
    expect(rpcFailure(() => safe('walletpassphrase', 'new', 60))).toEqual([
      -14,
      'Error: The wallet passphrase entered was incorrect.',
    ])
    safe('walletpassphrasechange', 'old', 'new')
    safe('walletpassphrase', 'new', 60)
    expect(pay()).toMatch(/^[0-9a-f]{64}$/)
    net.advance(61_000)
    expect(rpcFailure(pay)).toEqual(needed)
    safe('walletpassphrase', 'new', 60)
    safe('walletlock')
    expect(rpcFailure(pay)).toEqual(needed)
    expect(rpcFailure(() => safe('encryptwallet', 'x'))?.[0]).toBe(-15)
    expect(rpcFailure(() => to('one')('walletlock'))?.[0]).toBe(-15)
    const before = to('one')<string[]>('gethdkeys').length
    to('one')('encryptwallet', 'late')
    to('one')('walletpassphrase', 'late', 5)
    expect(to('one')<string[]>('gethdkeys')).toHaveLength(before + 1)
    expect(to('one')<string[]>('gethdkeys', { active_only: true })).toHaveLength(1)
  })
})

test('wallets outlive the node: those that were to be loaded are, with coins, labels and passphrases', () => {
  rpc('createwallet', 'kept', false, false, '', false, true, true)
  const kept = to('kept')
  const address = kept<string>('getnewaddress', 'shop', 'bech32m')
  plan('sendtoaddress', address, 4)
  const p2sh = plan<string>('getnewaddress', '', 'p2sh-segwit')
  mineBlock()
  const coins = kept<Json[]>('listunspent')
  kept('lockunspent', false, [{ txid: coins[0]?.txid, vout: coins[0]?.vout }], true)
  net.kill(0)
  net.restart(0)
  net.advance(1_000)
  expect(rpc('listwallets')).toEqual(['', 'kept'])
  expect(kept('getbalance')).toBe(4)
  expect(kept('listlockunspent')).toHaveLength(1)
  expect(kept('getaddressesbylabel', 'shop')).toEqual({ [address]: { purpose: 'receive' } })
  expect(kept<string>('getnewaddress', '', 'bech32m')).not.toBe(address)
  expect(plan('getaddressinfo', p2sh)).toMatchObject({ ismine: true, solvable: true })
  rpc('loadwallet', 'safe')
  expect(rpcFailure(() => to('safe')('sendtoaddress', address, 0.1))?.[0]).toBe(-13)
  to('safe')('walletpassphrase', 'new', 60)
  expect(to('safe')<string>('sendtoaddress', address, 0.1)).toMatch(/^[0-9a-f]{64}$/)
})
