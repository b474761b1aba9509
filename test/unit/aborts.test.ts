// Many wait on one signal: all hear of it, in order, none that no longer wants to; and Node has nothing to warn of.

import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { onAbort } from '../../orchestrator/aborts.ts'
import { pause } from '../../orchestrator/network/node-client.ts'

test('all hear of it once, in the order in which they asked, but for those that called it off', () => {
  const over = new AbortController()
  const heard: number[] = []
  const [, second] = [1, 2, 3, 4].map(each => onAbort(over.signal, () => void heard.push(each)))
  second?.()
  onAbort(over.signal, () => fifth())
  const fifth = onAbort(over.signal, () => void heard.push(6))
  over.abort()
  over.abort()
  expect(heard).toEqual([1, 3, 4])
})

test('a hundred pauses on one signal are one listener, and end with it', async () => {
  const over = new AbortController()
  const pauses = Array.from({ length: 100 }, () => pause(60_000, over.signal))
  expect(getEventListeners(over.signal, 'abort')).toHaveLength(1)
  over.abort()
  await Promise.all(pauses)
})
