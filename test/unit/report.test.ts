// The report as data: the same from the run and from its record; what forks, faults, ways and disagreements come to.

import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { BlockLine } from '../../orchestrator/report/chronicle.ts'
import {
  appendMarkdown,
  readReport,
  reportOfRecord,
  specOf,
  writeReport,
} from '../../orchestrator/report/files.ts'
import { chainOf, forksOf } from '../../orchestrator/report/forks.ts'
import { roundedUp, thinned, timeTicks } from '../../orchestrator/report/html/axis.ts'
import { reportPage } from '../../orchestrator/report/html/page.ts'
import { markdownOf } from '../../orchestrator/report/markdown.ts'
import { travelOf } from '../../orchestrator/report/travel.ts'
import { DETAIL_BLOCKS } from '../../orchestrator/systems/ledger/observe/forks.ts'
import { Standing } from '../../orchestrator/systems/ledger/observe/standing.ts'
import type { BlockState } from '../../orchestrator/systems/ledger/state.ts'
import { type PaperRun, paperRun } from '../support/paper-run.ts'

const runs: PaperRun[] = []
afterEach(async () => {
  for (const run of runs.splice(0)) await run.remove()
})

async function recorded(options: Parameters<typeof paperRun>[0] = {}) {
  const run = await paperRun(options)
  runs.push(run)
  return run
}

describe('the report', () => {
  it('says what the run was and how it ended', async () => {
    const { report } = await recorded()
    expect(report).toMatchObject({ schemaVersion: 1, nodes: 5, converged: true, staleBlocks: 2, blocks: 66 })
    const { faults, forks, nodes, checks, slowest } = report.report
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatchObject({
      ...{ id: 'cut', tips: 2, blocks: 5, staleBlocks: 2, reorgs: 2, reorgMaxDepth: 2, verified: true },
    })
    expect(faults[0]?.agreedAfterMs).toBeGreaterThan(0)
    expect(forks).toHaveLength(1)
    expect(forks[0]?.lost.map(({ miner }) => miner)).toEqual(['miners-1', 'miners-1'])
    expect(nodes.map(({ blocks, staleBlocks }) => [blocks, staleBlocks])).toEqual([
      ...[
        [1, 2],
        [30, 0],
        [33, 0],
        [0, 0],
        [0, 0],
      ],
    ])
    expect(nodes.every(({ p50Ms }) => p50Ms !== undefined && p50Ms > 0)).toBe(true)
    expect(checks).toHaveLength(2)
    expect(slowest[0]?.hops[0]).toMatchObject({ depth: 0, atMs: 0 })
  })

  it.each([{ blocks: 30 }, { blocks: DETAIL_BLOCKS }])(
    'is the same made of the record: %o',
    async options => {
      const { report, directory } = await recorded(options)
      const again = await reportOfRecord(directory)
      expect(JSON.parse(JSON.stringify(again))).toEqual(JSON.parse(JSON.stringify(report)))
      expect(again.report.blocks.height).toHaveLength(again.blocks)
    },
  )

  it('of a run that was killed lasts until its last event, a payment too', async () => {
    const { directory, report } = await recorded()
    const file = join(directory, 'events.ndjson')
    const lines = (await readFile(file, 'utf8')).split('\n').filter(line => line !== '')
    const alive = lines.filter(line => !line.includes('"network-stopping"'))
    const timeMs = report.report.endMs + 7000
    const payment = { seq: 99_999, timeMs, node: 'miners-1', event: { type: 'tx-accepted', txid: 'x' } }
    await writeFile(file, [...alive, JSON.stringify(payment), ''].join('\n'))
    expect((await reportOfRecord(directory)).report.endMs).toBe(timeMs)
  })

  it('is made of a record that ends in the middle of a line', async () => {
    const { directory } = await recorded()
    await appendFile(join(directory, 'events.ndjson'), '{"seq":99999,"timeMs":18000')
    expect((await reportOfRecord(directory)).blocks).toBe(66)
  })

  it('of a run from before there were run facts begins with its first event; without one, with the chain', async () => {
    const { directory, report, paper } = await recorded()
    await rm(join(directory, 'run.json'))
    const events = await readFile(join(directory, 'events.ndjson'), 'utf8')
    const first = JSON.parse(events.split('\n')[0] as string) as { timeMs: number }
    const old = await reportOfRecord(directory)
    expect(old.report.startedMs).toBe(first.timeMs)
    expect(old.report.run.versions).toEqual({ netsplit: 'unknown', node: 'unknown' })
    expect(old.blocks).toBe(report.blocks)
    await writeFile(join(directory, 'events.ndjson'), `${'?'.repeat(5000)}\n${events}`)
    expect((await reportOfRecord(directory)).report.startedMs).toBe(paper.plan.chain.genesisTime * 1000)
  })

  it('says again what its record lacked, and what virtual time really took', async () => {
    const { directory, report } = await recorded()
    const before = { ...report, unrecorded: 'report.html', realSeconds: 3, simulatedEvents: 99 }
    await writeFile(join(directory, 'report.json'), JSON.stringify(before))
    const facts = { unrecorded: 'report.html', realSeconds: 3, simulatedEvents: 99 }
    expect(await reportOfRecord(directory)).toMatchObject(facts)
    await rm(join(directory, 'plan.json'))
    await expect(reportOfRecord(directory)).rejects.toThrow('it has no plan.json')
  })

  it('is written with the spec of the run in its page', async () => {
    const { directory, report } = await recorded()
    expect(await specOf(directory)).toBe('name: demo\nseed: 7\n')
    await writeReport(report, directory)
    expect(await readFile(join(directory, 'report.html'), 'utf8')).toContain('name: demo\nseed: 7')
    await rm(join(directory, 'spec.yaml'))
    expect(await specOf(directory)).toBe('')
  })

  it('says what is no run', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'netsplit-empty-'))
    await expect(reportOfRecord(empty)).rejects.toThrow('is no run')
    await rm(empty, { recursive: true })
    const { directory } = await recorded()
    await writeFile(join(directory, 'events.ndjson'), 'no event')
    await expect(reportOfRecord(directory)).rejects.toThrow('holds no event')
  })

  it('is read back where it is whole, and made again where it is of another form', async () => {
    const { report, directory } = await recorded()
    await writeReport({ ...report, height: 4711 }, directory)
    expect((await readReport(directory)).height).toBe(4711)
    await writeFile(join(directory, 'report.json'), '{"schemaVersion":1,"height":4711}')
    expect((await readReport(directory)).height).toBe(64)
  })
})

