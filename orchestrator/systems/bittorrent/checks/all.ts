// Every check of BitTorrent, and how a spec asks for each.

import { z } from 'zod'
import type { Check } from '../../../checks/check.ts'
import { type Expectation, expectation } from '../../../spec/expectation.ts'
import { percentage } from '../../../spec/units.ts'
import { contentAvailable } from './available.ts'
import { contentComplete } from './complete.ts'
import { fair, swarmBound, waste } from './pace.ts'
import { pollutersFound } from './polluters.ts'
import { contentVerified } from './verified.ts'

export const CHECKS: readonly Check[] = [
  contentComplete,
  contentVerified,
  pollutersFound,
  contentAvailable,
  swarmBound,
  fair,
  waste,
]

export const EXPECTATIONS: { readonly [check: string]: Expectation } = {
  'content-complete': expectation(
    'All honest peers that run have all that they were told to get.',
    '60s after heal',
    {},
  ),
  'content-verified': expectation(
    'What honest peers stored is what the info-hash says, by code that shares nothing with the peer.',
    '60s after heal',
    {
      peers: z
        .int()
        .min(1)
        .max(10_000)
        .prefault(100)
        .describe('So many of those who have all are looked at, evenly spread.'),
    },
  ),
  'polluters-found': expectation(
    'Polluters and liars are banned by those whom they served, and nobody honest is.',
    '60s after heal',
    {},
  ),
  'content-available': expectation(
    'Each side of a cut, and the network, keeps so many copies of every content as it had.',
    '0s after heal',
    { copies: z.number().min(1).max(1_000).prefault(1).describe('Of the rarest piece.') },
  ),
  'swarm-bound': expectation(
    "Every content comes to all within a factor of what the network's lines allow.",
    '60s after heal',
    { factor: z.number().min(1).max(1_000).prefault(1.5) },
  ),
  fair: expectation('Honest peers get a content about equally fast.', '60s after heal', {
    jain: z.number().min(0).max(1).prefault(0.8).describe("Jain's index of how fast they were, at least."),
    ratio: z
      .number()
      .min(0)
      .max(1_000)
      .prefault(0)
      .describe('What each gave for what it got, at least; 0: whatever it gave.'),
  }),
  waste: expectation('Little of what peers receive is thrown away.', '60s after heal', {
    most: percentage({ min: 0, max: 1 }).prefault('5%'),
  }),
}
