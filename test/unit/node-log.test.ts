// A node's log: what it says of each event and at which level, that no kind of line fills it, and that files stay bounded.

import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Log } from '../../node/host/log.ts'
import { LOG_LEVELS, type LogLevel, levelOf, logText } from '../../node/log-level.ts'
import { type LoggedEvent, logEntry } from '../../node/log-lines.ts'
import { atLevel, linkEntries } from '../../orchestrator/network/log-lines.ts'
import { NodeLogs } from '../../orchestrator/runtime/node-logs.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { temporaryDirectory } from '../support/node-config.ts'

const [A, B, C] = ['a', 'b', 'c'].map(digit => digit.repeat(64)) as [string, string, string]
const peer = { peer: 7, address: '10.0.0.2:18444', inbound: false }

const TABLE: readonly (readonly [LogLevel, string, LoggedEvent])[] = [
  [
    'info',
    'peer 7 10.0.0.2:18444 connected, outbound, /netsplit:0.1.0/',
    { type: 'peer-up', ...peer, userAgent: '/netsplit:0.1.0/' },
  ],
  [
    'info',
    'peer 7 10.0.0.2:18444 left, outbound: ping timeout',
    { type: 'peer-down', ...peer, why: 'ping timeout' },
  ],
  [
    'info',
    'cannot reach 10.0.0.2:18444: refused',
    { type: 'dial-failed', address: peer.address, why: 'refused' },
  ],
  [
    'warn',
    'peer 7 10.0.0.2:18444 misbehaves: bad-blk (twice)',
    { type: 'misbehaviour', peer: 7, address: peer.address, reason: 'bad-blk', detail: 'twice' },
  ],
  ['info', 'tip 12 …aaaaaaaa, work 0x1f', { type: 'tip', hash: A, height: 12, work: '1f' }],
  [
    'warn',
    'reorganisation: 2 blocks off, from …aaaaaaaa back to …cccccccc, on to 13 …bbbbbbbb',
    { type: 'reorg', from: A, to: B, fork: C, depth: 2, height: 13 },
  ],
  ['warn', 'block …aaaaaaaa rejected: high-hash', { type: 'block-rejected', hash: A, reason: 'high-hash' }],
  [
    'info',
    'transaction …bbbbbbbb rejected: bad-txns-inputs-missingorspent of peer 3',
    { type: 'tx-rejected', txid: B, reason: 'bad-txns-inputs-missingorspent', from: 3 },
  ],
  ['info', 'mined block 4 …cccccccc, 3 tx', { type: 'block-mined', hash: C, height: 4, transactions: 3 }],
  ['debug', 'block 4 …cccccccc connected', { type: 'block-connected', hash: C, height: 4 }],
  [
    'debug',
    'transaction …bbbbbbbb accepted, 222 bytes, fee 10 sat',
    { type: 'tx-accepted', txid: B, bytes: 222, feeSat: 10, from: undefined },
  ],
  [
    'warn',
    'this machine: the clock is 600 s behind, the disk has room',
    { type: 'machine-set', clockSkewMs: -600_000, diskFull: false },
  ],
  ['error', 'the disk burns', { type: 'log', level: 'error', message: 'the disk burns' }],
]

function logAt(level?: LogLevel) {
  const lines: string[] = []
  const times = { now: 0 }
  const log: Log = new Log({
    level,
    emit: event => log.take(event),
    write: line => lines.push(line),
    nowMs: () => times.now,
  })
  return { log, lines, times }
}

describe('a line of the log', () => {
  it.each(TABLE)('is %s: %s', (level, text, event) => {
    expect(logEntry(event, 'debug')).toEqual({ level, text })
    for (const least of LOG_LEVELS) {
      const { log, lines } = logAt(least)
      log.take(event)
      const wanted = LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(least)
      expect(lines).toEqual(wanted ? [`1970-01-01T00:00:00.000Z ${level.padEnd(5)} ${text}`] : [])
    }
  })

  it('stays one line without escapes, whatever a peer calls itself', () => {
    const text = logText(0, { level: 'info', text: 'a\nb\u001b[2Jc\u0000d' })
    expect(text).not.toMatch(/\p{Cc}/u)
    expect(levelOf(text)).toBe('info')
    expect(levelOf('    at Object.<anonymous>')).toBeUndefined()
  })

  it('is told to the network as well when it warns, and comes once', () => {
    const { log, lines } = logAt()
    log.warn('careful')
    log.bug('rpc x', new Error('oh'))
    expect(lines.map(line => line.split('\n')[0]?.slice(25))).toEqual([
      'warn  careful',
      'error rpc x: oh',
      expect.any(String),
    ])
  })
})

