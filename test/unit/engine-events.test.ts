// The stream of an engine's events: an engine that has none to tell of keeps nobody waiting.

import { join } from 'node:path'
import Docker from 'dockerode'
import { expect, test } from 'vitest'
import { EngineEvents } from '../../orchestrator/runtime/docker/events.ts'
import { temporaryDirectory } from '../support/node-config.ts'

const timers = () => process.getActiveResourcesInfo().filter(kind => kind === 'Timeout').length

test('one that is not there leaves no timer that would keep the process alive', async () => {
  const docker = new Docker({ socketPath: join(temporaryDirectory(), 'none.sock') })
  const nobody = () => {}
  const events = new EngineEvents(
    docker,
    {},
    {
      ...{ onDied: nobody, onOutOfMemory: nobody, onKilled: nobody, onRemoved: nobody, onLost: nobody },
      onBack: async () => {},
    },
  )
  const before = timers()
  for (let i = 0; i < 5; i++) await expect(events.open()).rejects.toThrow('ENOENT')
  expect(timers()).toBeLessThan(before + 5)
})
