// The order of test files: the list of long ones names files that exist, and they come first whatever order they are found in.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TestSpecification, Vitest } from 'vitest/node'
import { LONG, LongestFirst } from '../support/longest-first.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const sequencer = new LongestFirst({ config: { root: ROOT } } as Vitest)

const found = (name: string, groupOrder: number, file: string) =>
  ({
    project: { name, config: { sequence: { groupOrder } } },
    moduleId: join(ROOT, 'test', `${file}.test.ts`),
  }) as TestSpecification

test('what is listed as long is there', () => {
  expect(LONG.filter(file => !existsSync(join(ROOT, file)))).toEqual([])
})

test('suites in their order, the long files of each first, the others by name', async () => {
  const asked = [
    found('unit', 0, 'unit/tui'),
    found('unit', 0, 'unit/address'),
    found('unit', 0, 'unit/zebra'),
    found('process', 2, 'process/fuzz'),
    found('process', 2, 'process/network'),
    found('process', 2, 'process/cli'),
    found('docker', 3, 'docker/scenarios'),
    found('docker', 3, 'process/network'),
    found('docker', 3, 'docker/containers'),
  ]
  expect(await sequencer.sort([...asked].reverse())).toEqual(asked)
  const [first, ...others] = asked
  expect(await sequencer.sort([...others, first as TestSpecification])).toEqual(asked)
})
