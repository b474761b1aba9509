// The run directory: whole files, every event in order, and a full disk that is said once.

import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Lines } from '../../orchestrator/observe/lines.ts'
import { Recorder } from '../../orchestrator/observe/recorder.ts'
import { PaperNetwork } from '../support/network-double.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netsplit-recorder-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('lines', () => {
  const value = fc.letrec<{ value: unknown }>(tie => ({
    value: fc.oneof(
      { depthSize: 'small' },
      ...[
        fc.string(),
        fc.string({ unit: 'binary' }),
        fc.constantFrom('miners-1', '"', '\\', '\u007f', '\ud800', 'ö'),
      ],
      ...[fc.double(), fc.integer(), fc.nat(), fc.constantFrom(-0, 999_999_999, 1e9, 1e21)],
      ...[fc.boolean(), fc.constant(null), fc.constant(undefined), fc.array(tie('value'), { maxLength: 3 })],
      fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
    ),
  })).value

  it('are what JSON.stringify makes of the values', () => {
    const event = fc.dictionary(fc.string(), value, { maxKeys: 5 })
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.boolean())), events => {
        const lines = new Lines()
        const taken: Uint8Array[] = []
        for (const [event, take] of events) {
          lines.append(event)
          if (take) taken.push(lines.take())
        }
        taken.push(lines.take())
        const wanted = events.map(([event]) => `${JSON.stringify(event)}\n`).join('')
        expect(Buffer.concat(taken).toString()).toBe(wanted)
        expect(lines.length).toBe(0)
      }),
      { numRuns: 500 },
    )
  })

  it('have room for characters of three bytes each', () => {
    const lines = new Lines()
    const word = '€'.repeat(600_000)
    lines.append({ word })
    lines.append({ next: 1 })
    expect(Buffer.from(lines.take()).toString()).toBe(`${JSON.stringify({ word })}\n{"next":1}\n`)
  })

  it('have that room behind others, too, where two bytes each would still fit', () => {
    const lines = new Lines()
    const before = 'x'.repeat(1024 * 1024 - 200_000)
    const word = '€'.repeat(90_000)
    lines.append({ before })
    lines.append({ word })
    expect(Buffer.from(lines.take()).toString()).toBe(`{"before":"${before}"}\n{"word":"${word}"}\n`)
  })

  it('have room for as much as comes, and what was taken stays', () => {
    const lines = new Lines()
    const words = Array.from({ length: 120 }, (_, i) => `${i} ${'wörd'.repeat(i * i)}`)
    const taken = words.map((word, i) => {
      lines.append({ word, i, plain: 'x'.repeat(99 * i) })
      return i % 3 === 0 ? lines.take() : new Uint8Array()
    })
    const text = Buffer.concat([...taken, lines.take()]).toString()
    const wanted = words.map((word, i) => JSON.stringify({ word, i, plain: 'x'.repeat(99 * i) }))
    expect(text.trimEnd().split('\n')).toEqual(wanted)
  })
})

