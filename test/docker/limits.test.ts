// Less processor time and less memory for a node that runs, through the engine; and back to what its spec gives it.

import { expect, test } from 'vitest'
import { LABEL } from '../../orchestrator/runtime/docker/labels.ts'
import { containersOf, docker, inspect, THREE } from '../support/containers.ts'
import { launchReal, nodeOf } from '../support/real-network.ts'
import { until } from '../support/until.ts'

const MB = 1e6

test('limits of a running node are the engine’s: measured, and lifted again', async () => {
  const testnet = await launchReal(`name: limited\n${THREE}\nlimits: { memory: 400MB, cpus: 1 }`)
  const id = (await containersOf({ [LABEL.network]: 'limited' })).get('miners-1') as string
  const charged = () => nodeOf(testnet, 'miners-1')?.groupBytes ?? 0
  await until('its memory is told', () => charged() > 0)
  // As the engine counts it: the same files of the kernel, read from the other side a moment later.
  const { memory_stats } = await (await docker()).getContainer(id).stats({ stream: false, 'one-shot': true })
  expect(charged()).toBeGreaterThan(memory_stats.usage / 3)
  expect(charged()).toBeLessThan(memory_stats.usage * 3)

  const slow = await testnet.inject({ kind: 'cpu', nodes: 'miners-1', cpus: 0.1 })
  expect(slow).toMatchObject({ verified: true })
  expect((await inspect(id)).HostConfig.NanoCpus).toBe(1e8)

  const small = await testnet.inject({ kind: 'memory', nodes: 'miners-1', bytes: 200 * MB })
  expect(small).toMatchObject({ verified: true, asked: expect.stringContaining('200 MB') })
  expect((await inspect(id)).HostConfig).toMatchObject({
    NanoCpus: 1e8,
    Memory: 200 * MB,
    MemorySwap: 200 * MB,
  })

  for (const report of await testnet.heal()) expect(report).toMatchObject({ verified: true })
  expect((await inspect(id)).HostConfig).toMatchObject({ NanoCpus: 1e9, Memory: 400 * MB })
})
