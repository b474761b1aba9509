// The past, read from a record: at any time the very state that the observer had then.

import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ObservedEvent } from '../../orchestrator/observe/events.ts'
import type { NetworkState } from '../../orchestrator/observe/state.ts'
import { Past } from '../../orchestrator/web/past.ts'
import { readRecord, serveRecord } from '../../orchestrator/web/record.ts'
import { PaperNetwork, START_MS } from '../support/network-double.ts'
import { temporaryDirectory } from '../support/node-config.ts'

const SECOND_MS = 1000

const endOf = (second: number) => START_MS + (second + 1) * SECOND_MS - 1

/** A run on paper: its record, and its state at the end of each second. */
function recorded(seconds: number) {
  const paper = new PaperNetwork()
  const events: ObservedEvent[] = []
  paper.observer.tap(event => events.push(event))
  const states: NetworkState[] = []
  paper.launch()
  for (let second = 0; second < seconds; second++) {
    const fork = second % 7 === 3
    paper.block({ miner: `miners-${(second % 5) + 1}`, ...(fork && { reach: ['miners-2'] }) })
    if (second === 4) {
      const sides = [['miners-1'], ['miners-2', 'miners-3', 'miners-4', 'miners-5']]
      paper.testnet({
        ...{ type: 'fault-started', id: 'f-1', kind: 'partition' },
        target: 't',
        detail: '',
        sides,
      })
    }
    paper.sample()
    paper.nowMs = endOf(second)
    states.push(paper.observer.state())
    paper.pass(1)
  }
  return { paper, events, states }
}

const text = (events: readonly ObservedEvent[]) => events.map(event => `${JSON.stringify(event)}\n`).join('')
const plain = (state: NetworkState) => JSON.parse(JSON.stringify({ ...state, nowMs: 0 }))

function write(events: readonly ObservedEvent[]): string {
  const file = join(temporaryDirectory(), 'events.ndjson')
  writeFileSync(file, text(events))
  return file
}

test('any moment, asked in any order, is what the observer saw', async () => {
  const { paper, events, states } = recorded(20)
  const past = new Past({ plan: paper.plan, file: write(events), startedMs: START_MS })
  for (const second of [0, 2, 12, 3, 4, 5, 19, 0, 7, 7, 18, 2]) {
    const state = await past.at(endOf(second))
    expect(plain(state), `second ${second}`).toEqual(plain(states[second] as NetworkState))
  }
  expect((await past.at(START_MS)).phase).not.toBe('stopped')
})

test('a record of many megabytes is read from a place nearby, and says the same', async () => {
  const { paper, events, states } = recorded(20)
  // What no state knows of makes most of a record; notes make the rest.
  const filler = (seq: number, timeMs: number) =>
    `${JSON.stringify({ seq, timeMs, event: { type: 'load-sent', node: 'miners-1', txid: 'x'.repeat(4000) } })}\n`
  const lines = events.flatMap(event => [
    `${JSON.stringify(event)}\n`,
    ...Array.from({ length: 12 }, () => filler(event.seq, event.timeMs)),
  ])
  const file = join(temporaryDirectory(), 'events.ndjson')
  writeFileSync(file, lines.join(''))
  const past = new Past({ plan: paper.plan, file, startedMs: START_MS })
  const fresh = () => new Past({ plan: paper.plan, file, startedMs: START_MS })
  await past.at(Number.POSITIVE_INFINITY)
  for (const second of [15, 2, 9, 10]) {
    const timeMs = endOf(second)
    const state = await past.at(timeMs)
    expect(state.systems.ledger.blocks).toEqual((states[second] as NetworkState).systems.ledger.blocks)
    expect(plain(state)).toEqual(plain(await fresh().at(timeMs)))
  }
})

test('a run that goes on is read on, up to its last whole line', async () => {
  const { paper, events, states } = recorded(10)
  const half = Math.floor(events.length / 2)
  const file = write(events.slice(0, half))
  const past = new Past({ plan: paper.plan, file })
  const before = await past.at(Number.POSITIVE_INFINITY)
  appendFileSync(file, text(events.slice(half)).slice(0, -10))
  const most = await past.at(Number.POSITIVE_INFINITY)
  appendFileSync(file, text(events).slice(-10))
  const all = await past.at(Number.POSITIVE_INFINITY)
  expect(before.systems.ledger.height).toBeLessThan(all.systems.ledger.height)
  expect(most.systems.ledger.height).toBeGreaterThan(before.systems.ledger.height)
  expect(plain({ ...all, startedMs: START_MS })).toEqual(plain(states.at(-1) as NetworkState))
})

test('a run directory is served, to be looked at only', async () => {
  const { paper, events, states } = recorded(8)
  const directory = temporaryDirectory()
  writeFileSync(join(directory, 'plan.json'), JSON.stringify(paper.plan))
  writeFileSync(join(directory, 'events.ndjson'), text(events))
  const record = await readRecord(directory)
  expect(record.state()).toMatchObject({
    phase: 'stopped',
    systems: { ledger: { height: states.at(-1)?.systems.ledger.height } },
  })
  const served = await serveRecord(record, 'token')
  try {
    expect((await fetch(`${served.url}/faults`, { method: 'POST' })).status).toBe(404)
    expect((await fetch(`${served.url}/web/past?ms=1`)).status).toBe(401)
  } finally {
    served.close()
  }
  await expect(readRecord(temporaryDirectory())).rejects.toThrow('is not a run directory')
})
