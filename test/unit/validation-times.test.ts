// What nodes of a mixed network take over a block: ours by their own account, others between the bridge and the spy.

import { expect, test } from 'vitest'
import type { NodeEvent } from '../../node/api.ts'
import type { ObservedEvent } from '../../orchestrator/observe/events.ts'
import type { Observer } from '../../orchestrator/observe/observer.ts'
import { ValidationTimes } from '../../orchestrator/report/validation.ts'

function times(clients: readonly (string | undefined)[]) {
  const nodes = clients.map((client, i) => ({ name: `n-${i}`, client }))
  const validation = new ValidationTimes({ state: () => ({ nodes }) } as unknown as Observer)
  const say = (node: string | undefined, timeMs: number, event: Partial<NodeEvent> | object) =>
    validation.take({ node, timeMs, event } as unknown as ObservedEvent)
  return { validation, say }
}

const HASH = 'aa'

test('ours: from received to connected; others: from the last of it that was handed over to when their spy hears of it', () => {
  const { validation, say } = times([undefined, 'bcoin'])
  say('n-0', 10, { type: 'block-received', hash: HASH, afterMs: 3 })
  say('n-0', 14, { type: 'block-connected', hash: HASH })
  say('n-0', 90, { type: 'block-connected', hash: HASH }) // again, after a reorganisation
  say('n-1', 20, { type: 'block-handed', hash: HASH })
  say('n-1', 25, { type: 'block-handed', hash: HASH })
  say('n-1', 55, { type: 'block-seen', hash: HASH })
  say('n-1', 56, { type: 'block-received', hash: HASH })
  say('n-1', 57, { type: 'block-connected', hash: HASH })
  say('n-1', 60, { type: 'block-seen', hash: 'its own' })
  expect([validation.of('n-0'), validation.of('n-1'), validation.of('n-2')]).toEqual([[7], [30], []])
})

test('where all are ours nothing is kept, until another program joins', () => {
  const { validation, say } = times([undefined])
  say('n-0', 10, { type: 'block-received', hash: HASH })
  say('n-0', 14, { type: 'block-connected', hash: HASH })
  expect(validation.of('n-0')).toEqual([])
  say(undefined, 20, { type: 'node-added', node: 'late', client: 'joined' })
  say('late', 30, { type: 'block-handed', hash: HASH })
  say('late', 31, { type: 'block-seen', hash: HASH })
  expect([validation.of('n-0'), validation.of('late')]).toEqual([[], [1]])
})

test('no more than the last 2,000 are kept', () => {
  const { validation, say } = times([undefined, 'x'])
  for (let i = 0; i < 5_000; i++) {
    say('n-0', i, { type: 'block-received', hash: `${i}` })
    say('n-0', 2 * i, { type: 'block-connected', hash: `${i}` })
  }
  expect(validation.of('n-0')).toHaveLength(2_000)
  expect(validation.of('n-0').at(-1)).toBe(4_999)
})
