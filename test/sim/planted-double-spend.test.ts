// A planted bug: coins that a block spends stay in the set of unspent ones. A wallet that is restarted finds them there and
// spends them again, every node takes that for right, and the checks that read raw blocks must see it.

import { expect, test, vi } from 'vitest'
import { PAYING_AND_RESTARTING, rehearsed } from '../support/rehearsal.ts'

vi.mock('../../node/ledger/chain/utxo.ts', async original => {
  const utxo = await original<typeof import('../../node/ledger/chain/utxo.ts')>()
  return {
    ...utxo,
    deltaOf: (...of: Parameters<typeof utxo.deltaOf>) => ({ ...utxo.deltaOf(...of), spent: [] }),
  }
})

test('accepting a double spend turns no-double-spend red, and the verified chain and supply with it', async () => {
  const checks = await rehearsed(PAYING_AND_RESTARTING)
  expect(checks.get('no-double-spend')?.message).toMatch(/block \d+: \w{64} spends \w{64}:\d+ after \w{64}/)
  expect(checks.get('chain')).toMatchObject({
    passed: false,
    message: expect.stringContaining('spent already'),
  })
  expect(checks.get('supply')).toMatchObject({ passed: false })
})
