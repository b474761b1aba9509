// Fuzzing in virtual time: random networks under random faults, every safety check on, and the seeds that once found a bug.
// A failure prints its seed: `netsplit fuzz --seed <seed> --runs 1` keeps its record.

import { describe, expect, test } from 'vitest'
import { fuzzSpec } from '../../orchestrator/fuzz/generate.ts'
import { rehearse } from '../../orchestrator/fuzz/rehearse.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'

const RUNS = 200
const PER_TEST = 20
const FIRST_SEED = 1000
/** All that a run needs to go wrong, and less virtual time than the command gives. */
const FOR_MS = 40_000

async function fails(seed: number, forMs: number): Promise<string[]> {
  const report = await rehearse(makePlan(fuzzSpec(seed, { runtime: 'sim', forMs })))
  return report.checks
    .filter(({ passed }) => !passed)
    .map(
      ({ name, asked, measured, message }) =>
        `seed ${seed}: ${name}: asked ${asked}; measured ${measured} ${message}`,
    )
}

describe(`${RUNS} random scenarios hold`, () => {
  const batches = Array.from({ length: RUNS / PER_TEST }, (_, i) => FIRST_SEED + i * PER_TEST)
  test.each(batches)(`${PER_TEST} seeds from %i on`, async from => {
    for (let seed = from; seed < from + PER_TEST; seed++) expect(await fails(seed, FOR_MS)).toEqual([])
  })
})

/** What each seed found when it found it; the spec that a seed makes changes with the generator, the lesson stays. */
const FOUND: readonly { readonly seed: number; readonly what: string; readonly forMs: number }[] = [
  { seed: 6, what: 'restarts were judged before the node had told of its return', forMs: 60_000 },
  {
    seed: 15,
    what: 'a node was asked for its block at the moment when the next fault took it down',
    forMs: 60_000,
  },
  { seed: 34, what: 'a probe took the answer to an older ping for its own', forMs: 60_000 },
  { seed: 93, what: 'two nodes that were given one address never heard of each other', forMs: 60_000 },
  { seed: 167, what: 'a wallet that was restarted paid with coins that it had spent', forMs: 60_000 },
  { seed: 1030, what: 'a probe took the unanswered ping of another one for its own', forMs: 60_000 },
  { seed: 3971, what: 'a slow link had no moment in which neither of its ends was frozen', forMs: 40_000 },
  { seed: 6163, what: 'a reset took away the load with which a link was being measured', forMs: 40_000 },
  { seed: 6909, what: 'a reset took away the load with which a link was being measured', forMs: 40_000 },
  { seed: 10011, what: 'a peer hung up while its link was being weighed', forMs: 40_000 },
  { seed: 11425, what: 'pings of another probe hid the answer behind the load', forMs: 40_000 },
  { seed: 13323, what: 'who asked for addresses before anybody was there was never told', forMs: 40_000 },
  { seed: 13875, what: 'who asked for addresses before anybody was there was never told', forMs: 40_000 },
  { seed: 20488, what: 'a slow link had no moment in which neither of its ends was frozen', forMs: 40_000 },
  {
    seed: 21268,
    what: 'a payment that paid no more than all others waited for ever: blocks were full',
    forMs: 40_000,
  },
  { seed: 35481, what: 'the load that weighed a link was still in it when it became thin', forMs: 40_000 },
  {
    seed: 35605,
    what: 'a link that had become thin was weighed on with loads for a wide one',
    forMs: 40_000,
  },
]

test.each(FOUND)('seed $seed holds: $what', async ({ seed, forMs }) => {
  expect(await fails(seed, forMs)).toEqual([])
})

test('one seed is one run: the same checks measure the same things', async () => {
  const run = async () => {
    const report = await rehearse(makePlan(fuzzSpec(7, { runtime: 'sim', forMs: FOR_MS })))
    return { ...report, seconds: 0 }
  }
  expect(await run()).toEqual(await run())
})
