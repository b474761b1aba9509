// What a new user sees of `npm start`, with real miners: the first block, a fork by itself, and one tip again. Order and ratios
// only: how long it takes is the machine's business.

import { expect, test } from 'vitest'
import demo from '../../orchestrator/spec/demo.yaml'
import { realNetwork } from '../support/real-network.ts'
import { until } from '../support/until.ts'

const LONG_MS = 120_000
/** One block in four meets another: that forty meet none has a chance of 1 in 100,000. */
const MOST_BLOCKS = 40

test('the demo forks by itself within a few dozen blocks, and agrees again', async () => {
  const { testnet } = realNetwork(demo)
  await testnet.launch()
  await until('a block', () => testnet.state().systems.ledger.height >= 1, LONG_MS)
  await until('a fork', () => testnet.state().systems.ledger.totals.staleBlocks > 0, LONG_MS)
  expect(testnet.state().systems.ledger.totals.blocks).toBeLessThanOrEqual(MOST_BLOCKS)
  await until('one tip', () => testnet.state().systems.ledger.converged, LONG_MS)
  await until('a reorganisation', () => testnet.state().systems.ledger.totals.reorgs > 0, LONG_MS)
}, 300_000)
