// Ways over SSH that come to nothing leave nothing behind.

import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as realDelay } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { sshWay } from '../../orchestrator/runtime/docker/ssh-way.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { until } from '../support/until.ts'

afterEach(() => vi.unstubAllEnvs())

test('a host that is asked again and again and never there', async () => {
  const folder = temporaryDirectory()
  writeFileSync(join(folder, 'ssh'), '#!/bin/sh\necho "no route" >&2\nexit 255\n')
  chmodSync(join(folder, 'ssh'), 0o755)
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`)
  const ways = temporaryDirectory()
  vi.stubEnv('TMPDIR', ways)
  const before = process.listenerCount('exit')
  for (let i = 0; i < 3; i++) await expect(sshWay('ssh://nowhere.invalid')).rejects.toThrow('no route')
  expect(process.listenerCount('exit')).toBe(before)
  expect(readdirSync(ways)).toEqual([])
})

test('a host where logging in never comes to an end', async () => {
  const folder = temporaryDirectory()
  const logsIn = join(folder, 'logs-in')
  const ends = join(folder, 'ended')
  writeFileSync(
    join(folder, 'ssh'),
    `#!/bin/sh\ntrap 'echo > ${ends}; exit' TERM\necho > ${logsIn}\nwhile :; do sleep 0.1; done\n`,
  )
  chmodSync(join(folder, 'ssh'), 0o755)
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const way = sshWay('ssh://slow.invalid')
    const refused = expect(way).rejects.toThrow('ssh did not get through within 30 s')
    // The time is up only when the shell is there to be told; real time, while that of the way stands still.
    while (!existsSync(logsIn)) await realDelay(10)
    await vi.advanceTimersByTimeAsync(30_000)
    await refused
  } finally {
    vi.useRealTimers()
  }
  await until('ssh has ended', () => existsSync(ends))
})
