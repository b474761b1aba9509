// Ways over SSH that come to nothing leave nothing behind.

import { chmodSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { sshWay } from '../../orchestrator/runtime/docker/ssh-way.ts'
import { temporaryDirectory } from '../support/node-config.ts'

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
