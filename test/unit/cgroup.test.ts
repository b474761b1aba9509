// Control groups are used only where they can be had whole; elsewhere nothing is left behind by looking.

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Cgroups } from '../../orchestrator/runtime/cgroup.ts'
import { temporaryDirectory } from '../support/node-config.ts'

function machine(membership: string, controllers: boolean): { root: string; file: string } {
  const root = temporaryDirectory()
  const file = join(root, 'membership')
  writeFileSync(file, membership)
  if (controllers) writeFileSync(join(root, 'cgroup.controllers'), 'cpu memory')
  mkdirSync(join(root, 'user', 'scope'), { recursive: true })
  return { root, file }
}

test.each([
  ['there is only version 1', '4:memory:/x\n1:cpu:/x\n', true],
  ['the hierarchy is not mounted', '0::/user/scope\n', false],
  ['a new group gets no controllers', '0::/user/scope\n', true],
])('none where %s', (_, membership, controllers) => {
  const { root, file } = machine(membership, controllers)
  expect(Cgroups.open('demo', root, file)).toBeUndefined()
  expect(readdirSync(join(root, 'user')).filter(name => name.startsWith('netsplit'))).toEqual([])
})
