// An engine of another machine that falls silent: told once, and not again for what was asked before it came back.

import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { type Deferred, deferred } from '../../orchestrator/lanes.ts'
import { HostLoss } from '../../orchestrator/runtime/docker/host-loss.ts'

const ASK_MS = 5_000

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('answers that fail to come after it is back are those to earlier questions', async () => {
  const asked: Deferred<boolean>[] = []
  let silences = 0
  const loss = new HostLoss({
    ...{ host: 'east', heartbeatTimeoutMs: 60_000, lives: new Map(), onNote: () => {} },
    answers: () => {
      asked.push(deferred())
      return (asked.at(-1) as Deferred<boolean>).promise
    },
    onSilent: () => {
      silences++
      loss.begin()
    },
  })
  onTestFinished(() => loss.close())
  const silent = async (from: number, to: number) => {
    for (const { resolve } of asked.slice(from, to)) resolve(false)
    await vi.advanceTimersByTimeAsync(0)
  }
  await vi.advanceTimersByTimeAsync(4 * ASK_MS)
  expect(asked).toHaveLength(4)
  await silent(0, 2)
  expect(silences).toBe(1)
  expect(loss.end()).toBe(false)
  await silent(2, 4)
  expect(silences).toBe(1)
  // Silent anew, it is told anew.
  await vi.advanceTimersByTimeAsync(2 * ASK_MS)
  await silent(4, 6)
  expect(silences).toBe(2)
})
