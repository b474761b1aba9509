// A regtest chain that Bitcoin Core's own unit tests mine, block by block: the same bytes give the same hashes.

import { expect, test } from 'vitest'
import { concat, pushData, pushNumber } from '../../node/ledger/chain/push.ts'
import { REGTEST } from '../../node/params.ts'
import { buildBlock, coinbaseInput, testChain, testKey } from '../support/chain.ts'

/** TestChain100Setup's clock. */
const START_SEC = 1_598_887_952
/** It pays to the public key of private key 1, and ends every coinbase script with OP_0. */
const SCRIPT = concat(pushData(testKey(0).publicKey), Uint8Array.of(0xac))

test('mining as TestChain100Setup does gives Core’s block hashes, and Core’s hash of the UTXO set', () => {
  const chain = testChain({ params: REGTEST })
  for (let height = 1; height <= 110; height++) {
    const scriptSig = concat(pushNumber(height), Uint8Array.of(0))
    const block = buildBlock(chain, {
      time: START_SEC + height - 1,
      script: SCRIPT,
      commit: true,
      coinbase: { inputs: [{ ...coinbaseInput(height), scriptSig }] },
    })
    expect(chain.acceptBlock(block).outcome).toBe('connected')
  }
  expect(chain.at(100)?.hash).toBe('571d80a9967ae599cec0448b0b0ba1cfb606f584d8069bd7166b86854ba7a191')
  // The block and the digest that Core's chain parameters name for a snapshot of regtest at height 110.
  expect(chain.tip.hash).toBe('696e92821f65549c7ee134edceeeeaaa4105647a3c4fd9f298c0aec0ab50425c')
  const stats = chain.utxoStats()
  expect(stats.hash).toBe('6657b736d4fe4db0cbc796789e812d5dba7f5c143764b1b6905612f1830609d1')
  expect(stats.outputs).toBe(110)
  expect(stats.transactions).toBe(110)
})
