// The parts of a report's page, over runs that the test makes up: what stands in each cell, how long each bar is.

import { describe, expect, it } from 'vitest'
import {
  checksSection,
  faultsSection,
  nodesSection,
  runSection,
  troubleSection,
} from '../../orchestrator/report/html/sections.ts'
import type { Report } from '../../orchestrator/report/model.ts'
import { forksSection, travelSection } from '../../orchestrator/systems/ledger/report/sections.ts'

type Inner = Report['report']

const reportOf = (inner: object, outer: object = {}) => ({ ...outer, report: inner as Inner }) as Report

/** Text without markup; what stood apart stays apart. */
const plain = (html: string) =>
  html
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()

/** The cells of a table's body, row by row. */
const cells = (html: string) =>
  [...html.matchAll(/<tr>(<td.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell = '']) => plain(cell)),
  )

/** The titles of a table's columns; those of numbers, which stand at the right, in brackets. */
const titles = (html: string) =>
  [...html.matchAll(/<th( class="n")?>(.*?)<\/th>/g)].map(([, right, title = '']) =>
    right ? `[${title}]` : title,
  )

/** Where a link finds a part, its title, and what is said before its table. */
const head = (html: string) =>
  /^<section id="(.*?)"><h2>(.*?)<\/h2>(?:<p class="lead">(.*?)<\/p>)?/.exec(html)?.slice(1)

const all = (html: string, pattern: RegExp) => [...html.matchAll(pattern)].map(([, ...found]) => found)

describe('checks', () => {
  it('are told one a row, and what to look at where there is something', () => {
    const check = { name: 'one-tip', passed: true, asked: '<all>', measured: '3 of 3', message: '' }
    const html = checksSection(
      reportOf({ checks: [check, { ...check, passed: false, message: 'look there' }] }),
    )
    expect(cells(html)).toEqual([
      ['✓ passed', 'one-tip', '&lt;all&gt;', '3 of 3'],
      ['✗ failed', 'one-tip', '&lt;all&gt;', '3 of 3 look there'],
    ])
    expect(html.match(/class="quiet"/g)).toHaveLength(1)
    expect(titles(html)).toEqual(['', 'check', 'asked', 'measured'])
    expect(head(html)).toEqual(['checks', 'Checks', undefined])
    expect(checksSection(reportOf({ checks: undefined }))).toBe('')
  })
})

describe('faults', () => {
  const fault = {
    ...{
      id: 'cut',
      kind: 'pause',
      target: 'a',
      fromMs: 3000,
      toMs: 65_000,
      verified: true,
      asked: 'x',
      measured: 'y',
    },
    ...{ tips: 1, blocks: 0, staleBlocks: 0, reorgs: 0, reorgMaxDepth: 0, agreedAfterMs: 0 },
  }
  const told = (...faults: object[]) => faultsSection(reportOf({ faults, startedMs: 1000, endMs: 9000 }))
  const rows = (change: object) => cells(told({ ...fault, ...change }))[0] ?? []

  it('are told with their moment, their length, and whether they took', () => {
    expect(rows({}).slice(0, 3)).toEqual(['cut pause a', '0:02', '1m 02s'])
    expect(rows({})[3]).toMatch(/verified.*asked x; measured y$/)
    expect(rows({ toMs: undefined })[2]).toBe('6 s')
    expect(rows({ verified: undefined, asked: undefined, measured: undefined })[3]).toBe(
      'not measured asked –; measured –',
    )
    expect(rows({ verified: false })[3]).toMatch(/did not take/)
    expect(rows({ verified: false, disturbedBy: ['x'] })[3]).toMatch(/disturbed by x/)
    expect(faultsSection(reportOf({ faults: [] }))).toBe('')
  })

  it('stand in a table of their own, whole targets where one is pointed at', () => {
    const html = told(fault, { ...fault, target: '<all>' })
    expect(titles(html)).toEqual(['fault', '[from]', '[for]', 'asked and measured', 'what it did'])
    expect(head(html)).toEqual(['faults', 'Faults', undefined])
    expect(all(html, /<span class="quiet" title="(.*?)">/g).flat()).toEqual(['a', '&lt;all&gt;'])
  })

  it.each([
    [{ verified: true }, '<span class="good">✓ verified</span>'],
    [{ verified: false }, '<b class="bad">✗ did not take</b>'],
    [{ verified: false, disturbedBy: ['<x>', 'y'] }, '<b>~ disturbed by &lt;x&gt;, y</b>'],
    [{ verified: true, lapsed: {} }, '<b class="bad">✗ did not hold throughout</b>'],
    [{ verified: undefined }, '<span class="quiet">not measured</span>'],
  ])('of which %j is known are %s', (change, truth) => {
    expect(told({ ...fault, ...change })).toContain(`<td>${truth}<br>`)
  })
})

