// The scenarios in which bugs are planted are green without them: what turns a check red there is the bug.

import { expect, test } from 'vitest'
import { PAYING_AND_RESTARTING, rehearsed, UNEVEN_HALVES } from '../support/rehearsal.ts'

const red = (checks: Awaited<ReturnType<typeof rehearsed>>) =>
  [...checks.values()].filter(({ passed }) => !passed)

test.each([1, 2, 3, 4, 5])('uneven halves, seed %i', async seed => {
  expect(red(await rehearsed(UNEVEN_HALVES, seed))).toEqual([])
})

test('paying and restarting', async () => {
  expect(red(await rehearsed(PAYING_AND_RESTARTING))).toEqual([])
})
