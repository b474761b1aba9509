// RPC that finds blocks: by their filters, and of a peer that has one that lost.

import { beforeEach, expect, test } from 'vitest'
import { createLedgerNetwork, type LedgerNetwork, simulatedSpec } from '../support/ledger-network.ts'
import { rpcFailure } from '../support/refusal.ts'

const SPEC = simulatedSpec(1, { difficulty: { rule: 'fixed' }, coinbaseMaturity: 2 })

let net: LedgerNetwork

const rpc = <T>(method: string, ...params: unknown[]) => net.rpc(0, method, ...params) as T
const failure = (method: string, ...params: unknown[]) => rpcFailure(() => rpc(method, ...params))

beforeEach(() => {
  net = createLedgerNetwork({ seed: 'blocks-found', nodes: 2, chain: SPEC, ledger: { blockFilters: true } })
  net.advance(5_000)
  net.mine(0, 4)
})

test('scanblocks finds where a script is paid and where its coin is spent, within its heights', () => {
  const address = rpc<string>('getnewaddress')
  rpc('sendtoaddress', address, 2)
  const [paid] = net.mine(0)
  net.mine(0, 2)
  const { scriptPubKey } = rpc<{ scriptPubKey: string }>('getaddressinfo', address)
  const coin = rpc<{ txid: string; vout: number }[]>('listunspent', 1, 99, [address])
  const back = rpc<string>('getnewaddress')
  const raw = rpc<string>('createrawtransaction', coin, { [back]: 1.9999 })
  const { hex } = rpc<{ hex: string }>('signrawtransactionwithwallet', raw)
  rpc('sendrawtransaction', hex)
  const [spent] = net.mine(0)
  net.advance(1_000)
  const height = rpc<number>('getblockcount')
  const descriptors = [`raw(${scriptPubKey})`]
  const strict = { filter_false_positives: true }
  expect(rpc('scanblocks', 'start', descriptors, 0, height, 'basic', strict)).toEqual({
    ...{ from_height: 0, to_height: height, relevant_blocks: [paid, spent], completed: true },
  })
  // Without that some may be there by chance, one in 784,931 for each script of a block.
  expect(rpc('scanblocks', 'start', descriptors)).toMatchObject({
    relevant_blocks: expect.arrayContaining([paid, spent]),
  })
  expect(rpc('scanblocks', 'start', descriptors, 6, height - 1, 'basic', strict)).toMatchObject({
    relevant_blocks: [],
  })
  expect([rpc('scanblocks', 'status'), rpc('scanblocks', 'abort')]).toEqual([null, false])
  expect(failure('scanblocks', 'begin', descriptors)).toEqual([-8, "Invalid action 'begin'"])
  expect(failure('scanblocks', 'start', descriptors, 0, 1, 'extended')).toEqual([-5, 'Unknown filtertype'])
  expect(failure('scanblocks', 'start', descriptors, height + 1)).toEqual([-1, 'Invalid start_height'])
  expect(failure('scanblocks', 'start', descriptors, 3, 2)).toEqual([-1, 'Invalid stop_height'])
})

test('scanblocks finds a script that a filter takes for another only where nobody asks it to look twice', () => {
  // Core's own functional test has it: in the filter of regtest's genesis block it hashes as the coinbase's script does.
  const regtest = createLedgerNetwork({
    ...{ seed: 'chance', nodes: 1, chain: { ...SPEC, network: 'regtest' as const } },
    ledger: { blockFilters: true },
  })
  regtest.advance(1_000)
  const other = ['raw(001400000000000000000000000000000000000cadcb)']
  const found = (strict: boolean) =>
    regtest.rpc(0, 'scanblocks', 'start', other, 0, 0, 'basic', { filter_false_positives: strict })
  expect(found(false)).toMatchObject({ relevant_blocks: [regtest.rpc(0, 'getblockhash', 0)] })
  expect(found(true)).toMatchObject({ relevant_blocks: [] })
})

test('getblockfrompeer has a block of a branch that lost, of whoever has it', () => {
  net.setLink(0, 1, { blocked: true })
  net.setLink(1, 0, { blocked: true })
  const [lost] = net.mine(1)
  const header = net.rpc(1, 'getblockheader', lost, false)
  net.mine(0, 2)
  net.setLink(0, 1, { blocked: false })
  net.setLink(1, 0, { blocked: false })
  net.advance(5_000)
  const [peer] = rpc<{ id: number }[]>('getpeerinfo')
  const id = peer?.id as number
  expect(failure('getblockfrompeer', '00'.repeat(32), id)).toEqual([-1, 'Block header missing'])
  try {
    rpc('submitheader', header)
  } catch {
    // it is here
  }
  expect(failure('getblock', lost)[0]).toBe(-1)
  expect(failure('getblockfrompeer', '1234', id)).toEqual([
    -8,
    "hash must be of length 64 (not 4, for '1234')",
  ])
  expect(failure('getblockfrompeer', lost, id + 7)).toEqual([-1, 'Peer does not exist'])
  expect(rpc('getblockfrompeer', lost, id)).toEqual({})
  expect(failure('getblockfrompeer', lost, id)).toEqual([-1, 'Already requested from this peer'])
  net.advance(2_000)
  expect(rpc('getblock', lost)).toMatchObject({ hash: lost, confirmations: -1 })
  expect(failure('getblockfrompeer', lost, id)).toEqual([-1, 'Block already downloaded'])
})

test('getchainstates has the one chain that there is', () => {
  expect(rpc('getchainstates')).toMatchObject({
    headers: 4,
    chainstates: [{ blocks: 4, bestblockhash: rpc('getbestblockhash'), validated: true }],
  })
})
