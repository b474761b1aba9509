// The example of docs/forks.md does what its page says.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { rehearsed } from '../support/rehearsal.ts'

const PAGE = readFileSync(new URL('../../docs/forks.md', import.meta.url), 'utf8')

test('the example activates its deployment, and ends on one tip', async () => {
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(PAGE) ?? []
  const checks = await rehearsed(yaml)
  expect([...checks.values()].filter(({ passed }) => !passed)).toEqual([])
  expect(checks.get('deployments')?.measured).toMatch(/^demo active from (60|80|100|120)$/)
  expect(checks.has('rules-kept') && checks.has('one-tip')).toBe(true)
})