describe('the recorder', () => {
  it('writes plan, spec, report and every event in order', async () => {
    const paper = new PaperNetwork()
    const recorder = await Recorder.create(join(folder, 'run'))
    paper.observer.tap(event => recorder.event(event))
    await recorder.spec('seed: 7\n')
    await recorder.plan(paper.plan)
    paper.launch()
    for (let i = 0; i < 200; i++) paper.block({ miner: 'miners-1' })
    await recorder.file('report.json', JSON.stringify(paper.observer.summary(recorder.directory)))
    await recorder.close()
    await recorder.close()

    const read = (name: string) => readFile(join(folder, 'run', name), 'utf8')
    expect(await read('spec.yaml')).toBe('seed: 7\n')
    expect(JSON.parse(await read('plan.json'))).toEqual(paper.plan)
    expect(JSON.parse(await read('report.json'))).toMatchObject({ schemaVersion: 1, height: 200 })
    const lines = (await read('events.ndjson')).trimEnd().split('\n')
    const sequence = lines.map(line => JSON.parse(line).seq)
    expect(sequence).toEqual(sequence.map((_, i) => i + 1))
    expect(sequence.length).toBeGreaterThan(200 * 5)
    expect(await readdir(join(folder, 'run'))).toEqual(
      ['events.ndjson', 'logs', 'plan.json', 'report.json', 'spec.yaml'].sort(),
    )
    expect(recorder.lost).toBe(0)
  })

  it('lacks what it is told that it lacks, and no event', async () => {
    const recorder = await Recorder.create(folder)
    recorder.event({
      seq: 1,
      timeMs: 1,
      node: undefined,
      event: { type: 'network-starting', nodes: 1 },
    } as never)
    recorder.lacks('report.html', 'no space')
    recorder.lacks('report.json', 'no space')
    await recorder.close()
    expect(recorder.missing).toBe('report.html, report.json (no space)')
  })

  it('lacks its events, every one written, where the disk says only at the end that it is not well', async () => {
    const troubles: string[] = []
    const recorder = await Recorder.create(folder, {
      onTrouble: message => troubles.push(message),
      open: () =>
        new Writable({
          write: (_chunk, _encoding, done) => done(),
          final: done => done(new Error('input/output error')),
        }),
    })
    recorder.event({
      seq: 1,
      timeMs: 1,
      node: undefined,
      event: { type: 'network-starting', nodes: 1 },
    } as never)
    await recorder.close()
    expect(recorder.missing).toBe('events.ndjson (input/output error)')
    expect(troubles).toEqual(['the run is no longer recorded: events.ndjson: input/output error'])
  })

  it('says of a single event that it was left out because the disk could not follow', async () => {
    const troubles: string[] = []
    const held: (() => void)[] = []
    const recorder = await Recorder.create(folder, {
      onTrouble: message => troubles.push(message),
      open: () => new Writable({ write: (_chunk, _encoding, done) => void held.push(done) }),
    })
    const event = (text: string) =>
      recorder.event({
        seq: 1,
        timeMs: 1,
        node: 'a',
        event: { type: 'log', level: 'info', message: text },
      } as never)
    event('x'.repeat(17 << 20))
    event('one too many')
    expect(recorder.lost).toBe(1)
    for (const done of held.splice(0)) done()
    await recorder.close()
    expect(troubles).toEqual([expect.stringContaining('1 event left out, the disk could not follow')])
    expect(recorder.missing).toBe('1 of 2 events (the disk could not follow)')
  })

  it('says before the run when there is no place to record', async () => {
    await writeFile(join(folder, 'file'), '')
    await expect(Recorder.create(join(folder, 'file', 'run'))).rejects.toThrow(/ENOTDIR|EEXIST/)
  })

  it('tells trouble once and goes on counting what is lost', async () => {
    const said: string[] = []
    const recorder = await Recorder.create(folder, { onTrouble: message => said.push(message) })
    await rm(join(folder, 'logs'), { recursive: true })
    await recorder.file('gone/report.json', '{}')
    await recorder.file('gone/report.json', '{}')
    recorder.event({ seq: 1, timeMs: 0, event: { type: 'network-starting', nodes: 1 } })
    expect(said).toHaveLength(1)
    expect(said[0]).toContain('ENOENT')
    expect(recorder.lost).toBe(1)
    await recorder.close()
    expect(said).toHaveLength(1)
  })

  it('loses nothing of whoever waits while the disk is behind', async () => {
    const record = async (name: string, waits: boolean) => {
      const recorder = await Recorder.create(join(folder, name))
      for (let seq = 1; seq <= EVENTS; seq++) {
        recorder.event({ seq, timeMs: 0, event: { type: 'note', level: 'info', message: 'x'.repeat(250) } })
        if (waits) await recorder.behind()
      }
      await recorder.close()
      expect(recorder.behind()).toBeUndefined()
      const lines = (await readFile(join(folder, name, 'events.ndjson'), 'utf8')).trimEnd().split('\n')
      expect(lines.length + recorder.lost).toBe(EVENTS)
      return recorder.lost
    }
    const EVENTS = 80_000 // 24 MB
    expect(await record('patient', true)).toBe(0)
    expect(await record('hasty', false)).toBeGreaterThan(0)
  })

  it('counts what a disk that fills did not take, and says what else is missing', async () => {
    let room = 10_000
    const disk = () =>
      new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          room -= chunk.length
          done(room < 0 ? Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }) : null)
        },
      })
    const recorder = await Recorder.create(folder, { open: disk })
    for (let seq = 1; seq <= 100; seq++) {
      recorder.event({ seq, timeMs: 0, event: { type: 'note', level: 'info', message: 'x'.repeat(400) } })
      await new Promise(setImmediate)
    }
    await rm(join(folder, 'logs'), { recursive: true })
    await recorder.file('gone/report.html', '<p>')
    recorder.lacks('logs/miners-1.log', 'EIO: i/o error')
    await recorder.close()
    expect(recorder.missing).toMatch(
      /^(7[789]) of 100 events, gone\/report\.html, logs\/miners-1\.log \(ENOSPC: no space left; ENOENT.*; EIO: i\/o error\)$/,
    )
  })

  it('lacks nothing when all was written, and a file that was written at last is there', async () => {
    const recorder = await Recorder.create(folder)
    await recorder.file('late/report.html', '<p>')
    expect(recorder.missing).toContain('late/report.html')
    await mkdir(join(folder, 'late'))
    await recorder.file('late/report.html', '<p>')
    await recorder.close()
    expect(recorder.missing).toBeUndefined()
    // What is told after the end is no part of the run.
    recorder.event({ seq: 1, timeMs: 0, event: { type: 'note', level: 'info', message: 'late' } })
    expect([recorder.missing, recorder.lost]).toEqual([undefined, 0])
  })

  it.runIf(existsSync('/dev/full'))('keeps nobody waiting for a disk that is full', async () => {
    const { symlink } = await import('node:fs/promises')
    await symlink('/dev/full', join(folder, 'events.ndjson'))
    const recorder = await Recorder.create(folder)
    const event = { type: 'note', level: 'info', message: 'x'.repeat(1_000) } as const
    let seq = 0
    while (recorder.behind() === undefined) recorder.event({ seq: ++seq, timeMs: 0, event })
    await recorder.behind()
    expect(recorder.behind()).toBeUndefined()
    await recorder.close()
  })

  it.runIf(existsSync('/dev/full'))('survives a full disk', async () => {
    const { symlink } = await import('node:fs/promises')
    await symlink('/dev/full', join(folder, 'events.ndjson'))
    const said: string[] = []
    const recorder = await Recorder.create(folder, { onTrouble: message => said.push(message) })
    const paper = new PaperNetwork()
    paper.observer.tap(event => recorder.event(event))
    paper.launch()
    await recorder.close()
    paper.block({ miner: 'miners-1' })
    expect(said).toHaveLength(1)
    expect(said[0]).toContain('ENOSPC')
    expect(paper.observer.state().systems.ledger.height).toBe(1)
  })
})
