// Who looks after a fault: when it is measured again, how often, and what is said of it. And who asked while time stands is answered.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Injection } from '../../orchestrator/chaos/injection.ts'
import type { Finding } from '../../orchestrator/chaos/measure.ts'
import { unlessTimeStands } from '../../orchestrator/chaos/standing-time.ts'
import { Vigil } from '../../orchestrator/chaos/vigil.ts'
import { pause } from '../../orchestrator/network/node-client.ts'
import type { TestnetEvent } from '../../orchestrator/observe/events.ts'
import { breakableDouble } from '../support/breakable-double.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const finding = (verified: boolean, more: Partial<Finding> = {}): Finding => ({
  ...{ asked: 'down', measured: verified ? 'down' : 'up', verified },
  ...more,
})

/** A vigil over a fault that is found to be so, look by look; the last one stays. */
function over(...looks: readonly (Finding | Error)[]) {
  const events: TestnetEvent[] = []
  const asked: string[] = []
  const holds: Injection['holds'] = async nodes => {
    const found = looks[Math.min(asked.length, looks.length - 1)] as Finding | Error
    asked.push(nodes.join(' '))
    if (found instanceof Error) throw found
    return found
  }
  const network = breakableDouble({ wait: pause, observe: event => events.push(event) })
  const vigil = new Vigil({ id: 'cut', injection: { holds } as Injection, network })
  return { vigil, asked, events }
}

describe('a fault that is looked after', () => {
  it('is measured a quarter of a second after something changed, all that changed at once', async () => {
    const { vigil, asked, events } = over(finding(true))
    vigil.begin()
    await vi.advanceTimersByTimeAsync(1000)
    expect(asked).toEqual([])
    vigil.changed(['a'])
    await vi.advanceTimersByTimeAsync(249)
    vigil.changed(['b'])
    expect(asked).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(asked).toEqual(['a b'])
    await vi.advanceTimersByTimeAsync(1000)
    expect(asked).toHaveLength(1)
    expect(events).toEqual([])
    vigil.changed(['c'])
    await vi.advanceTimersByTimeAsync(250)
    expect(asked).toEqual(['a b', 'c'])
  })

  it('is measured for what changes meanwhile, too, though it changed before it was there', async () => {
    const { vigil, asked } = over(finding(true))
    vigil.changed(['a'])
    await vi.advanceTimersByTimeAsync(1000)
    expect(asked).toEqual([])
    vigil.begin()
    await vi.advanceTimersByTimeAsync(250)
    expect(asked).toEqual(['a'])
  })

  it('that does not seem to hold is measured once more before it is said', async () => {
    const doubtful = over(finding(false), finding(true))
    doubtful.vigil.begin()
    doubtful.vigil.changed(['a'])
    await vi.advanceTimersByTimeAsync(1000)
    expect([doubtful.asked, doubtful.events]).toEqual([['a', 'a'], []])
    expect(doubtful.vigil.lapse).toBeUndefined()
    const sure = over(finding(false))
    sure.vigil.begin()
    sure.vigil.changed(['a'])
    await vi.advanceTimersByTimeAsync(1000)
    const lapsed = { id: 'cut', ok: false, again: true, asked: 'down', measured: 'up' }
    expect(sure.events).toEqual([{ type: 'fault-verified', ...lapsed }])
    expect(sure.vigil.lapse).toEqual({ asked: 'down', measured: 'up', verified: false })
    // Known by now: once is enough, and nothing is new.
    sure.vigil.changed(['a'])
    await vi.advanceTimersByTimeAsync(1000)
    expect([sure.asked.length, sure.events.length]).toEqual([3, 1])
  })

  it('is told of where somebody wants to hear, and not where others had its nodes', async () => {
    const asked = over(finding(true))
    asked.vigil.begin()
    asked.vigil.changed(['a'], true)
    await vi.advanceTimersByTimeAsync(1000)
    expect(asked.events).toMatchObject([{ ok: true, again: true }])
    const hidden = over(finding(false, { disturbedBy: ['other'] }))
    hidden.vigil.begin()
    hidden.vigil.changed(['a'], true)
    await vi.advanceTimersByTimeAsync(1000)
    expect(hidden.events).toEqual([])
  })

  it('is measured no more once it is over', async () => {
    const { vigil, asked, events } = over(finding(false))
    vigil.begin()
    vigil.changed(['a'])
    vigil.end()
    vigil.changed(['b'])
    await vi.advanceTimersByTimeAsync(1000)
    expect([asked, events]).toEqual([[], []])
  })

  it('that cannot be measured is said to be so, and looked at again with the next change', async () => {
    const { vigil, events } = over(new Error('nobody answers'), finding(false))
    vigil.begin()
    vigil.changed(['a'])
    await vi.advanceTimersByTimeAsync(1000)
    expect(events).toEqual([
      { type: 'note', level: 'warn', message: 'cut could not be measured again: nobody answers' },
    ])
    vigil.changed(['a'])
    await vi.advanceTimersByTimeAsync(1000)
    expect(events[1]).toMatchObject({ type: 'fault-verified', ok: false })
  })
})

describe('time that stands', () => {
  const asking = (standing: AbortSignal | undefined, work: Promise<string>) => {
    const late: string[] = []
    const answer = unlessTimeStands(
      standing,
      work,
      () => 'later',
      error => late.push(error.message),
    )
    return { answer, late }
  }

  it('answers at once whoever asked before it stood, or while', async () => {
    const stop = new AbortController()
    const before = asking(stop.signal, new Promise(() => {}))
    stop.abort()
    expect(await before.answer).toBe('later')
    expect(await asking(stop.signal, new Promise(() => {})).answer).toBe('later')
  })

  it('changes nothing for work that is done before, or fails before', async () => {
    const going = new AbortController().signal
    expect(await asking(going, Promise.resolve('done')).answer).toBe('done')
    expect(await asking(undefined, Promise.resolve('done')).answer).toBe('done')
    const failed = asking(going, Promise.reject(new Error('broken')))
    await expect(failed.answer).rejects.toThrow('broken')
    expect(failed.late).toEqual([])
  })

  it('tells the failure of work that went on behind the answer', async () => {
    const stop = new AbortController()
    let fail: (error: Error) => void = () => {}
    const { answer, late } = asking(
      stop.signal,
      new Promise((_, reject) => {
        fail = reject
      }),
    )
    stop.abort()
    expect(await answer).toBe('later')
    fail(new Error('broken'))
    await vi.advanceTimersByTimeAsync(0)
    expect(late).toEqual(['broken'])
  })
})
