// What sweeps the engine after a kill −9: nothing when we end in order, a sweep when the line to us is cut.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { identityOf } from '../../orchestrator/machine/processes.ts'
import { orphanOf } from '../../orchestrator/runtime/docker/orphan.ts'
import { Warden } from '../../orchestrator/runtime/docker/warden.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { until } from '../support/until.ts'

test('one that is dismissed sweeps nothing; one that loses us does, and knows what', async () => {
  const folder = temporaryDirectory()
  const file = (name: string) => join(folder, name)
  const command = (name: string) => [
    'sh',
    '-c',
    `printenv NETSPLIT_ORPHAN > ${file(name)}.new; mv ${file(name)}.new ${file(name)}`,
  ]
  const dismissed = new Warden('demo', 'unix:///nowhere', command('dismissed'))
  dismissed.dismiss()
  // In a process that is killed: the system closes what it had open.
  const script = `
    const { spawn } = require('node:child_process')
    spawn('sh', ${JSON.stringify(['-c', Warden.script, 'sh', ...command('lost')])}, {
      stdio: ['pipe', 'ignore', 'ignore'], detached: true, env: { ...process.env, NETSPLIT_ORPHAN: '{}' },
    })
    console.log('ready')
    setInterval(() => {}, 1000)`
  const controller = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(controller.stdout, 'data')
  expect(existsSync(file('lost'))).toBe(false)
  controller.kill('SIGKILL')
  await until('the sweep', () => existsSync(file('lost')))
  expect(existsSync(file('dismissed'))).toBe(false)
})

test('what it is to sweep comes in the environment', () => {
  const orphan = { network: 'demo', engine: 'unix:///x', controller: identityOf(process.pid) }
  expect(orphanOf({ NETSPLIT_ORPHAN: JSON.stringify(orphan) })).toEqual(orphan)
  expect(orphanOf({})).toBeUndefined()
})
