// Schedules on a network of paper: every moment, every end, and the planted bugs that must turn the right check red.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Schedule } from '../../orchestrator/chaos/schedule.ts'
import { readFor } from '../../orchestrator/commands/fault-words.ts'
import { parseUntil } from '../../orchestrator/run/until.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { type Bug, FaultWorld } from '../support/fault-world.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const FOUR = 'nodes: { miners: { count: 4, share: 100% } }\nchain: { blockInterval: 500ms }\n'
const SPLIT = `${FOUR}
faults:
  split: { partition: halves, at: height 6, for: 10s }
expect: { one-tip: {}, converges: {}, nothing-lost: {}, sides-advance: {}, provoked: {}, height-advances: {} }
`
const KILL = `${FOUR}
faults:
  killed: { kill: miners-1, at: 4s, for: 3s }
expect: { one-tip: {}, restarts-keep-blocks: {}, provoked: {} }
`

async function failed(yaml: string, bugs: readonly Bug[] = []): Promise<string[]> {
  const { faults, checks } = await new FaultWorld(yaml, bugs).perform()
  const untaken = faults.filter(fault => !fault.verified).map(fault => fault.name)
  return [...untaken, ...[...checks].flatMap(([name, { passed }]) => (passed ? [] : [name]))]
}

describe('a schedule', () => {
  it('puts a fault in force at its height, for its time, and heals it', async () => {
    const { faults, checks } = await new FaultWorld(SPLIT).perform()
    expect(faults).toMatchObject([
      { name: 'split', kind: 'partition', target: 'miners-1 miners-2 | miners-3 miners-4', verified: true },
    ])
    const [{ fromMs = 0, toMs = 0 } = {}] = faults
    expect(fromMs).toBeGreaterThanOrEqual(3000)
    expect(toMs - fromMs).toBeGreaterThanOrEqual(10_000)
    expect([...checks.values()].every(({ passed }) => passed)).toBe(true)
  })

  it('takes steps by condition and one after the other', async () => {
    const { faults } = await new FaultWorld(`${FOUR}
faults:
  third: { pause: miners-1, after: second, for: 1s }
  second: { kill: "miners-2,miners-3", when: tips > 1, for: 1s }
  first: { partition: miners-4, at: 2s, for: 12s }
`).perform()
    const [third, second, first] = faults
    expect(faults.every(({ verified }) => verified)).toBe(true)
    expect(second?.fromMs).toBeGreaterThan(first?.fromMs ?? 0)
    expect(second?.toMs).toBeLessThan(first?.toMs ?? 0)
    expect(third?.fromMs).toBeGreaterThanOrEqual(second?.toMs ?? 0)
  })

  it('that is stopped heals what is in force, and the rest never begins', async () => {
    const world = new FaultWorld(`${SPLIT.split('expect')[0]}  later: { kill: all, after: split, for: 1s }`)
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 6000)
    const { faults } = await world.perform(stop.signal)
    expect(world.chaos.faults).toEqual([])
    expect(world.state().nodes.every(({ phase }) => phase === 'running')).toBe(true)
    expect(faults.map(({ fromMs }) => fromMs !== undefined)).toEqual([true, false])
    expect(faults[1]).toMatchObject({ verified: false, measured: 'it never began' })
  })

  it('reports a fault on a node that is down as one that did not take', async () => {
    const yaml = `${FOUR}
faults:
  one: { stop: miners-1, at: 1s, for: 9s }
  two: { kill: miners-1, at: 5s, for: 1s }
`
    const { faults } = await new FaultWorld(yaml).perform()
    expect(faults).toMatchObject([
      { name: 'one', verified: true },
      { name: 'two', verified: false, measured: expect.stringContaining('miners-1 is stopped') },
    ])
  })

  it('says which fault disturbed one that cannot be measured for it, and keeps that one in force for its time', async () => {
    const yaml = `${FOUR}
faults:
  frozen: { pause: miners-1, at: 1s, for: 20s }
  hidden: { link: { on: miners-1 <-> miners-2, latency: 300ms }, at: 3s, for: 6s }
  seen: { link: { on: miners-2, latency: 300ms }, at: 12s, for: 5s }
`
    const { faults } = await new FaultWorld(yaml).perform()
    expect(faults).toMatchObject([
      { name: 'frozen', verified: true },
      { name: 'hidden', verified: false, disturbedBy: ['frozen'], measured: expect.stringMatching('frozen') },
      { name: 'seen', verified: true },
    ])
    const [, { fromMs = 0, toMs = 0 } = {}] = faults
    expect(toMs - fromMs).toBeGreaterThanOrEqual(6000)
  })

  it('does not excuse a fault that did not take by one that only overlapped in part', async () => {
    const yaml = `${FOUR}
faults:
  frozen: { pause: miners-1, at: 1s, for: 20s }
  cut: { partition: "miners-1,miners-2 | rest", at: 3s, for: 6s }
`
    const { faults } = await new FaultWorld(yaml, ['partition does nothing']).perform()
    expect(faults[1]).toMatchObject({ name: 'cut', verified: false })
    expect(faults[1]).not.toHaveProperty('disturbedBy')
  })

  it('measures the delay that it asked for', async () => {
    const yaml = `${FOUR}
faults: { slow: { link: { on: miners-1, latency: 300ms }, at: 1s, for: 5s } }
`
    const { faults } = await new FaultWorld(yaml).perform()
    expect(faults[0]).toMatchObject({ verified: true, measured: expect.stringContaining('6 of 6 as slow') })
  })
})

