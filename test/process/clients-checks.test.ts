// Checks on a real network of several programs: one that answers no RPC is left out and named, and one that refuses a block which all
// others take is found.

import { expect, test } from 'vitest'
import { freePort } from '../../node/host/inner.ts'
import { standIn } from '../support/core-stand-in/program.ts'
import { groundIn, verdictOf } from '../support/ground.ts'
import { heightOf, launchReal } from '../support/real-network.ts'
import { until } from '../support/until.ts'

test('who answers no RPC is left out and named; who refuses a block that all others take is found', async () => {
  const program = await standIn()
  const args = `[-regtest, "-datadir={data}", "-bind=127.0.0.1:{p2p}", "-port={p2p}", "-connect={peer}", -rpcport=${await freePort()}]`
  const testnet = await launchReal(`
chain: { network: regtest, blockInterval: 250ms }
nodes:
  ours: { count: 2, share: 100% }
  core: { count: 1, client: bitcoind, program: ${program} }
  pool: { count: 1, client: command, program: ${program}, args: ${args} }
topology: { kind: full }
links: { latency: 0ms, jitter: 0ms }
load: { tx: 0/s }
`)
  const height = (name: string) => heightOf(testnet, name)
  await until('blocks everywhere', () => testnet.state().nodes.every(({ name }) => height(name) >= 5))
  // Who is asked and who is spied on are to be asked of one moment.
  await testnet.rpc('ours-1', 'sethashrate', [0])
  await testnet.rpc('ours-2', 'sethashrate', [0])
  const ground = groundIn(testnet)
  const lacks = (method: string) =>
    expect.stringMatching(new RegExp(`^not asked of pool-1: command netsplit:[^ ]+ has no ${method}`))
  expect(await verdictOf('one-tip', ground)).toMatchObject({
    ...{ passed: true, measured: '4 of 4 nodes run, on 1 tip', notAsked: [lacks('getbestblockhash')] },
  })
  const asked = { chain: 'getbestblockhash', supply: 'gettxoutsetinfo', 'most-work': 'getchaintips' }
  for (const [check, method] of Object.entries(asked))
    expect(await verdictOf(check, ground), check).toMatchObject({ passed: true, notAsked: [lacks(method)] })

  for (const name of ['ours-1', 'ours-2']) await testnet.rpc(name, 'sethashrate', [])
  // As a consensus bug would: from some block on it goes no farther with the others.
  const refused = String(await testnet.rpc('core-1', 'getbestblockhash', []))
  await testnet.rpc('core-1', 'invalidateblock', [refused])
  const stuck = Number(await testnet.rpc('core-1', 'getblockcount', []))
  await until('the others to go on', () => height('ours-1') > stuck + 2 && height('pool-1') > stuck + 2)
  expect(await verdictOf('most-work', ground)).toMatchObject({
    passed: false,
    message: expect.stringMatching(
      new RegExp(
        `^core-1 \\(bitcoind netsplit:.*\\) calls ${refused} invalid, which is on the chain that ours-`,
      ),
    ),
  })
  expect(await verdictOf('one-tip', ground)).toMatchObject({
    passed: false,
    message: expect.stringContaining(`core-1 (bitcoind`),
  })
  await testnet.rpc('core-1', 'reconsiderblock', [refused])
  await until('core-1 to catch up', () => height('core-1') > stuck + 2)
  expect(await verdictOf('most-work', ground)).toMatchObject({ passed: true })
})
