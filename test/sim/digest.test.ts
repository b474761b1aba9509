// One spec and one seed give one record, on any machine and under any Node: the digests here were recorded once, and each
// run of the suite, wherever, compares with them. Who changes on purpose what a simulation tells records them anew:
//
//     npm test -- --project sim test/sim/digest.test.ts -u

import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { MINUTE_MS, simulate } from '../support/simulation.ts'

async function digest(yaml: string, faults: readonly string[] = []): Promise<string> {
  const hash = createHash('sha256')
  const { testnet, events } = await simulate(yaml)
  await testnet.elapse(10 * MINUTE_MS)
  for (const cut of faults) {
    await testnet.inject({ kind: 'partition', cut })
    await testnet.elapse(5 * MINUTE_MS)
    await testnet.heal()
    await testnet.elapse(5 * MINUTE_MS)
  }
  await testnet.down('the test is over')
  for (const event of events) hash.update(`${JSON.stringify(event)}\n`)
  return hash.digest('hex')
}

test('miners and payments over links with jitter, loss and bandwidth', async () => {
  const yaml = `
nodes: { miners: { count: 8, share: 100% }, full: { count: 4 } }
chain: { blockInterval: 30s }
load: { tx: 0.5/s }
links: { latency: 80ms, jitter: 20ms, loss: 1%, bandwidth: 10Mbit }
`
  expect(await digest(yaml)).toMatchInlineSnapshot(
    `"c6f0b655d7adb3993d750cc2f8ffc9d3dbbadc0c553524ed8718898c55c3f480"`,
  )
})

test('thirty nodes on the map of 2019, cut in halves and in three', async () => {
  const yaml = `
nodes: { miners: { count: 30, share: 100% } }
chain: { blockInterval: 20s }
topology: { degree: 6 }
links: { regions: 2019 }
load: { tx: 0/s }
`
  expect(await digest(yaml, ['halves', 'minority-third'])).toMatchInlineSnapshot(
    `"df2c11d1073a432734bee018ac056eb65aad437a7718e241078fd94a94067705"`,
  )
})

test('nodes that find each other by themselves', async () => {
  const yaml = `
nodes: { miners: { count: 20, share: 100% } }
chain: { blockInterval: 60s }
topology: { kind: discovered }
load: { tx: 0.1/s }
`
  expect(await digest(yaml)).toMatchInlineSnapshot(
    `"ed64ea48c7322b46fa941f34641a3dc221f81d9e82792af0eff5e328a92333d0"`,
  )
})
