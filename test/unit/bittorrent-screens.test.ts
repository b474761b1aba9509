// How swarms are shown: cells of the pictures, the terminal, what the page is sent, the report.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { summarize } from '../../orchestrator/observe/summary.ts'
import type { Report } from '../../orchestrator/report/model.ts'
import {
  havingCells,
  leastCells,
  matrixOf,
  pieceRows,
  shadeOf,
} from '../../orchestrator/systems/bittorrent/cells.ts'
import { bytesAt } from '../../orchestrator/systems/bittorrent/page/part.ts'
import { bittorrentReportFace } from '../../orchestrator/systems/bittorrent/report/face.ts'
import { pacesOf } from '../../orchestrator/systems/bittorrent/words.ts'
import { FACES } from '../../orchestrator/systems/faces.ts'
import { systemsIn } from '../../orchestrator/systems/present.ts'
import { screenLines } from '../../orchestrator/tui/screen.ts'
import { FIRST_VIEW } from '../../orchestrator/tui/view.ts'
import { apply, difference, pageOf } from '../../orchestrator/web/page.ts'
import { ALL, BYTES, bitfield, CONTENT, PaperSwarm, PIECE_BYTES } from '../support/bittorrent-paper.ts'

/** One has all, one half, one a piece; a polluter is banned, and somebody honest. */
function halfway(): PaperSwarm {
  const paper = new PaperSwarm()
  paper.shared()
  paper.wanted('peers-1', 'peers-2', 'peers-3')
  paper.nowMs += 1_000
  paper.progress('peers-2', 4, { 'seeds-1:1': 3 * PIECE_BYTES, 'peers-1:1': PIECE_BYTES })
  paper.has('peers-2', [0, 1, 2, 3], { downBps: 1_000_000, upBps: 500_000 })
  paper.has('peers-3', [7])
  paper.nowMs += 1_000
  paper.complete('peers-1')
  paper.has('peers-1', ALL)
  paper.bans('peers-2', 'evil-1')
  paper.bans('peers-3', 'peers-2', 'protocol')
  return paper
}

function screen(paper: PaperSwarm, columns = 160, rows = 60): string[] {
  const { state } = paper
  return screenLines({ state, view: FIRST_VIEW, logs: [], columns, rows }).map(spans =>
    spans.map(({ text }) => text).join(''),
  )
}

describe('cells', () => {
  it('have the share of their pieces that is there', () => {
    const held = { complete: false, has: bitfield([0, 1, 2, 7]) }
    expect(havingCells(held, 8, 8)).toEqual([1, 1, 1, 0, 0, 0, 0, 1])
    expect(havingCells(held, 8, 4)).toEqual([1, 0.5, 0, 0.5])
    expect(havingCells({ complete: false, has: '' }, 8, 4)).toEqual([0, 0, 0, 0])
    expect(havingCells({ complete: true, has: '' }, 8, 100)).toEqual(new Array(8).fill(1))
    expect(havingCells(held, 0, 4)).toEqual([])
  })

  it('leave out no piece, however many are one cell', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(9), { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 1, max: 80 }),
        (counts, most) => {
          const cells = leastCells(counts, most)
          expect(cells).toHaveLength(Math.min(most, counts.length))
          expect(Math.min(...cells)).toBe(Math.min(...counts))
        },
      ),
    )
  })

  it('show what is more than nothing, and the whole alone as the darkest', () => {
    expect([0, 1e-6, 0.25, 0.5, 0.99, 1].map(share => shadeOf(share, 4))).toEqual([0, 1, 1, 2, 3, 4])
  })

  it('of who gave whom add up to what was given, in a picture of a bounded size', () => {
    const names = Array.from({ length: 60 }, (_, i) => `n-${i}`)
    const pair = fc.record({
      from: fc.oneof(fc.constantFrom(...names), fc.constant('10.0.0.9:1')),
      to: fc.constantFrom(...names),
      bytes: fc.integer({ min: 1, max: 1e9 }),
    })
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 200 }), fc.integer({ min: 2, max: 70 }), (given, most) => {
        const matrix = matrixOf(given, names, most)
        const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0)
        expect(sum(matrix.bytes)).toBe(sum(given.map(({ bytes }) => bytes)))
        expect(matrix.names.length).toBeLessThanOrEqual(most)
        expect(matrix.bytes).toHaveLength(matrix.names.length ** 2)
      }),
    )
  })

  it('of nodes stand in their order, seeds first', () => {
    const paper = halfway()
    const rows = pieceRows(paper.state.nodes, paper.content, 8)
    expect(rows.map(({ node }) => node)).toEqual(['seeds-1', 'peers-1', 'peers-2', 'peers-3'])
    expect(rows[2]?.cells).toEqual([1, 1, 1, 1, 0, 0, 0, 0])
  })
})

