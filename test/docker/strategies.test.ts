// A strategy in a file of its own, and the double spender, in containers: the code is in the node's configuration.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunSummary } from '../../orchestrator/control/api.ts'
import { containerDesk } from '../support/containers.ts'
import { ADVERSARIES, documentedStrategy } from '../support/strategy-file.ts'

test('both play in their containers as they do in processes', async () => {
  const desk = containerDesk(`runtime: docker\n${ADVERSARIES}`)
  writeFileSync(join(desk.folder, 'mine.js'), documentedStrategy())
  const summary = (await desk.ask(
    ...['up', '--no-observability', '--until', 'height 40', '--for', '5m'],
  )) as RunSummary
  const words = Object.fromEntries((summary.strategies ?? []).map(({ node, words }) => [node, words]))
  expect(words['evil-1']).toMatchObject({ hidden: expect.any(Number) })
  expect(words['evil-1']?.failed).toBeUndefined()
  expect(words['thief-1']).toMatchObject({ tried: expect.any(Number) })
})
