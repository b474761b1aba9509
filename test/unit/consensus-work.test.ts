// The work that headers claim, and the measure of the coins that it protects.

import { expect, test } from 'vitest'
import { makeHeader } from '../../node/ledger/chain/header.ts'
import { claimedWork, workAfter } from '../../node/ledger/consensus/header-rules.ts'
import { mineBlocks, testChain } from '../support/chain.ts'

const FIELDS = { version: 1, prev: '00'.repeat(32), merkleRoot: new Uint8Array(32), time: 1, nonce: 0 }

test.each([
  ['trivial difficulty', 0x207fffff, 2n],
  ['difficulty 1', 0x1d00ffff, 0x100010001n],
  ['no target at all', 0, 0n],
  ['a negative target', 0x1d80ffff, 0n],
  ['a target beyond 256 bits', 0xff123456, 0n],
])('%s claims its work', (_, bits, work) => {
  const header = makeHeader({ ...FIELDS, bits })
  expect(claimedWork(header)).toBe(work)
  const chain = testChain()
  expect(workAfter(chain.tip, [header, header])).toBe(chain.tip.work + 2n * work)
})

test('each coin counts 50 bytes and its script', () => {
  const chain = testChain()
  const script = Uint8Array.of(0, 20, ...new Uint8Array(20))
  mineBlocks(chain, 3, { script })
  const { outputs, serializedBytes } = chain.utxoStats()
  expect(outputs).toBe(3)
  expect(serializedBytes).toBe(3 * (50 + script.length))
})
