// What a record holds may have been edited, cut or written by another version: it is said with the file and the key.

import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readRecord } from '../../orchestrator/fuzz/record.ts'
import { Recorder } from '../../orchestrator/observe/recorder.ts'
import { reportOfRecord, runFacts } from '../../orchestrator/report/files.ts'
import { tail } from '../../orchestrator/runtime/log-tail.ts'
import { PaperNetwork } from '../support/network-double.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { until } from '../support/until.ts'

async function record(): Promise<string> {
  const directory = join(temporaryDirectory(), 'run')
  const paper = new PaperNetwork()
  const recorder = await Recorder.create(directory)
  paper.observer.tap(event => recorder.event(event))
  await recorder.spec('seed: 7\n')
  await recorder.plan(paper.plan)
  await recorder.file('run.json', JSON.stringify(runFacts(0)))
  paper.launch()
  for (let i = 0; i < 20; i++) paper.block({ miner: 'miners-1' })
  await recorder.close()
  return directory
}

/** Its text, changed. */
function edit(directory: string, name: string, from: string | RegExp, to: string): void {
  const file = join(directory, name)
  const text = readFileSync(file, 'utf8')
  expect(text.replace(from, to)).not.toBe(text)
  writeFileSync(file, text.replace(from, to))
}

describe('a report of a record', () => {
  it.each([
    ['run.json', '"startedMs"', '"begunMs"', /run\.json is not as netsplit writes it: startedMs is missing/],
    ['run.json', '"cpus":', '"cores":', /run\.json is not as netsplit writes it: machine\.cpus is missing/],
    ['plan.json', '"nodes"', '"peers"', /plan\.json is not as netsplit writes it: nodes is missing/],
    ['plan.json', '"seed": ', '"seed": "x', /plan\.json is not whole/],
    ['run.json', /^.*/s, '[]', /run\.json is not as netsplit writes it: it is something else/],
  ])('with another %s (%s → %s) says so', async (name, from, to, message) => {
    const directory = await record()
    edit(directory, name, from, to)
    await expect(reportOfRecord(directory)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(message),
      hint: expect.any(String),
    })
  })

  it('that replay reads says the same', async () => {
    const directory = await record()
    edit(directory, 'plan.json', '"runtime"', '"engine"')
    expect(() => readRecord(directory)).toThrow(/plan\.json is not as netsplit writes it: runtime is/)
  })

  it('whose events are cut, or lack some, says what is missing; a whole one lacks nothing', async () => {
    const directory = await record()
    expect((await reportOfRecord(directory)).unrecorded).toBeUndefined()
    edit(directory, 'events.ndjson', /\n.*\n.*\n/, '\n')
    expect((await reportOfRecord(directory)).unrecorded).toBe('2 events in events.ndjson')
    appendFileSync(join(directory, 'events.ndjson'), '{"seq":')
    expect((await reportOfRecord(directory)).unrecorded).toBe('3 events in events.ndjson')
  })

  it('says what is missing before payments, and one of them that is cut, as of all events', async () => {
    const directory = await record()
    const events = join(directory, 'events.ndjson')
    const seq = readFileSync(events, 'utf8').trimEnd().split('\n').length
    const payment = (seq: number) =>
      JSON.stringify({ seq, timeMs: 1, node: 'miners-1', event: { type: 'tx-accepted', txid: 'x' } })
    appendFileSync(events, `${payment(seq + 1)}\n${payment(seq + 2)}\n`)
    expect((await reportOfRecord(directory)).unrecorded).toBeUndefined()
    edit(directory, 'events.ndjson', /\n.*\n.*\n/, '\n')
    expect((await reportOfRecord(directory)).unrecorded).toBe('2 events in events.ndjson')
    appendFileSync(events, payment(seq + 3).slice(0, -5))
    expect((await reportOfRecord(directory)).unrecorded).toBe('3 events in events.ndjson')
  })
})

describe('a log that is followed', () => {
  /** Follows it; the lines so far, and its end. */
  function follow(file: string) {
    const end = new AbortController()
    const lines: string[] = []
    const done = (async () => {
      for await (const line of tail(file, 10, end.signal)) lines.push(line)
    })()
    return {
      lines,
      has: (line: string) => until(`the log has ${line}`, () => lines.includes(line)),
      end: () => {
        end.abort()
        return done
      },
    }
  }

  it('goes on when it was emptied, and when another took its place', async () => {
    const folder = temporaryDirectory()
    const file = join(folder, 'node.log')
    writeFileSync(file, 'first line, quite long\n')
    const log = follow(file)
    await log.has('first line, quite long')
    writeFileSync(file, '')
    appendFileSync(file, 'second\n')
    await log.has('second')
    renameSync(file, `${file}.1`)
    writeFileSync(file, 'third\n')
    await log.has('third')
    appendFileSync(file, 'fourth\n')
    await log.has('fourth')
    await log.end()
    expect(log.lines).toEqual(['first line, quite long', 'second', 'third', 'fourth'])
  })

  it('is waited for when it is not there yet', async () => {
    const folder = join(temporaryDirectory(), 'logs')
    mkdirSync(folder)
    const log = follow(join(folder, 'late.log'))
    appendFileSync(join(folder, 'late.log'), 'at last\n')
    await log.has('at last')
    await log.end()
  })
})
