// A planted bug: nodes signal a deployment and say that it is active, and hold no block to its rule. The check of rules must see it.

import { expect, test, vi } from 'vitest'
import { firstRed, rehearsed, SMALLER_BLOCKS } from '../support/rehearsal.ts'

const planted = vi.hoisted(() => ({ on: true }))

vi.mock('../../node/ledger/consensus/rules.ts', async original => {
  const rules = await original<typeof import('../../node/ledger/consensus/rules.ts')>()
  class LaxRules extends rules.RuleBook {
    override after(parent: Parameters<InstanceType<typeof rules.RuleBook>['after']>[0]) {
      return super.after(planted.on ? undefined : parent)
    }
  }
  return { ...rules, RuleBook: LaxRules }
})

test('a rule that is signalled and not enforced turns rules-kept red', async () => {
  const red = await firstRed(SMALLER_BLOCKS, 'rules-kept', 10)
  expect(red?.message).toMatch(/^new-\d holds block \d+ for good, which by smaller weighs \d+, at most 4000/)
})

test('enforced, it is green', async () => {
  planted.on = false
  const checks = await rehearsed(SMALLER_BLOCKS)
  expect([...checks.values()].filter(({ passed }) => !passed)).toEqual([])
})