describe('nodes', () => {
  const node = {
    ...{
      name: 'a',
      height: 9,
      askedHps: 1000,
      measuredHps: 900,
      blocks: 3,
      expectedBlocks: 2.5,
      downMs: 0,
      staleBlocks: 1,
      p50Ms: 45,
      reorgs: 2,
    },
    region: undefined as string | undefined,
  }
  const full = { ...node, name: 'full', askedHps: 0, measuredHps: 0, blocks: 0, p50Ms: undefined }

  const FIGURES = ['height', 'asked', 'measured', 'of the power', 'of the blocks', 'blocks']
    .concat('expected', 'stale', 'has a block after', 'reorgs')
    .map(title => `[${title}]`)

  it('are told with their shares of what was asked and of what was found', () => {
    const html = nodesSection(
      reportOf({ nodes: [node, { ...node, name: 'b', askedHps: 3000, blocks: 1 }, full] }),
    )
    expect(cells(html)).toEqual([
      ['a', '9', '1 kH/s', '900 H/s', '25 %', '75 %', '3', '2.5', '1', '45 ms', '2'],
      ['b', '9', '3 kH/s', '900 H/s', '75 %', '25 %', '1', '2.5', '1', '45 ms', '2'],
      ['full', '9', '–', '–', '–', '–', '0', '–', '1', '–', '2'],
    ])
    expect(titles(html)).toEqual(['node', ...FIGURES])
    expect(head(html)).toEqual([
      'nodes',
      'Nodes',
      'Blocks count on the best chain. Expected: of all that were found, by its share of the hash power that ran then. “Has a block after”: the middle of its arrival times.',
    ])
  })

  it('have no share of nothing, and a region where one has', () => {
    const html = nodesSection(
      reportOf({
        nodes: [
          { ...node, blocks: 0, region: 'EU' },
          { ...full, region: undefined },
        ],
      }),
    )
    expect(cells(html).map(row => row.slice(0, 2))).toEqual([
      ['a', 'EU'],
      ['full', '–'],
    ])
    expect(cells(html)[0]?.slice(5, 7)).toEqual(['100 %', '–'])
    expect(titles(html)).toEqual(['node', 'region', ...FIGURES])
  })
})