describe('many lines of one kind', () => {
  const tip: LoggedEvent = { type: 'tip', hash: A, height: 1, work: '1' }

  it('are left out and counted; other kinds are not', () => {
    const { log, lines, times } = logAt()
    for (let i = 0; i < 10_000; i++) log.take(tip)
    expect(lines.length).toBeLessThanOrEqual(200)
    const before = lines.length
    log.take({ type: 'mining-stopped' })
    log.error('and errors')
    expect(lines.slice(before).map(line => line.slice(25))).toEqual([
      'info  mining stopped',
      'error and errors',
    ])
    times.now = 60_000
    log.take(tip)
    expect(lines.at(-2)).toContain(`${10_000 - before} more lines of this kind left out (tip)`)
    expect(lines.at(-1)).toContain('tip 1')
  })

  it('come to so many a second at most, and to all where they are fewer', () => {
    const { log, lines, times } = logAt()
    for (; times.now < 100_000; times.now += 10) log.take(tip)
    expect(lines.filter(line => line.includes(' tip 1 ')).length).toBeLessThanOrEqual(200 + 20 * 100)
    const slow = logAt()
    for (; slow.times.now < 100_000; slow.times.now += 100) slow.log.take(tip)
    expect(slow.lines).toHaveLength(1000)
  })

  it('are accounted for at the end', () => {
    const { log, lines } = logAt()
    for (let i = 0; i < 300; i++) log.take(tip)
    log.close()
    expect(lines.at(-1)).toContain('100 more lines of this kind left out (tip)')
  })
})

describe('the log files', () => {
  it('go on in an empty file when they are too large; the one before is kept', () => {
    const folder = temporaryDirectory()
    const logs = new NodeLogs(folder, 1000)
    onTestFinished(() => logs.close())
    const file = logs.fileOf('a')
    for (let round = 0; round < 50; round++) {
      appendFileSync(file, `${round} ${'x'.repeat(300)}\n`)
      logs.trim()
      expect(statSync(file).size).toBeLessThanOrEqual(1000)
    }
    const kept = readFileSync(`${file}.1`, 'utf8') + readFileSync(file, 'utf8')
    expect(kept).toContain('49 x')
    expect(kept.match(/^\d+ /gm)?.map(Number)).toEqual(
      Array.from({ length: kept.split('\n').length - 1 }, (_, i) => 51 - kept.split('\n').length + i),
    )
    writeFileSync(join(folder, 'other.txt'), 'x'.repeat(5000))
    logs.trim()
    expect(statSync(join(folder, 'other.txt')).size).toBe(5000)
  })

  it('are read by level, with the lines that belong to one', async () => {
    const lines = [
      logText(0, { level: 'info', text: 'one' }),
      logText(0, { level: 'error', text: 'two' }),
      '    at two',
      logText(0, { level: 'warn', text: 'three' }),
    ]
    const read = async (level: LogLevel) => {
      const all: string[] = []
      for await (const line of atLevel(toAsync(lines), level)) all.push(line)
      return all
    }
    expect(await read('debug')).toEqual(lines)
    expect(await read('warn')).toEqual(lines.slice(1))
    expect(await read('error')).toEqual(lines.slice(1, 3))
  })
})

async function* toAsync(lines: readonly string[]) {
  yield* lines
}

describe('links in a log', () => {
  const planned = { latencyMs: 50, jitterMs: 5, bandwidthBps: 0, loss: 0, blocked: false }

  it('stand in a line for each state that they came to', () => {
    const cut = { ...planned, blocked: true }
    const slow = { ...planned, latencyMs: 300, loss: 0.02, bandwidthBps: 500_000 }
    const changes = [
      { to: 'b', link: cut },
      { to: 'c', link: slow },
      { to: 'd', link: cut },
      { to: 'e', link: planned },
    ]
    expect(linkEntries(changes, () => planned)).toEqual([
      { level: 'warn', text: 'links to b, d: cut' },
      { level: 'warn', text: 'links to c: latency 300 ms, bandwidth 500 kbit/s, loss 2 %' },
      { level: 'info', text: 'links to e: as planned' },
    ])
  })
})

describe('the level of a log', () => {
  const levels = (yaml: string, flags = {}) =>
    makePlan(parseSpec(yaml, 'the test', flags)).nodes.map(({ log }) => log ?? 'info')

  it('is that of the spec, of the flag, or of the group', () => {
    const groups = 'nodes: { a: { hashRate: 1kH/s }, b: { log: debug, hashRate: 1kH/s } }'
    expect(levels(groups)).toEqual(['info', 'debug'])
    expect(levels(`log: warn\n${groups}`)).toEqual(['warn', 'debug'])
    expect(levels(groups, { logLevel: 'error' })).toEqual(['error', 'debug'])
    expect(() => levels('log: loud')).toThrow('expected one of error, warn, info, debug')
    expect(() => levels('', { logLevel: 'loud' })).toThrow('--log-level')
  })
})