describe('the page', () => {
  it('needs nothing but itself, and nobody’s text is markup', async () => {
    const { report } = await recorded()
    const page = reportPage(report, 'name: <script>alert(1)</script>')
    expect(/<script|<link|<img|<iframe|@import|url\(|https?:|src=|\son\w+="/.exec(page)?.[0]).toBeUndefined()
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(page).toContain('the block &lt;b&gt;x&lt;/b&gt; is gone')
    expect(page).toContain('&lt;out of cheese&gt;')
    expect(/NaN|Infinity|undefined|\[object/.exec(page)?.[0]).toBeUndefined()
  })

  it('is under 1 MB for ten minutes of twenty nodes', async () => {
    const { report } = await recorded({ nodes: 20, blocks: 100 })
    expect(reportPage(report, '').length).toBeLessThan(1_000_000)
    const busy = { ...report, report: { ...report.report, ...manyTimes(report, 50) } }
    expect(busy.report.blocks.height.length).toBeGreaterThan(10_000)
    expect(reportPage(busy, '').length).toBeLessThan(1_000_000)
  })

  it('tells the checks first, what was run last, and every part where a link finds it', async () => {
    const { report } = await recorded()
    const page = reportPage(report, '')
    expect([...page.matchAll(/<section id="(.*?)"><h2>(.*?)<\/h2>/g)].map(([, ...words]) => words)).toEqual([
      ['checks', 'Checks'],
      ['time', 'Over the run'],
      ['faults', 'Faults'],
      ['nodes', 'Nodes'],
      ['travel', 'The slowest blocks'],
      ['forks', 'Forks'],
      ...(report.report.trouble.length > 0 ? [['log', 'Warnings and errors']] : []),
      ['run', 'What was run'],
    ])
    expect(page.indexOf('class="answers"')).toBeLessThan(page.indexOf('id="checks"'))
  })

  it('is whole when nothing happened at all', async () => {
    const { report } = await recorded()
    const { history: _, ...rest } = report.report
    const nothing = {
      history: [],
      faults: [],
      forks: [],
      slowest: [],
      nodes: [],
      trouble: [],
      disagreements: [],
    }
    const blocks = { timeMs: [], height: [], p50Ms: [], p90Ms: [], active: [] }
    const propagation = { p50Ms: null, p90Ms: null, p99Ms: null }
    const page = reportPage(
      { ...report, propagation, report: { ...rest, ...nothing, blocks, checks: undefined } },
      '',
    )
    expect(page).toContain('no block travelled')
    expect(/NaN|Infinity|undefined|\[object/.exec(page)?.[0]).toBeUndefined()
  })
})

function manyTimes({ report }: PaperRun['report'], times: number) {
  const many = <T>(items: readonly T[]) => Array.from({ length: times }, () => items).flat()
  const { timeMs, height, p50Ms, p90Ms, active } = report.blocks
  return {
    forks: many(report.forks),
    blocks: {
      ...{ timeMs: many(timeMs), height: many(height), active: many(active) },
      ...{ p50Ms: many(p50Ms), p90Ms: many(p90Ms) },
    },
  }
}

describe('the head of the page', () => {
  const headOf = (report: PaperRun['report'], change: object, own: object = {}) =>
    /<header>.*?<\/header>/s.exec(
      reportPage({ ...report, ...own, report: { ...report.report, ...change } }, ''),
    )?.[0] ?? ''

  it('says how it went, and what is to be known before anything else is read', async () => {
    const { report } = await recorded()
    const [passed, failed] = report.report.checks ?? []
    const sound = headOf(report, { checks: [passed], vacuous: false })
    expect(sound).toContain('✓ passed</span> <span class="quiet">1 check</span>')
    expect(sound).not.toContain('class="note"')
    expect(headOf(report, { checks: [passed, failed] })).toContain(
      '✗ failed</span> <span class="quiet">1 of 2 checks',
    )
    expect(headOf(report, { checks: undefined })).not.toContain('class="verdict')
    expect(headOf(report, { vacuous: true })).toContain('A fault provoked nothing')
    expect(headOf(report, { vacuous: false })).not.toContain('A fault provoked nothing')
    const lost = headOf(report, { forgottenBlocks: 2000, vacuous: false })
    expect(lost.match(/class="note"/g)).toHaveLength(1)
    expect(lost).toContain('leave out the first 2,000 blocks of this long run')
    const cut = headOf(report, { vacuous: false }, { unrecorded: '3 events <b>' })
    expect(cut).toContain('✗ not recorded')
    expect(cut).toContain('Missing: 3 events &lt;b&gt;')
  })
})

describe('the Markdown summary', () => {
  it('has a row a fault, with what it was and what came of it', async () => {
    const { report } = await recorded()
    const [fault] = report.report.faults
    const { startedMs } = report.report
    const told = {
      ...fault,
      kind: 'kill',
      fromMs: startedMs + 65_000,
      toMs: startedMs + 95_000,
      agreedAfterMs: 1500,
    }
    const lines = markdownOf({
      ...report,
      report: {
        ...report.report,
        faults: [told, { ...told, toMs: undefined, agreedAfterMs: undefined }] as never,
      },
    }).split('\n')
    const from = lines.indexOf('| fault | kind | from | for | verified | stale blocks | agreed again after |')
    expect(lines.slice(from + 1, from + 3)).toEqual([
      '| --- | --- | --- | --- | --- | --- | --- |',
      '| cut | kill | 1:05 | 30 s | ✅ | 2 of 5 | 1.5 s |',
    ])
    expect(lines[from + 3]).toMatch(/^\| cut \| kill \| 1:05 \| .* \| ✅ \| 2 of 5 \| still in force \|$/)
  })

  it('is appended, in tables that no text breaks', async () => {
    const { report, directory } = await recorded()
    await writeReport(report, directory)
    const file = join(directory, 'summary.md')
    await writeFile(file, 'before\n')
    await appendMarkdown(file, [directory, directory])
    const text = await readFile(file, 'utf8')
    expect(text.startsWith('before\n### ❌ demo')).toBe(true)
    expect(text.match(/^### /gm)).toHaveLength(2)
    expect(text).toContain('provoked nothing')
    expect(text).toContain('\\<b\\>x')
    for (const row of text.split('\n').filter(line => line.startsWith('| cut')))
      expect(row).toBe('| cut | partition | 1:31 | 15.1 s | ✅ | 2 of 5 | 3.06 s |')
  })
})

it('the Markdown of a run ends with its last row, and the end of that line', async () => {
  const { report } = await recorded()
  expect(markdownOf(report)).toMatch(/\| 3\.06 s \|\n$/)
  expect(markdownOf({ ...report, report: { ...report.report, faults: [], checks: [] } })).toMatch(
    /H\/s.* \|\n$/,
  )
})

describe('a fault that was disturbed', () => {
  it('is shown with whoever disturbed it, and not as one that did not take', async () => {
    const { report } = await recorded()
    const [cut] = report.report.faults
    if (!cut) throw new Error('there is no fault')
    const by = (disturbedBy?: string[]) => {
      const fault = { ...cut, verified: false, ...(disturbedBy && { disturbedBy }) }
      const one = { ...report, report: { ...report.report, faults: [fault] } }
      return { page: reportPage(one, ''), summary: markdownOf(one) }
    }
    const disturbed = by(['<other>'])
    expect(disturbed.page).toContain('<b>~ disturbed by &lt;other&gt;</b>')
    expect(disturbed.page).not.toContain('did not take')
    expect(disturbed.summary).toContain('| disturbed by \\<other\\> |')
    expect(by().page).toContain('<b class="bad">✗ did not take</b>')
    expect(by().summary).toContain('| ❌ |')
  })
})

describe('forks', () => {
  const line = (hash: string, prev: string, height: number, timeMs = height): BlockLine => ({
    ...{ hash, prev, height, timeMs, miner: `m-${hash}`, transactions: 1, bytes: 1, rejected: false },
    ...{ p50Ms: undefined, p90Ms: undefined },
  })

  it('are told by the branch that was lost, a tree of them by its longest', () => {
    const main = [line('a', '0', 1), line('b', 'a', 2), line('c', 'b', 3), line('d', 'c', 4)]
    const lost = [line('x', 'a', 2), line('y', 'x', 3), line('z', 'x', 3), line('w', 'z', 4)]
    const lines = [...main, ...lost, { ...line('bad', 'a', 2), rejected: true }]
    const chain = chainOf(lines, 'd')
    expect([...chain].sort()).toEqual(['a', 'b', 'c', 'd'])
    const forks = forksOf(lines, chain)
    expect(forks).toHaveLength(1)
    expect(forks[0]?.height).toBe(1)
    expect(forks[0]?.lost.map(({ hash }) => hash)).toEqual(['x', 'z', 'w'])
    expect(forks[0]?.kept.map(({ hash }) => hash)).toEqual(['b', 'c', 'd'])
  })

  it('with two branches of one length are told by the one that was seen first', () => {
    const main = [line('a', '0', 1), line('b', 'a', 2), line('c', 'b', 3), line('d', 'c', 4)]
    const lines = [...main, line('x', 'a', 2), line('y', 'x', 3), line('z', 'x', 3)]
    const forks = forksOf(lines, chainOf(lines, 'd'))
    expect(forks.map(({ lost }) => lost.map(({ hash }) => hash))).toEqual([['x', 'y']])
  })
})

describe('disagreement', () => {
  it('lasts from the first other tip to the last, over nodes that go and come', () => {
    const standing = new Standing()
    for (const node of ['a', 'b', 'c']) standing.stands(node, 'old', 0)
    standing.stands('a', 'one', 1000)
    standing.stands('b', 'two', 2000)
    standing.leaves('c', 2500)
    standing.stands('b', 'one', 4000)
    standing.stands('a', 'three', 5000) // for as long as a block travels
    standing.stands('b', 'three', 5100)
    standing.stands('a', 'four', 6000)
    standing.close(9000)
    expect(standing.disagreements()).toEqual([
      { fromMs: 1000, toMs: 4000, tips: 2 },
      { fromMs: 6000, toMs: 9000, tips: 2 },
    ])
  })
})

describe('the way of a block', () => {
  it('is a tree of who sent it to whom, even where senders are unknown or in a ring', () => {
    const block = {
      ...{ hash: 'ab', height: 1, miner: 'm', bytes: 1, transactions: 1 },
      receivedMs: { m: 0, b: 30, a: 10, c: 50, d: 60, e: 70, f: 80 },
      sources: { a: 'm', b: 'a', c: 'gone', d: 'e', e: 'd', f: 'a' },
      apart: { f: true },
    } as unknown as BlockState
    const { hops } = travelOf(block, { p50Ms: 1, p90Ms: 2, allMs: 3 })
    expect(hops.map(({ node, depth }) => `${node}${depth}`)).toEqual([
      'm0',
      'a1',
      'b2',
      'f2',
      'c0',
      'd1',
      'e2',
    ])
    expect(hops.find(({ node }) => node === 'f')?.apart).toBe(true)
  })
})

describe('axes', () => {
  it('have round steps and not too many', () => {
    expect(timeTicks(60_000, 6)).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000])
    expect(timeTicks(10 * 86_400_000, 5)).toHaveLength(6)
    expect([0, 3, 0.12, 999, 1000, 1001].map(roundedUp)).toEqual([1, 5, 0.2, 1000, 1000, 2000])
    expect(thinned([1, 2, 3, 4, 5, 6, 7], 3)).toEqual([1, 4, 7])
  })
})