describe('the slowest blocks', () => {
  const hop = { node: 'a', from: undefined as string | undefined, depth: 0, atMs: 0, apart: false }
  const block = {
    ...{ hash: `${'0'.repeat(56)}abcdef12`, height: 1234, miner: 'a', bytes: 2500, transactions: 3 },
    ...{ p50Ms: 100, p90Ms: 300, allMs: 400 },
    hops: [
      hop,
      { ...hop, node: 'b', from: 'a', depth: 1, atMs: 100 },
      { ...hop, node: 'c', from: 'b', depth: 20, atMs: 400, apart: true },
    ],
  }
  const html = travelSection(
    reportOf({ slowest: [block, { ...block, miner: undefined, transactions: 1, hops: [] }] }),
  )

  it('are told with their way from node to node, drawn to scale', () => {
    expect(plain(html)).toContain(
      'block 1,234 …abcdef12 by a 300 ms until 90 %, 100 ms until half; 2.5 kB, 2 payments 0 200 ms 400 ms',
    )
    expect(all(html, /left:([\d.]+%);width:([\d.]+%)"><\/i><b style="left:([\d.]+%)/g)).toEqual([
      ['0%', '0%', '0%'],
      ['0%', '25%', '25%'],
      ['25%', '75%', '100%'],
    ])
    expect(all(html, /padding-left:([\d.]+)em/g).map(([em]) => Number(em))).toEqual([
      0,
      0.8,
      expect.closeTo(9.6, 9),
    ])
    expect(all(html, /class="hop( late)?" title="(.*?)"/g)).toEqual([
      [undefined, 'a, 0 ms'],
      [undefined, 'b from a, 100 ms'],
      [' late', 'c from b, 400 ms, after a cut or a pause'],
    ])
    expect(html.match(/└ /g)).toHaveLength(2)
    // One row after the other, and nothing between them.
    expect(html.match(/<\/em><\/div>(?=<div class="hop)/g)).toHaveLength(2)
  })

  it('of an unknown miner are told as such, and the first is open', () => {
    expect(plain(html)).toMatch(/by an unknown miner .* 0 payments 0 0\.5 ms 1 ms$/)
    expect(html.match(/<details open>/g)).toHaveLength(1)
    expect(html.indexOf('<details open>')).toBeLessThan(html.indexOf('<details>'))
    expect(travelSection(reportOf({ slowest: [] }))).toBe('')
  })
})

describe('forks', () => {
  const block = (height: number, miner: string | undefined) => ({
    hash: `h${height}`,
    height,
    miner,
    timeMs: 4000,
  })
  const fork = (fromMs: number, lost: number, height = 100) => ({
    ...{ height, fromMs },
    lost: Array.from({ length: lost }, (_, i) => block(height + 1 + i, i % 2 ? undefined : 'b')),
    kept: Array.from({ length: lost + 1 }, (_, i) => block(height + 1 + i, 'a')),
  })
  const html = (...forks: object[]) => forksSection(reportOf({ forks, startedMs: 1000 }, { staleBlocks: 5 }))

  it('are drawn above their last common block, one step a block', () => {
    const drawn = html(fork(3000, 2))
    expect(plain(drawn)).toContain('1 fork, 5 stale blocks. A filled circle')
    expect(plain(drawn)).toContain('0:02 above height 100: 2 blocks lost, by b, unknown')
    expect(
      all(drawn, /class="(\w+)" cx="(\d+)" cy="(\d+)"/g).map(([kind, x, y]) => `${kind} ${x} ${y}`),
    ).toEqual(['kept 20 16', 'kept 54 16', 'kept 88 16', 'kept 122 16', 'lost 54 44', 'lost 88 44'])
    expect(all(drawn, /class="way" d="(.*?)"/g).flat()).toEqual(['M20 16H122', 'M20 16Q20 44 54 44H88'])
    expect(drawn).toContain('<svg width="142" height="60" viewBox="0 0 142 60"')
    expect(drawn).toContain('<title>102 h102 by an unknown miner, 0:03</title>')
    expect(drawn).toContain('<title>100: the last that both have</title>')
  })

  it('are the 24 longest, in the order of time, and say that there are more', () => {
    const many = Array.from({ length: 26 }, (_, i) => fork(10_000 - 100 * i, i === 3 || i === 7 ? 1 : 2, i))
    const drawn = html(...many)
    expect(plain(drawn)).toContain('26 forks, 5 stale blocks. The 24 longest are drawn.')
    const heights = all(drawn, /<figcaption>.*? above height (\d+):/g).map(([height]) => Number(height))
    expect(heights).toEqual([...Array(26).keys()].filter(i => i !== 3 && i !== 7).reverse())
    expect(html(...many.slice(0, 24))).not.toContain('longest are drawn')
    expect(plain(html(...many.slice(0, 25)))).toContain('25 forks, 5 stale blocks. The 24 longest are drawn.')
  })

  it('are cut where they are very long, and stand alone from eight blocks on', () => {
    const drawn = html(fork(3000, 25))
    expect(plain(drawn)).toContain('25 blocks lost (24 drawn)')
    expect(all(drawn, /class="(lost)"/g)).toHaveLength(24)
    expect(drawn).toContain('class="fork long"')
    expect(html(fork(3000, 24))).not.toContain('drawn)')
    expect(html(fork(3000, 7))).not.toContain('fork long')
    expect(html(fork(3000, 8))).toContain('fork long')
  })

  it('are said to be none where there were none', () => {
    expect(plain(html())).toBe('Forks The chain never forked: no block went stale.')
    expect(plain(html(fork(3000, 1)))).not.toContain('never forked')
  })
})

describe('warnings and errors', () => {
  it('are told at their time, errors in red', () => {
    const trouble = [
      { timeMs: 3000, node: 'a', text: 'x < y', level: 'warn' },
      { timeMs: 66_000, node: undefined, text: 'broke', level: 'error' },
    ]
    const html = troubleSection(reportOf({ trouble, startedMs: 1000 }))
    expect(cells(html)).toEqual([
      ['0:02', 'a', 'x &lt; y'],
      ['1:05', '', 'broke'],
    ])
    expect(all(html, /<span class="(bad|)">(\w+)/g)).toEqual([
      ['', 'x'],
      ['bad', 'broke'],
    ])
    expect(plain(html)).toContain('the last 2')
    expect(titles(html)).toEqual(['[at]', 'node', 'what'])
    expect(head(html)).toEqual(['log', 'Warnings and errors', undefined])
    expect(troubleSection(reportOf({ trouble: [] }))).toBe('')
  })
})

describe('what was run', () => {
  const run = {
    versions: { netsplit: '1.2.3', node: 'v20.0.0' },
    machine: { system: 'Linux', cpus: 2, cpu: 'chip', memoryBytes: 8e9 },
  }
  const inner = {
    run,
    startedMs: 1000,
    endMs: 63_000,
    readyMs: 2500,
    checks: undefined,
    checkProofOfWork: true,
  }
  const outer = {
    ...{
      network: 'demo',
      nodes: 1,
      seed: 7,
      runtime: 'process',
      runDirectory: 'runs/x',
      realSeconds: undefined,
    },
    transactions: { sent: 3, confirmed: 2, failed: 1 },
  }
  const facts = (change: object, more: object = {}) => {
    const html = runSection(reportOf({ ...inner, ...change }, { ...outer, ...more }), 'a: <b>')
    const list = all(html, /<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/g)
    // Term by term, and nothing between them.
    expect(html).toMatch(/<dl>(<dt>[^<]*<\/dt><dd>[^<]*<\/dd>){7}<\/dl>/)
    return { html: plain(html), ...Object.fromEntries(list) } as Record<string, string>
  }

  it('is told fact by fact, and how to run it again', () => {
    const { html, ...list } = facts({})
    expect(list).toEqual({
      network: 'demo, 1 node, seed 7',
      runtime: 'process',
      began: '1970-01-01T00:00:01.000Z',
      lasted: '1m 02s; stood after 1.5 s',
      payments: '3 sent, 2 confirmed, 1 failed',
      versions: 'netsplit 1.2.3, Node v20.0.0',
      machine: 'Linux; 2 × chip; 8 GB',
    })
    expect(html).toContain('netsplit up runs/x/spec.yaml netsplit report runs/x')
    expect(html).toContain('a: &lt;b&gt;')
  })

  it('in virtual time says so, and a scenario is replayed', () => {
    const { html, runtime, began, lasted } = facts(
      { checks: [], checkProofOfWork: false, readyMs: undefined },
      { runtime: 'sim', realSeconds: 2.5 },
    )
    expect(runtime).toBe('sim; mining is simulated: proof of work is not checked')
    expect(began).toBe('1970-01-01T00:00:01.000Z in virtual time')
    expect(lasted).toBe('1m 02s of virtual time, 2.5 s of real time')
    expect(html).toContain('netsplit replay runs/x')
    expect(html).toContain('byte for byte')
  })
})
