// Whether the kernel has just taken something for its memory: by its count, which says neither whom nor when.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { OomWatch } from '../../orchestrator/runtime/oom-watch.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { until } from '../support/until.ts'

test('a count that rises shows it, for a while; a kernel without a count shows nothing', async () => {
  const file = join(temporaryDirectory(), 'vmstat')
  writeFileSync(file, 'pgfault 9\noom_kill 4\n')
  const watch = new OomWatch(file, 20)
  const blind = new OomWatch(`${file}-none`)
  onTestFinished(() => {
    watch.close()
    blind.close()
  })
  expect(watch.rose).toBe(false)
  writeFileSync(file, 'pgfault 9\noom_kill 5\n')
  expect(watch.rose).toBe(true)
  await until('it is past', () => !watch.rose)
  expect(blind.rose).toBe(false)
})
