// What can be expected of a ledger, as a spec asks for it.

import { z } from 'zod'
import { expectation } from '../../spec/expectation.ts'
import { duration, MAX_DURATION_MS, percentage } from '../../spec/units.ts'

const depth = z.int().min(1).max(1000)
const blocks = z.int().min(10).max(100_000)
const mostMs = duration({ min: 1, max: MAX_DURATION_MS })

export const expectations = {
  'one-tip': expectation('All nodes run and stand on one tip.', '30s after heal', {}),
  converges: expectation('One tip soon after the last fault.', '30s after heal', {}),
  'shares-chain': expectation(
    'One chain but for its last blocks, where the links carry it.',
    '60s after heal',
    {
      depth: z.int().min(1).max(1_000_000).optional(),
    },
  ),
  chain: expectation(
    "Every node's chain verified again from raw blocks by code of its own.",
    '30s after heal',
    {},
  ),
  supply: expectation('No coin too many: recomputed from raw blocks.', '30s after heal', {}),
  'nothing-lost': expectation('Blocks this deep before the first fault are still there.', '30s after heal', {
    depth: depth.prefault(6),
  }),
  'restarts-keep-blocks': expectation('A restarted node resumes at the height it had.', '30s after heal', {}),
  'height-advances': expectation('The chain grows.', '30s after heal', { by: depth.prefault(2) }),
  'sides-advance': expectation('Every side of a partition that has hash power grows.', '0s after heal', {
    by: depth.prefault(1),
  }),
  'stays-one': expectation('No fork deeper than this, whatever was cut.', '30s after heal', {
    depth: depth.prefault(2),
  }),
  'no-double-spend': expectation("No coin is spent twice on any node's chain.", '30s after heal', {}),
  'most-work': expectation(
    'Every node stands on the chain with most work that it holds.',
    '30s after heal',
    {},
  ),
  'tx-confirms-within': expectation('A payment made now is confirmed on every node.', '30s after heal', {
    confirmations: depth.prefault(1),
  }),
  'clients-agree': expectation(
    'Implementations pay each other with every kind of script, have the same in their mempools, judge alike, and count the same coins.',
    '120s after heal',
    {},
  ),
  'double-spend': expectation('A coin paid on both sides of a partition is paid once.', '30s after heal', {}),
  'double-spends': expectation(
    "As many double spends succeed as Rosenfeld's formula says.",
    '60s after heal',
    {
      level: percentage({ min: 0.5, max: 0.999999 }).prefault('99.9%'),
      tried: z.int().min(1).max(1_000_000).prefault(20),
    },
  ),
  deployments: expectation(
    'So many deployments are active, and all stand as recomputed from raw headers, on every node that knows them.',
    '60s after heal',
    { active: z.int().min(0).max(29).prefault(1) },
  ),
  'rules-kept': expectation(
    'No node that enforces a deployment holds a block for good that breaks it, and so many were refused.',
    '30s after heal',
    { refused: z.int().min(0).max(1_000_000).prefault(1) },
  ),
  'chain-splits': expectation(
    'Who enforces a deployment and who does not stand on two chains, each so long, with so many payments on each, and so many made on both.',
    '30s after heal',
    {
      depth: depth.prefault(3),
      payments: z.int().min(0).max(1_000_000).prefault(1),
      replayed: z.int().min(0).max(1_000_000).prefault(0),
    },
  ),
  reorganises: expectation('Some node leaves a branch at least this deep.', '30s after heal', {
    depth: depth.prefault(2),
  }),
  propagation: expectation(
    'The middle block reaches 50, 90 and 99 % of the running nodes within these times.',
    '0s after heal',
    {
      p50: mostMs.optional(),
      p90: mostMs.prefault('1s'),
      p99: mostMs.optional(),
    },
  ),
  'stale-rate': expectation('Few blocks are found beside the best chain.', '30s after heal', {
    most: percentage({ min: 0, max: 1 }).prefault('5%'),
    blocks: blocks.prefault(20),
  }),
  'hash-share': expectation('Miners find the share of blocks that their hash rate is.', '60s after heal', {
    level: percentage({ min: 0.5, max: 0.999999 }).prefault('99.9%'),
    blocks: blocks.prefault(50),
  }),
  'block-intervals': expectation('Times between blocks are exponential.', '60s after heal', {
    level: percentage({ min: 0.01, max: 0.15 }).prefault('1%'),
    blocks: blocks.prefault(50),
  }),
}
