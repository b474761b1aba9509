// Ctrl-C once, twice, and echoed by npm.

import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { EndSignals } from '../../orchestrator/machine/signals.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function open(): { signals: EndSignals; heard: string[] } {
  const signals = new EndSignals()
  onTestFinished(() => signals.close())
  return { signals, heard: [] }
}

const send = (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => process.emit(signal, signal)

test('a signal goes to the handler of the moment', () => {
  const { signals, heard } = open()
  signals.handle(signal => heard.push(`first ${signal}`))
  send('SIGINT')
  vi.advanceTimersByTime(1_000)
  signals.handle(signal => heard.push(`second ${signal}`))
  send('SIGTERM')
  expect(heard).toEqual(['first SIGINT', 'second SIGTERM'])
})

test('a signal in the middle of some work gives it up, says so, and what comes later is not lost', async () => {
  const { signals, heard } = open()
  expect(await signals.during(async () => 'done', 'stopped')).toBe('done')
  let given: AbortSignal | undefined
  const work = signals.during(signal => {
    given = signal
    return new Promise<string>(() => {})
  }, 'demo was stopped')
  send('SIGTERM')
  await expect(work).rejects.toMatchObject({ message: 'demo was stopped', exitCode: 143 })
  expect(given?.aborted).toBe(true)
  vi.advanceTimersByTime(1_000)
  send('SIGINT')
  signals.handle(signal => heard.push(signal))
  expect(heard).toEqual(['SIGINT'])
})

test('one that came before anybody cared is not lost', () => {
  const { signals, heard } = open()
  send('SIGTERM')
  expect(signals.received).toBe(true)
  signals.handle(signal => heard.push(signal))
  signals.handle(signal => heard.push(`again ${signal}`))
  expect(heard).toEqual(['SIGTERM'])
})

test('the echo of a signal is the same signal', () => {
  const { signals, heard } = open()
  signals.handle(signal => heard.push(signal))
  send('SIGINT')
  vi.advanceTimersByTime(20)
  send('SIGINT')
  vi.advanceTimersByTime(200)
  send('SIGINT')
  expect(heard).toEqual(['SIGINT', 'SIGINT'])
})

test('the exit code is that of the first signal', () => {
  const { signals } = open()
  expect(signals.exitCode(0)).toBe(0)
  send('SIGHUP')
  vi.advanceTimersByTime(1_000)
  send('SIGINT')
  expect(signals.exitCode(0)).toBe(129)
})

test('after close signals have their usual effect again', () => {
  const before = process.listenerCount('SIGINT')
  const signals = new EndSignals()
  expect(process.listenerCount('SIGINT')).toBe(before + 1)
  signals.close()
  expect(process.listenerCount('SIGINT')).toBe(before)
})
