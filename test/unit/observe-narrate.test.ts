// Events told to people: each in its words and at its level, and silence for the rest.

import { describe, expect, it } from 'vitest'
import type { NodeEvent } from '../../node/api.ts'
import type { TestnetEvent } from '../../orchestrator/observe/events.ts'
import { narrate } from '../../orchestrator/observe/narrate.ts'

const HASH = `${'0'.repeat(56)}abcdef12`
const told = (node: string | undefined, event: object) => {
  const line = narrate({ seq: 7, timeMs: 1234, node, event } as never)
  if (line === undefined) return undefined
  expect(line).toMatchObject({ seq: 7, timeMs: 1234 })
  return `${line.node ?? '-'} ${line.level} ${line.text}`
}

describe('of the network', () => {
  const exit = { type: 'node-exited', node: 'n-1', code: 1, signal: null, expected: false } as const
  const started = { type: 'fault-started', id: 'cut', kind: 'partition', target: 'a | b' } as const
  const verified = { type: 'fault-verified', id: 'cut', asked: '6 silent', measured: '6 of 6' } as const

  it.each<[event: TestnetEvent, line: string | undefined]>([
    [{ type: 'network-starting', nodes: 1 }, '- info starting 1 node'],
    [{ type: 'network-ready', seconds: 2.5 }, '- info the network stands after 2.5 s'],
    [{ type: 'network-stopping', why: 'asked to' }, '- info going down: asked to'],
    [{ type: 'node-starting', node: 'n-1' }, undefined],
    [{ ...ready(0), node: 'n-1' }, 'n-1 info up'],
    [{ ...ready(1), node: 'n-1' }, 'n-1 info back at height 1'],
    [{ ...exit, expected: true, lastLines: ['bye'] }, 'n-1 info down'],
    [{ ...exit, lastLines: [] }, 'n-1 error died with exit code 1'],
    [{ ...exit, lastLines: ['first', ' last ', ' '] }, 'n-1 error died with exit code 1: last'],
    [{ ...exit, code: null, signal: 'SIGKILL', lastLines: [] }, 'n-1 error killed by SIGKILL'],
    [{ type: 'node-paused', node: 'n-1' }, 'n-1 warn paused'],
    [{ type: 'node-resumed', node: 'n-1' }, 'n-1 info resumed'],
    [{ type: 'node-added', node: 'm-2', group: 'm', askedHps: 0 }, 'm-2 info joined m'],
    [{ type: 'node-added', node: 'm-2', group: 'm', askedHps: 1 }, 'm-2 info joined, mining at 1 H/s'],
    [{ type: 'node-unreachable', node: 'n-1', detail: 'refused' }, 'n-1 warn no answer: refused'],
    [
      { type: 'load-failed', node: 'n-1', detail: 'no coin' },
      'n-1 warn could not send a transaction: no coin',
    ],
    [{ type: 'load-sent', node: 'n-1', txid: HASH }, undefined],
    [{ type: 'note', level: 'error', message: 'so it is' }, '- error so it is'],
    [{ ...started, detail: '' }, '- warn fault cut: partition on a | b'],
    [{ ...started, detail: '6 pairs' }, '- warn fault cut: partition on a | b, 6 pairs'],
    [{ ...verified, ok: true }, '- info fault cut works: asked 6 silent, measured 6 of 6'],
    [{ ...verified, ok: false }, '- error fault cut does not work: asked 6 silent, measured 6 of 6'],
    [{ ...verified, ok: false, disturbedBy: ['x'] }, '- warn fault cut: asked 6 silent, measured 6 of 6'],
    [{ type: 'fault-ended', id: 'cut' }, '- info fault cut ended'],
  ])('%j', (event, line) => {
    expect(told(undefined, event)).toBe(line)
  })

  function ready(resumedHeight: number) {
    return { type: 'node-ready', p2p: 'x:1', control: undefined, pid: 1, resumedHeight } as const
  }
})

describe('of a node', () => {
  const mined = { type: 'block-mined', hash: HASH, height: 9 }

  it.each<[event: object, line: string | undefined]>([
    [{ ...mined, transactions: 1 }, 'n-1 info mined block 9 …abcdef12'],
    [{ ...mined, transactions: 2 }, 'n-1 info mined block 9 …abcdef12, 1 payment'],
    [{ ...mined, transactions: 4 }, 'n-1 info mined block 9 …abcdef12, 3 payments'],
    [{ type: 'reorg', depth: 2, height: 9 }, 'n-1 warn left 2 blocks for a longer chain, now at height 9'],
    [{ type: 'block-rejected', hash: HASH, reason: 'bad' }, 'n-1 warn refused block …abcdef12: bad'],
    [{ type: 'misbehaviour', address: 'x:1', reason: 'flood' }, 'n-1 warn caught x:1: flood'],
    [
      { type: 'misbehaviour', address: 'x:1', reason: 'flood', detail: 'of inv' },
      'n-1 warn caught x:1: flood (of inv)',
    ],
    ...['handshake timeout', 'ping timeout', 'stalling'].map(
      why => [{ type: 'peer-down', address: 'x:1', why }, `n-1 warn lost x:1: ${why}`] as [object, string],
    ),
    [{ type: 'peer-down', address: 'x:1', why: 'closed' }, undefined],
    [
      { type: 'store-damaged', detail: 'torn', setAside: 'old' },
      'n-1 error store damaged (torn); set aside as old',
    ],
    [{ type: 'store-failed', detail: 'full' }, 'n-1 error blocks cannot be stored: full'],
    [{ type: 'log-failed', detail: 'full' }, 'n-1 warn its log cannot be written: full'],
    [{ type: 'events-lost', count: 3 }, 'n-1 warn 3 events lost: the observer fell behind'],
    [{ type: 'log', level: 'info', message: 'hm' }, undefined],
    [{ type: 'log', level: 'warn', message: 'hm' }, 'n-1 warn hm'],
    [{ type: 'tip', hash: HASH }, undefined],
  ])('%j', (event, line) => {
    expect(told('n-1', event as NodeEvent)).toBe(line)
  })

  it('without what could steer a terminal', () => {
    expect(told('n-1', { type: 'log', level: 'warn', message: '\x1b[31mred\x1b[0m\nnext' })).toBe(
      'n-1 warn red next',
    )
  })
})
