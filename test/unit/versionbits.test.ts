// In which state a deployment is: Core's own facts for BIP9 (versionbits_tests of Bitcoin Core 28.1), BIP8's for heights, and that what
// is remembered of a branch says nothing of another.

import { describe, expect, test } from 'vitest'
import { createRandom } from '../../node/core/random.ts'
import type { BlockEntry } from '../../node/ledger/chain/types.ts'
import {
  bitClash,
  type Deployment,
  NEVER,
  versionBitsProblem,
} from '../../node/ledger/consensus/deployment.ts'
import { DeploymentStates, signals, UnknownBits } from '../../node/ledger/consensus/versionbits.ts'
import { Headers } from '../support/headers.ts'

/** One block per ten minutes from 14 November 2014 on, as Core's tests have it. */
const at = (height: number) => 1_415_926_536 + 600 * height

const DEMO: Deployment = {
  name: 'demo',
  bit: 8,
  rule: { rule: 'none' },
  by: 'time',
  start: at(10_000),
  timeout: at(20_000),
  minActivationHeight: 0,
  lockInOnTimeout: false,
  enforces: true,
  signals: true,
}
const NEW = 0x20000100
const OLD = 0x20000000
const CORE = { periodBlocks: 1000, thresholdBlocks: 900 }

type Step = readonly [blocks: number, time: number, version: number, state: string, since: number]

const CASES: {
  readonly [what: string]: { readonly deployment?: Partial<Deployment>; readonly steps: readonly Step[] }
} = {
  'defined, started after the timeout, failed': {
    steps: [
      [1, at(1), NEW, 'defined', 0],
      [11, at(11), NEW, 'defined', 0],
      [989, at(989), NEW, 'defined', 0],
      [999, at(20_000), NEW, 'defined', 0],
      [1000, at(20_000), OLD, 'started', 1000],
      [1999, at(30_001), OLD, 'started', 1000],
      [2000, at(30_002), OLD, 'failed', 2000],
      [2001, at(30_003), NEW, 'failed', 2000],
      [3000, at(30_005), NEW, 'failed', 2000],
    ],
  },
  'defined, started, failed for one block too few': {
    steps: [
      [1, at(1), OLD, 'defined', 0],
      [1000, at(10_000) - 1, NEW, 'defined', 0],
      [2000, at(10_000), NEW, 'started', 2000],
      [2051, at(10_010), OLD, 'started', 2000],
      [2950, at(10_020), NEW, 'started', 2000],
      [3000, at(20_000), OLD, 'failed', 3000],
      [4000, at(20_010), NEW, 'failed', 3000],
    ],
  },
  'locked in by a period that ends after the timeout: signals are counted first': {
    steps: [
      [1000, at(10_000) - 1, NEW, 'defined', 0],
      [2000, at(10_000), NEW, 'started', 2000],
      [2999, at(30_000), NEW, 'started', 2000],
      [3000, at(30_000), NEW, 'locked_in', 3000],
      [3999, at(30_001), OLD, 'locked_in', 3000],
      [4000, at(30_002), OLD, 'active', 4000],
      [14_333, at(30_003), OLD, 'active', 4000],
    ],
  },
  'locked in at the last minute, active': {
    steps: [
      [1000, at(10_000) - 1, NEW, 'defined', 0],
      [2000, at(10_000), NEW, 'started', 2000],
      [2050, at(10_010), 0x20000200, 'started', 2000],
      [2950, at(10_020), NEW, 'started', 2000],
      [2999, at(19_999), 0x20000200, 'started', 2000],
      [3000, at(29_999), 0x20000200, 'locked_in', 3000],
      [3999, at(30_001), OLD, 'locked_in', 3000],
      [4000, at(30_002), OLD, 'active', 4000],
    ],
  },
  'locked in waits for its height': {
    deployment: { minActivationHeight: 15_000 },
    steps: [
      [1000, at(10_000) - 1, NEW, 'defined', 0],
      [2000, at(10_000), NEW, 'started', 2000],
      [3000, at(11_000), NEW, 'locked_in', 3000],
      [14_999, at(30_000), OLD, 'locked_in', 3000],
      [15_000, at(30_000), OLD, 'active', 15_000],
      [16_000, at(30_000), OLD, 'active', 15_000],
    ],
  },
  'defined and started for several periods, failed': {
    steps: [
      [999, at(999), OLD, 'defined', 0],
      [2000, at(2000), OLD, 'defined', 0],
      [3000, at(10_000), OLD, 'started', 3000],
      [5000, at(10_000), OLD, 'started', 3000],
      [5999, at(20_000), OLD, 'started', 3000],
      [6000, at(20_000), OLD, 'failed', 6000],
      [7000, at(20_000), NEW, 'failed', 6000],
    ],
  },
  'without a timeout it never fails': {
    deployment: { timeout: NEVER, start: 0 },
    steps: [
      [1000, at(50_000), OLD, 'started', 1000],
      [9000, at(90_000), OLD, 'started', 1000],
    ],
  },
  'by height it starts and fails by the height of the next block (BIP8)': {
    deployment: { by: 'height', start: 2000, timeout: 4000 },
    steps: [
      [1999, at(50_000), NEW, 'defined', 0],
      [2000, at(50_000), NEW, 'started', 2000],
      [2100, at(50_000), OLD, 'started', 2000],
      [3000, at(50_000), NEW, 'locked_in', 3000],
      [4000, at(50_000), OLD, 'active', 4000],
    ],
  },
  'by height it fails with the first period that ends at its timeout': {
    deployment: { by: 'height', start: 1000, timeout: 3000 },
    steps: [
      [1000, at(1), OLD, 'started', 1000],
      [2999, at(1), OLD, 'started', 1000],
      [3000, at(1), OLD, 'failed', 3000],
    ],
  },
  'locks in on its timeout after a period in which blocks must signal': {
    deployment: { by: 'height', start: 1000, timeout: 4000, lockInOnTimeout: true },
    steps: [
      [1000, at(1), OLD, 'started', 1000],
      [2999, at(1), OLD, 'started', 1000],
      [3000, at(1), OLD, 'must_signal', 3000],
      [4000, at(1), NEW, 'locked_in', 4000],
      [5000, at(1), OLD, 'active', 5000],
    ],
  },
}

