// One step of a schedule after the other moment: what is asked of the network and when, what is told, and what its record says;
// over a stage whose time goes by the millisecond.

import { describe, expect, it } from 'vitest'
import type { FaultReport } from '../../orchestrator/chaos/breakable.ts'
import { Schedule } from '../../orchestrator/chaos/schedule.ts'
import { UserError } from '../../orchestrator/errors.ts'
import type { PlannedStep } from '../../orchestrator/spec/types.ts'
import { stateWith } from '../support/partial-state.ts'

type Stage = ConstructorParameters<typeof Schedule>[1]

const FAULT = { kind: 'pause', nodes: 'all' } as const
const STOOD_MS = 5000
const NEVER = new AbortController().signal

const stepOf = (name: string, trigger: PlannedStep['trigger'], forMs = 1000): PlannedStep =>
  ({ name, fault: FAULT, trigger, forMs }) as PlannedStep
const at = (atMs: number) => ({ on: 'time', atMs }) as const
const height = (value: number) => ({ on: 'state', metric: 'height', operator: '>=', value }) as const

interface Story {
  readonly report?: Partial<FaultReport>
  readonly healed?: Partial<FaultReport>
  /** Until it is in force, and from then until it is measured. */
  readonly beginsMs?: number
  readonly measuredMs?: number
  readonly height?: (nowMs: number) => number
  readonly refusal?: Error
  /** Waits may be ended early; default: they last as long as they are to. */
  readonly waitsMs?: (ms: number) => number
}

/** A schedule of these steps, and what it did and when, since the network stood. */
function staged(steps: readonly PlannedStep[], story: Story = {}, options = {}) {
  let nowMs = STOOD_MS
  const did: string[] = []
  const log = (what: string) => did.push(`${nowMs - STOOD_MS} ${what}`)
  const faults = new Set<string>()
  const wait: Stage['wait'] = async (ms, signal) => {
    const lastsMs = story.waitsMs?.(ms) ?? ms
    for (let i = 0; i < lastsMs && !signal?.aborted; i++) nowMs += 1
  }
  const { report, healed, beginsMs = 0, measuredMs = 0, refusal } = story
  const stage: Stage = {
    get faults() {
      return [...faults]
    },
    inject: async (fault, { id = '', onBegun } = {}) => {
      log(`inject ${id}`)
      if (refusal) throw refusal
      await wait(beginsMs)
      faults.add(id)
      onBegun?.()
      await wait(measuredMs)
      log(`measured ${id}`)
      const plain = { id, kind: fault.kind, target: 'a b', asked: 'all', measured: 'some', verified: true }
      return { ...plain, ...report }
    },
    heal: async (id = '') => {
      log(`heal ${id}`)
      faults.delete(id)
      const plain = { id, kind: 'pause', target: 'healed', asked: 'up', measured: 'all up', verified: true }
      return [{ ...plain, ...healed } as FaultReport]
    },
    state: () => stateWith({ height: story.height?.(nowMs - STOOD_MS) ?? 0, totals: {} }),
    nowMs: () => nowMs,
    wait,
    note: (level, message) => log(`${level}: ${message}`),
  }
  const schedule = new Schedule(steps, stage, options)
  schedule.moments.beforeEach(async ({ name }) => void log(`before ${name}`))
  schedule.moments.beforeEnd(async ({ name }) => void log(`before the end of ${name}`))
  return { schedule, did, faults, run: (signal = NEVER) => schedule.run(signal) }
}