describe('a planted bug turns red', () => {
  it('nothing, when there is none', async () => {
    expect(await failed(SPLIT)).toEqual([])
    expect(await failed(KILL)).toEqual([])
  })

  it('the fault, when a partition does nothing', async () => {
    expect(await failed(SPLIT, ['partition does nothing'])).toEqual(
      expect.arrayContaining(['split', 'provoked']),
    )
  })

  it('the fault and the agreement, when heal does nothing', async () => {
    expect(await failed(SPLIT, ['heal does nothing'])).toEqual(expect.arrayContaining(['split', 'one-tip']))
  })

  it('the agreement, when nodes do not follow the better chain', async () => {
    expect(await failed(SPLIT, ['nodes never agree again'])).toEqual(
      expect.arrayContaining(['one-tip', 'converges']),
    )
  })

  it('the restart, when it loses a block', async () => {
    expect(await failed(KILL, ['restart loses a block'])).toEqual(['restarts-keep-blocks'])
  })
})

describe('a check that had nothing to look at', () => {
  it.each([
    [
      'nothing-lost',
      `${FOUR}faults: { split: { partition: halves, at: 1s, for: 3s } }\nexpect: { nothing-lost: {} }`,
    ],
    ['restarts-keep-blocks', `${SPLIT.split('expect')[0]}expect: { restarts-keep-blocks: {} }`],
    ['sides-advance', `${KILL.split('expect')[0]}expect: { sides-advance: {} }`],
  ])('%s is not green', async (name, yaml) => {
    expect(await failed(yaml)).toEqual([name])
  })
})

describe('a fault that waits', () => {
  const NEVER = `${FOUR}
faults:
  early: { pause: miners-1, at: 1s, for: 1s }
  never: { kill: miners-1, when: height >= 100000, for: 1s }
  after: { kill: miners-2, after: never, for: 1s }
`
  it('says that it does, beyond ten minutes too, and at the end that it never began', async () => {
    const world = new FaultWorld(NEVER)
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 20 * 60_000)
    const { faults } = await world.perform(stop.signal)
    expect(faults.map(({ verified }) => verified)).toEqual([true, false, false])
    expect(faults.map(({ fromMs }) => fromMs === undefined)).toEqual([false, true, true])
    const said = world.notes.map(note => note.replace(/is \d+$/, 'is so many'))
    const still = 'never still waits for height >= 100000; height is so many'
    // After one minute, two, four, eight and sixteen.
    expect(said.filter(note => note === still)).toHaveLength(5)
    expect(said.slice(-2).sort()).toEqual([
      'after never began: after never',
      'never never began: height >= 100000; height is so many',
    ])
  })
})

describe('a long time', () => {
  it('is waited for to its end: no timer of Node takes it in one', async () => {
    const days = (count: number) => count * 86_400_000
    const world = new FaultWorld(`${FOUR}\nfaults: { late: { pause: miners-1, at: 600h, for: 26d } }`)
    const schedule = new Schedule(world.plan.faults ?? [], world.stage())
    const done = schedule.run(new AbortController().signal)
    await vi.advanceTimersByTimeAsync(days(24.9))
    expect(world.chaos.faults).toEqual([])
    await vi.advanceTimersByTimeAsync(days(0.2))
    expect(world.chaos.faults).toEqual(['late'])
    await vi.advanceTimersByTimeAsync(days(25.8))
    expect(world.chaos.faults).toEqual(['late'])
    await vi.advanceTimersByTimeAsync(days(0.3))
    expect(await done).toMatchObject([{ name: 'late', verified: true }])
  })

  it('has one limit and one word for it, wherever it is written', () => {
    const refused = (yaml: string) => {
      try {
        parseSpec(`${FOUR}\n${yaml}`, 'the test', {})
        return 'taken'
      } catch (error) {
        return /(must be between \S+ and 365d|expected[^(]*)/.exec((error as Error).message)?.[0]
      }
    }
    const forms = (time: string) => [
      `duration: ${time}`,
      `faults: { x: { pause: all, at: ${time}, for: 1s } }`,
      `faults: { x: { pause: all, at: 1s, for: ${time} } }`,
      `faults: { x: { pause: all, at: 1s, for: 1s } }\nexpect: { one-tip: { within: ${time} after heal } }`,
    ]
    for (const form of forms('25d')) expect(refused(form), form).toBe('taken')
    for (const form of forms('366d'))
      expect(refused(form), form).toMatch(/^must be between (0ms|100ms|1s) and 365d$/)
    expect(readFor('partition', '25d')).toBe(25 * 86_400_000)
    expect(() => readFor('partition', '366d')).toThrow('--for: must be between 100ms and 365d')
    expect(() => parseUntil('366d')).toThrow(/must be between 0ms and 365d/)
  })
})
