// A trace on real nodes: a hash rate that changes while a miner runs, a node that goes and comes, links that are set.

import { expect, test } from 'vitest'
import { readTrace } from '../../orchestrator/spec/trace-file.ts'
import { launchReal, QUICK } from '../support/real-network.ts'
import { until } from '../support/until.ts'

const LINES = `time,on,what,value
0s,m-1,hashrate,40kH/s
0s,m-2,hashrate,0
0s,m-3,down,
0s,m-1 <-> m-2,latency,150ms
1s,m-3,up,`

interface Mining {
  readonly miner: { readonly asked_hashps: number; readonly measured_hashps: number; readonly hashes: number }
}

test('a trace is felt by real miners, nodes and links, and all is as planned in the end', async () => {
  const testnet = await launchReal(
    QUICK.concat('nodes: { m: { count: 3, hashRate: 10kH/s } }\ntopology: { kind: full }\n'),
  )
  const mining = async (node: string) => ((await testnet.rpc(node, 'getmininginfo', [])) as Mining).miner
  const points = readTrace('t.csv', LINES)
  const report = await testnet.inject({ kind: 'trace', file: 't.csv', points }, { id: 'power' })
  expect(report).toMatchObject({ verified: true, measured: expect.stringContaining('made') })
  await until('m-1 hashes faster', async () => (await mining('m-1')).measured_hashps > 25_000)
  const rested = (await mining('m-2')).hashes
  await until('m-3 is back', () => testnet.state().nodes.every(({ phase }) => phase === 'running'))
  await until(
    'm-3 mines as planned',
    async () => (await mining('m-3').catch(() => undefined))?.asked_hashps === 10_000,
  )
  // Whoever rests has not hashed, whatever time has passed.
  expect(await mining('m-2')).toMatchObject({ asked_hashps: 0, hashes: rested })
  expect(await testnet.heal('power')).toMatchObject([
    { verified: true, measured: expect.stringMatching(/^6 of 6 made/) },
  ])
  expect(await mining('m-2')).toMatchObject({ asked_hashps: 10_000 })
  await until('m-2 hashes again', async () => (await mining('m-2')).hashes > rested)
})