describe('a terminal', () => {
  it('shows who has which pieces, with the copies of each, and who gave what', () => {
    const text = screen(halfway()).join('\n')
    expect(text).toContain('film: 131 kB in 8 pieces')
    // Seed and peers-1 have all, peers-2 the first half, peers-3 the last.
    expect(text).toMatch(/copies +2\.63 +33332223/)
    expect(text).toMatch(/seeds-1 +seed +100 % +████████ /)
    expect(text).toMatch(/peers-2 +wants +50 % +████ {5}.*8 Mbit\/s +4 Mbit\/s/)
    expect(text).toMatch(/peers-3 +wants +12 % {9}█/)
    expect(text).toMatch(/peers-2 bans evil-1: it served a block/)
    expect(text).toMatch(/peers-3 bans peers-2, who is honest: it/)
    expect(text).toMatch(/darkest: 49\.2 kB/)
    expect(text).toMatch(/complete 1 of 3 +copies 2\.63/)
  })

  it.each([80, 100, 200])('of %d columns has no line that is wider', columns => {
    for (const line of screen(halfway(), columns, 40)) expect(line.length).toBeLessThanOrEqual(columns)
  })

  it('says of one node what it has, since when, and how fast', () => {
    const paper = halfway()
    const face = FACES.find(({ system }) => system === 'bittorrent')
    const node = (name: string) => paper.state.nodes.find(each => each.name === name) ?? expect.fail(name)
    const detail = face?.detail(paper.state, node('peers-2'))
    expect(detail?.standing[0]).toEqual([
      'film',
      expect.stringMatching(/^wants, 50 %, since .*down 8 Mbit\/s {3}up 4 Mbit\/s$/),
      undefined,
    ])
    expect(face?.detail(paper.state, node('evil-1')).doing).toContainEqual([
      'dishonest',
      'polluter',
      expect.anything(),
    ])
    expect(face?.status(paper.state)).toEqual([
      '1 of 3 peers complete, 54 % of all bytes',
      '2.63 copies',
      'down 8 Mbit/s',
      'honest and banned: peers-2; banned: evil-1',
    ])
  })

  it('says so where nothing is shared', () => {
    expect(screen(new PaperSwarm()).join('\n')).toContain('nothing is shared yet')
  })
})

describe('the page', () => {
  it('is sent what changes, and comes to the same', () => {
    const paper = new PaperSwarm()
    const before = pageOf(paper.state)
    paper.shared()
    paper.wanted('peers-1')
    const between = pageOf(paper.state)
    paper.complete('peers-1', 5_000)
    const after = pageOf(paper.state)
    const wire = (from: typeof before, to: typeof before) => JSON.parse(JSON.stringify(difference(from, to)))
    const kept = apply(apply(before, wire(before, between)), wire(between, after))
    expect(kept.systems.bittorrent).toEqual(JSON.parse(JSON.stringify(after.systems.bittorrent)))
    expect(kept.systems.bittorrent.contents[0]?.tookSeconds).toEqual([5])
    expect(difference(after, pageOf(paper.state)).systems).toBeUndefined()
  })

  it('shows who gave what to one in 255 of the most', () => {
    const [content] = pageOf(halfway().state).systems.bittorrent.contents
    const { given } = content ?? expect.fail('no content')
    const { names } = given
    const bytes = bytesAt(given)
    const of = (to: string, from: string) =>
      bytes[names.indexOf(to) * names.length + names.indexOf(from)] ?? -1
    expect(of('peers-2', 'seeds-1')).toBe(3 * PIECE_BYTES)
    expect(Math.abs(of('peers-2', 'peers-1') - PIECE_BYTES)).toBeLessThanOrEqual((3 * PIECE_BYTES) / 255)
    expect(of('seeds-1', 'peers-2')).toBe(0)
  })
})

