// The engines that other tests stand on: each on a machine of its own, one swarm, and nothing of them left behind.

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { connectEngine } from '../../orchestrator/runtime/docker/engine.ts'
import { ensureNodeImage } from '../../orchestrator/runtime/docker/image.ts'
import { enginesOrSkip, startEngines, type TestEngine } from '../support/engines.ts'
import { until } from '../support/until.ts'

enginesOrSkip()

test('engines form a swarm, lose their power, come back with what they had, and leave nothing', async () => {
  const cluster = await startEngines(2)
  await cluster.swarm()
  const worker = cluster.engines[1] as TestEngine
  const { docker } = await connectEngine()
  const image = await ensureNodeImage(docker, () => {})
  await cluster.load(docker, image, [worker])
  const { ID: before } = await worker.docker.info()
  const container = await worker.docker.createContainer({
    Image: image,
    Entrypoint: ['sleep', '300'],
    Cmd: [],
  })
  await container.start()
  await worker.kill()
  await expect(worker.docker.ping()).rejects.toThrow()
  await worker.start()
  expect((await worker.docker.info()).ID).toBe(before)
  expect((await container.inspect()).State.Running).toBe(false)
  await until('it is a part of the swarm again', async () => {
    const { Swarm } = (await worker.docker.info()) as { Swarm: { LocalNodeState: string } }
    return Swarm.LocalNodeState === 'active'
  })

  const folder = dirname(worker.address.slice('unix://'.length))
  await cluster.close()
  expect(existsSync(folder)).toBe(false)
  expect(existsSync(`/run/netns/${worker.namespace}`)).toBe(false)
  expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(folder)
})