describe('a step', () => {
  it('is announced, put in force, kept for its time from when it is in force, and healed', async () => {
    const { did, run, schedule } = staged([stepOf('x', at(2000), 1000)], { beginsMs: 100, measuredMs: 300 })
    const began = schedule.moments.began('x')
    const ended = schedule.moments.ended('x')
    expect(await run()).toEqual([
      {
        name: 'x',
        kind: 'pause',
        target: 'a b',
        fromMs: 2100,
        toMs: 3100,
        verified: true,
        asked: 'all',
        measured: 'some',
      },
    ])
    expect(did).toEqual([
      '2000 before x',
      '2000 inject x',
      '2400 measured x',
      '3100 before the end of x',
      '3100 heal x',
    ])
    expect(await began).toBe(STOOD_MS + 2100)
    expect(await ended).toBe(STOOD_MS + 3100)
    expect(await schedule.moments.healed).toBe(STOOD_MS + 3100)
  })

  it('that did not take is not waited for, and taken back all the same', async () => {
    const { did, run } = staged([stepOf('x', at(0))], { report: { verified: false, measured: 'nothing' } })
    expect(await run()).toMatchObject([{ verified: false, measured: 'nothing', fromMs: 0, toMs: 0 }])
    expect(did.at(-1)).toBe('0 heal x')
  })

  it('that others hid is in force, and stays for its time', async () => {
    const report = { verified: false, disturbedBy: ['y'] }
    const { run } = staged([stepOf('x', at(0))], { report })
    expect(await run()).toMatchObject([{ verified: false, disturbedBy: ['y'], toMs: 1000 }])
  })

  it('that somebody has ended before its time is not healed again', async () => {
    const { did, run, faults, schedule } = staged([stepOf('x', at(0))])
    schedule.moments.beforeEnd(async ({ name }) => void faults.delete(name))
    expect(await run()).toMatchObject([{ verified: true }])
    expect(did.filter(what => what.includes('heal'))).toEqual([])
  })

  it('after whose end the network is not whole has failed', async () => {
    const { run } = staged([stepOf('x', at(0))], { healed: { verified: false, measured: 'one down' } })
    expect(await run()).toMatchObject([{ verified: false, asked: 'up', measured: 'after its end: one down' }])
  })

  it('that did not hold throughout has failed, and says what was found', async () => {
    const { run } = staged([stepOf('x', at(0))], {
      healed: { lapsed: { asked: '2 frozen', measured: '1 of 2' } },
    })
    expect(await run()).toMatchObject([
      {
        verified: false,
        asked: '2 frozen',
        measured: 'it did not hold throughout: 1 of 2',
        fromMs: 0,
        toMs: 1000,
      },
    ])
  })

  it('that the network refuses has not taken; what broke otherwise is not hidden', async () => {
    const refused = staged([stepOf('x', at(0))], { refusal: new UserError(4, 'no room') })
    expect(await refused.run()).toMatchObject([
      { verified: false, asked: 'pause', measured: 'no room', target: '' },
    ])
    const broken = staged([stepOf('x', at(0))], { refusal: new TypeError('a bug') })
    await expect(broken.run()).rejects.toThrow('a bug')
  })
})

describe('the moment of a step', () => {
  it('may be a state, which is told for how long it is waited for', async () => {
    const { did, run } = staged([stepOf('x', height(7))], {
      height: ms => (ms >= 250_000 ? 7 : 6),
      waitsMs: ms => Math.min(ms, 1),
    })
    expect(await run()).toMatchObject([{ verified: true, fromMs: 250_000 }])
    expect(did.slice(0, 4)).toEqual([
      '60000 info: x still waits for height >= 7; height is 6',
      '120000 info: x still waits for height >= 7; height is 6',
      '240000 info: x still waits for height >= 7; height is 6',
      '250000 before x',
    ])
  })

  it('that does not come within the patience that it is given never comes, nor what waits for its end', async () => {
    const steps = [stepOf('x', height(7)), stepOf('y', { on: 'step', step: 'x' })]
    const { did, run, schedule } = staged(steps, {}, { patienceMs: 30_000 })
    expect(await run()).toMatchObject([
      { name: 'x', verified: false, asked: 'height >= 7', measured: 'it never began', fromMs: undefined },
      { name: 'y', verified: false, asked: 'after x', measured: 'it never began' },
    ])
    expect(did).toEqual([
      '30050 warn: x never began: height >= 7; height is 0',
      '30050 warn: y never began: after x',
    ])
    expect(await schedule.moments.began('x')).toBeUndefined()
    expect(await schedule.moments.ended('y')).toBeUndefined()
  })

  it('may be the end of another', async () => {
    const { did, run } = staged([stepOf('y', { on: 'step', step: 'x' }), stepOf('x', at(500))])
    await run()
    expect(did.filter(what => / (inject|heal)/.test(what))).toEqual([
      '500 inject x',
      '1500 heal x',
      '1500 inject y',
      '2500 heal y',
    ])
  })

  it('does not come once all is to end', async () => {
    const stop = new AbortController()
    stop.abort()
    const { did, run } = staged([stepOf('x', at(500)), stepOf('y', height(0))])
    expect(await run(stop.signal)).toMatchObject([
      { measured: 'it never began' },
      { measured: 'it never began' },
    ])
    expect(did.filter(what => what.includes('inject'))).toEqual([])
  })
})
