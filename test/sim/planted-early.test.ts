// A planted bug: a deployment is active as soon as it is locked in, a period early. The check that counts raw headers must see it.

import { expect, test, vi } from 'vitest'
import { firstRed, SMALLER_BLOCKS } from '../support/rehearsal.ts'

vi.mock('../../node/ledger/consensus/versionbits.ts', async original => {
  const bits = await original<typeof import('../../node/ledger/consensus/versionbits.ts')>()
  class EarlyStates extends bits.DeploymentStates {
    override after(parent: Parameters<InstanceType<typeof bits.DeploymentStates>['after']>[0]) {
      const state = super.after(parent)
      return state === 'locked_in' ? 'active' : state
    }
  }
  return { ...bits, DeploymentStates: EarlyStates }
})

test('a deployment that is active a period early turns deployments red', async () => {
  const red = await firstRed(SMALLER_BLOCKS, 'deployments', 3)
  expect(red?.message).toMatch(
    /says that smaller is active from \d+, its headers say (active from \d+|locked_in)/,
  )
})