describe.each(Object.entries(CASES))('%s', (_what, { deployment, steps }) => {
  /** Asked at every step, and asked at the last alone: what is remembered changes nothing. */
  test.each(['every step', 'the end alone'])('asked at %s', when => {
    const chain = new Headers()
    const states = new DeploymentStates({ ...DEMO, ...deployment }, CORE)
    for (const [i, [blocks, time, version, state, since]] of steps.entries()) {
      chain.mine(blocks, time, version)
      if (when !== 'every step' && i < steps.length - 1) continue
      expect([blocks, states.after(chain.tip), states.since(chain.tip)]).toEqual([blocks, state, since])
    }
  })
})

test('the genesis block is before any period: defined', () => {
  const states = new DeploymentStates(DEMO, CORE)
  expect([states.after(undefined), states.since(undefined)]).toEqual(['defined', 0])
})

test('only versions that begin with 001 signal', () => {
  const top = (bits: number) => signals(((bits << 29) | (1 << 8)) >>> 0, 8)
  expect([0, 1, 2, 3, 4, 5, 6, 7].filter(top)).toEqual([1])
  expect(signals(NEW | 0, 8)).toBe(true)
  expect(signals(NEW, 7)).toBe(false)
  expect(signals(0x30000000, 28)).toBe(true)
})

describe('two branches', () => {
  test('have states of their own, whichever was asked for first', () => {
    const random = createRandom('branches')
    const states = new DeploymentStates(
      { ...DEMO, by: 'height', start: 0, timeout: NEVER },
      { periodBlocks: 4, thresholdBlocks: 3 },
    )
    const base = new Headers().mine(4, at(1), OLD)
    const fork = base.tip as BlockEntry
    expect(states.after(fork)).toBe('started')
    base.mine(8, at(2), NEW)
    const forward = base.tip
    base.tip = fork
    base.mine(8, at(3), OLD)
    for (let i = 0; i < 8; i++)
      if (random.int(2) === 0) expect(states.after(forward)).toBe('locked_in')
      else expect(states.after(base.tip)).toBe('started')
  })
})

