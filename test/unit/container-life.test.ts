// One life of a container, before an engine that does as it is told.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type Docker from 'dockerode'
import { expect, test } from 'vitest'
import { ContainerLife } from '../../orchestrator/runtime/docker/container.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { until } from '../support/until.ts'

test('listened to again after a silence, it says nothing twice, and its last words are waited for', async () => {
  const streams: PassThrough[] = []
  const container = {
    start: async () => {},
    attach: async () => {
      streams.push(new PassThrough())
      return streams.at(-1)
    },
  }
  const docker = {
    createContainer: async () => container,
    modem: { demuxStream: (from: PassThrough, output: PassThrough) => void from.pipe(output) },
  } as unknown as Docker
  const file = join(temporaryDirectory(), 'log')
  const life = await ContainerLife.create(docker, {}, file)
  const says = (text: string) => {
    for (const stream of streams) if (!stream.destroyed) stream.write(text)
  }
  const said = () => readFileSync(file, 'utf8')
  await life.start(docker)
  says('one\n')
  await until('it is heard', () => said().includes('one'))
  await life.listenAgain(docker)
  says('two\n')
  await until('it is heard again', () => said().includes('two'))
  life.onDied(1)
  await new Promise(resolve => setImmediate(resolve))
  says('three\n')
  for (const stream of streams) stream.end()
  expect(await life.died).toMatchObject({ code: 1 })
  expect(said()).toBe('one\ntwo\nthree\n')
})