describe('the swarms over time', () => {
  it('are points of complete peers, of copies and of what was verified, at most 600', () => {
    const paper = halfway()
    paper.testnet({ type: 'network-stopping', why: 'done' })
    const { history } = paper.swarm
    expect(history.at(-1)).toMatchObject({
      complete: 1,
      verifiedBytes: BYTES + 5 * PIECE_BYTES,
      copies: 2.625,
    })
    const fresh = new PaperSwarm()
    fresh.shared()
    for (let i = 0; i < 3_000; i++) {
      fresh.nowMs += 250
      fresh.has('peers-1', [0])
    }
    expect(fresh.swarm.history.length).toBeGreaterThan(300)
    expect(fresh.swarm.history.length).toBeLessThanOrEqual(600)
  })

  it('have a pace between two points', () => {
    const point = { complete: 0, progress: 0, copies: 0 }
    const history = [
      { ...point, timeMs: 0, verifiedBytes: 0 },
      { ...point, timeMs: 500, verifiedBytes: 1000 },
      { ...point, timeMs: 1500, verifiedBytes: 0 },
    ]
    expect(pacesOf(history).map(({ bps }) => bps)).toEqual([0, 2000, 0])
  })
})

describe('the report', () => {
  function reportOf(paper: PaperSwarm): Report {
    const { state } = paper
    const parts = systemsIn(state).flatMap(({ name, reported }) =>
      reported ? [[name, reported(state)]] : [],
    )
    const report = { startedMs: state.startedMs, systems: Object.fromEntries(parts) }
    return JSON.parse(JSON.stringify({ ...summarize(state, 'runs/x'), report })) as Report
  }

  it('answers, and draws contents, pieces, gifts and bans', () => {
    const report = reportOf(halfway())
    expect(bittorrentReportFace.answers?.(report).map(([question, big]) => [question, big])).toEqual([
      ['Did everybody get it?', '1 of 3'],
      ['Who was banned?', '2 bans'],
    ])
    const [contents = '', pieces = '', given = '', bans = ''] = bittorrentReportFace.sections?.(report) ?? []
    expect(contents).toContain('1 of 3')
    expect(contents).toContain('class="asked"')
    expect(pieces).toContain('<title>peers-2, wanted it: 4 of 8 columns whole</title>')
    expect(given).toContain('<title>peers-2 got 65.5 kB: most, 49.2 kB, from seeds-1</title>')
    expect(bans).toMatch(/peers-2 <span class="bad">honest<\/span>/)
    expect(bittorrentReportFace.charts?.(report.report, () => 0.5).map(({ title }) => title)).toEqual([
      'Complete',
      'Copies',
      'Pace',
    ])
    const { cells } = bittorrentReportFace.nodes?.(report) ?? expect.fail('no columns')
    expect(cells({ name: 'peers-1' } as never)[2]).toBe('2 s')
    expect(cells({ name: 'evil-1' } as never)[0]).toBe('polluter')
  })

  it('draws no map of what everybody has', () => {
    const paper = new PaperSwarm()
    paper.shared()
    paper.wanted('peers-1')
    paper.complete('peers-1', 1_000)
    const [, pieces = ''] = bittorrentReportFace.sections?.(reportOf(paper)) ?? []
    expect(pieces).toContain('everybody had every piece')
    expect(pieces).not.toContain('<svg')
  })

  it('takes names for text', () => {
    const paper = new PaperSwarm()
    paper.testnet({
      type: 'bittorrent/shared',
      data: {
        node: 'seeds-1',
        content: CONTENT,
        name: '<b>x',
        magnet: '',
        bytes: BYTES,
        pieces: 8,
        pieceLength: 1,
      },
    })
    expect(bittorrentReportFace.sections?.(reportOf(paper)).join('')).not.toContain('<b>x')
  })
})