describe('a period so far', () => {
  test('counts what signals, and says whether the threshold can still be met', () => {
    const states = new DeploymentStates(DEMO, { periodBlocks: 5, thresholdBlocks: 3 })
    const chain = new Headers().mine(5, at(1), NEW)
    const look = () => {
      const { elapsedBlocks, count, possible, each } = states.signalsUpTo(chain.tip as BlockEntry)
      return [elapsedBlocks, count, possible, each.map(Number).join('')]
    }
    expect(look()).toEqual([5, 5, true, '11111'])
    chain.mine(7, at(2), OLD)
    expect(look()).toEqual([2, 0, true, '00'])
    chain.mine(8, at(3), NEW)
    expect(look()).toEqual([3, 1, true, '001'])
    chain.mine(9, at(4), OLD)
    expect(look()).toEqual([4, 1, false, '0010'])
  })
})

describe('where blocks must signal (BIP8)', () => {
  const bits = { periodBlocks: 10, thresholdBlocks: 8 }
  const states = new DeploymentStates(
    { ...DEMO, by: 'height', start: 10, timeout: 30, lockInOnTimeout: true },
    bits,
  )
  /** Must the next one, after these of the period? `1` signals. */
  const must = (period: string) => {
    const chain = new Headers().mine(20, at(1), OLD)
    for (const one of period) chain.mine((chain.tip?.height ?? 0) + 2, at(1), one === '1' ? NEW : OLD)
    return states.mustSignalAfter(chain.tip as BlockEntry)
  }

  test('as many need not as the threshold leaves, and no more', () => {
    expect(['', '0', '00', '11', '0110', '00111111', '1111111100'].map(must)).toEqual([
      ...[false, false, true, false, true, true],
      // the period is over
      false,
    ])
  })

  test('with a threshold of all of them, each must', () => {
    const all = new DeploymentStates(states.deployment, { periodBlocks: 10, thresholdBlocks: 10 })
    expect(all.mustSignalAfter(new Headers().mine(20, at(1), OLD).tip as BlockEntry)).toBe(true)
  })
})

describe('bits that nobody here knows', () => {
  test('are told when enough blocks had them for a rule to be in force', () => {
    const unknown = new UnknownBits({
      periodBlocks: 10,
      thresholdBlocks: 8,
      deployments: [DEMO],
      awaited: [],
    })
    const chain = new Headers().mine(10, at(1), OLD)
    const asked: number[][] = []
    for (const [blocks, version] of [
      [18, 0x20000120],
      [20, OLD],
      [30, OLD],
      [40, OLD],
    ] as const)
      asked.push(unknown.activeAfter(chain.mine(blocks, at(2), version).tip as BlockEntry))
    // locked in at 20, in force from 30 on; bit 8 is known
    expect(asked).toEqual([[], [], [5], [5]])
  })
})

describe('what no node can work with', () => {
  const bits = { periodBlocks: 20, thresholdBlocks: 15, awaited: [] }
  const of = (...deployments: Partial<Deployment>[]) =>
    versionBitsProblem({ ...bits, deployments: deployments.map(one => ({ ...DEMO, ...one })) })

  test('is said', () => {
    expect(of({})).toBeUndefined()
    expect(of({ bit: 28 })).toBeUndefined()
    expect(of({ bit: 29 })).toBe('demo: bit 29 is not one of 0 to 28')
    expect(of({ bit: -1 })).toContain('bit -1')
    expect(of({ start: 9, timeout: 9 })).toBe('demo: it times out before it starts')
    expect(of({ lockInOnTimeout: true })).toContain('by height')
    expect(of({ by: 'height', start: 1, timeout: NEVER, lockInOnTimeout: true })).toContain('by height')
    expect(of({}, {})).toBe('two deployments are called demo')
    expect(of({}, { name: 'other' })).toBe('demo and other have one bit at one time')
    expect(versionBitsProblem({ ...bits, thresholdBlocks: 21, deployments: [] })).toContain('from 1 to 20')
    expect(versionBitsProblem({ ...bits, periodBlocks: 0, deployments: [] })).toContain('periodBlocks')
  })

  test('one bit may serve two deployments one after the other', () => {
    const first = { ...DEMO, by: 'height', start: 0, timeout: 99 } as const
    expect(bitClash([first, { ...first, name: 'b', start: 100, timeout: 200 }])).toBeUndefined()
    expect(bitClash([first, { ...first, name: 'b', start: 99, timeout: 200 }])).toEqual(['demo', 'b'])
    expect(
      bitClash([first, { ...first, name: 'b', by: 'time', start: 10_000, timeout: 20_000 }]),
    ).toBeDefined()
  })
})
