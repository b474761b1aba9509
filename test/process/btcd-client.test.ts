// The adapter of btcd, tried on a stand-in that is started, configured and asked as btcd 0.23 is: it mines its share to the address that it
// was given, and is named where it cannot be asked.

import { expect, test } from 'vitest'
import { btcdStandIn } from '../support/btcd-stand-in.ts'
import { groundIn, verdictOf } from '../support/ground.ts'
import { launchReal, nodeOf } from '../support/real-network.ts'
import { until } from '../support/until.ts'

test('a program that is started and asked as btcd is mines its share, comes back, and is named where it has no answer', async () => {
  const testnet = await launchReal(`
chain: { network: regtest, blockInterval: 250ms }
nodes:
  ours: { count: 1, share: 50% }
  btcd: { count: 2, share: 50%, client: btcd, program: ${await btcdStandIn()} }
topology: { kind: full }
links: { latency: 0ms, jitter: 0ms }
load: { tx: 0/s }
`)
  const node = (name: string) => nodeOf(testnet, name)
  const mined = (name: string) => node(name)?.systems.ledger.blocksMined ?? 0
  await until('blocks of all', () => ['ours-1', 'btcd-1', 'btcd-2'].every(name => mined(name) >= 2))
  await testnet.kill('btcd-2')
  await testnet.start('btcd-2')
  const before = mined('btcd-2')
  await until('it to mine again', () => mined('btcd-2') > before)
  expect(node('btcd-1')).toMatchObject({ client: 'btcd', phase: 'running' })
  await expect(testnet.rpc('btcd-1', 'gettxoutsetinfo', [])).rejects.toMatchObject({ code: -32601 })
  await expect(testnet.rpc('btcd-1', 'getnewaddress', [])).rejects.toMatchObject({ code: -32601 })

  const ground = groundIn(testnet)
  const without = (what: string) => [
    expect.stringMatching(new RegExp(`^not asked of btcd-1, btcd-2: btcd .* has ${what}$`)),
  ]
  expect(await verdictOf('one-tip', ground)).toMatchObject({ passed: true })
  expect(await verdictOf('chain', ground)).toMatchObject({ passed: true, asked: '3 valid chains' })
  expect(await verdictOf('supply', ground)).toMatchObject({
    ...{ passed: true, asked: '1 right supply', notAsked: without('no gettxoutsetinfo') },
  })
  expect(await verdictOf('most-work', ground)).toMatchObject({
    ...{ passed: true, notAsked: without('no getchaintips') },
  })
})
