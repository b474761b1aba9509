// A node that has paid more does not hold more: with a real store on the disk, after a forced collection.
// The long version is `npm run bench -- soak`.

import { expect, test } from 'vitest'
import { LocalNode } from '../../node/host/node.ts'
import { retainedBytes } from '../support/memory.ts'
import { EASY_CHAIN, nodeConfig, TOKEN, temporaryDirectory } from '../support/node-config.ts'

/** Until every cache has what it may hold; and then, to see. */
const WARM_UP = 3_300
const PAYMENTS = 1_200
const PAYMENTS_A_BLOCK = 100
/** A decoded payment takes 2,500. What has an end, and is not full yet, takes a few hundred. */
const MAX_BYTES_A_PAYMENT = 1_000

test('what a node holds does not grow with the payments that it has seen', async () => {
  const chain = { ...EASY_CHAIN, checkProofOfWork: false }
  // So slow that no block comes but those that are asked for.
  const mining = { mode: 'simulated', hashRateHps: 1e-6, threads: 1 } as const
  const config = nodeConfig(temporaryDirectory(), { chain, mining, eventBuffer: 1_000 })
  const node = new LocalNode(config, { version: 'test', token: TOKEN, onStopped: () => {} })
  await node.start()
  const ask = async (method: string, ...params: readonly unknown[]): Promise<unknown> => {
    const { body } = await node.rpc(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
    return (JSON.parse(body ?? '{}') as { readonly result?: unknown }).result
  }
  const address = await ask('getnewaddress')
  const pay = async (payments: number) => {
    for (let block = 0; block < payments / PAYMENTS_A_BLOCK; block++) {
      for (let i = 0; i < PAYMENTS_A_BLOCK; i++)
        expect(await ask('sendtoaddress', address, 0.01)).toBeTypeOf('string')
      await ask('generatetoaddress', 1, address)
    }
  }
  await ask('generatetoaddress', 30, address)
  await pay(WARM_UP)
  const before = await retainedBytes()
  await pay(PAYMENTS)
  const after = await retainedBytes()
  node.stop('the test is over')
  expect((after - before) / PAYMENTS).toBeLessThan(MAX_BYTES_A_PAYMENT)
}, 120_000)
