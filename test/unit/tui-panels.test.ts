// What panels show: enough in every terminal, the same order each second, why a list is empty, long lines to their end.

import { describe, expect, it } from 'vitest'
import type { NetworkState } from '../../orchestrator/observe/state.ts'
import { makeLayout } from '../../orchestrator/tui/layout.ts'
import { PANEL_IDS, type PanelId, panelOf } from '../../orchestrator/tui/panels.ts'
import { type Size, screenLines } from '../../orchestrator/tui/screen.ts'
import { FIRST_VIEW, type View } from '../../orchestrator/tui/view.ts'
import { PaperNetwork, paperPlan } from '../support/network-double.ts'

const LOGS = [{ number: 1, text: `2026-01-01T00:00:00.000Z info  ${'word '.repeat(60)}end` }]

function drawn(state: NetworkState, view: Partial<View> = {}, size: Size = { columns: 120, rows: 40 }) {
  const lines = screenLines({ state, view: { ...FIRST_VIEW, ...view }, logs: LOGS, ...size })
  return lines.map(spans =>
    spans
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  )
}

function network(nodes = 5) {
  const paper = new PaperNetwork(paperPlan(nodes))
  paper.launch()
  return paper
}

function broken() {
  const paper = network()
  paper.block({ miner: 'miners-3' })
  const target = `${Array.from({ length: 12 }, (_, i) => `miners-${i}`).join(',')} | rest`
  paper.testnet({ type: 'fault-started', id: 'cut-1', kind: 'partition', target, detail: 'the end of it' })
  paper.pass(200)
  return paper
}

describe('a wider terminal', () => {
  const widths = (panel: PanelId, rows: number) =>
    Array.from({ length: 221 }, (_, i) => i + 80).flatMap(columns => {
      const place = makeLayout(columns, rows, { nodes: 8, faults: 3 }).places.find(
        each => each.panel === panel,
      )
      return place ? [{ columns, width: place.width }] : []
    })

  /** What a panel with long lines has in a terminal of 80. */
  const ENOUGH = 80

  it.each(['nodes', 'chain', 'faults', 'events'] as const)(
    'never has less of %s than a narrower one',
    panel => {
      for (const rows of [24, 40, 50, 80]) {
        const all = widths(panel, rows)
        expect(all.map(({ columns }) => columns)).toEqual(Array.from({ length: 221 }, (_, i) => i + 80))
        let most = 0
        for (const { width } of all) {
          expect(Math.min(width, ENOUGH)).toBeGreaterThanOrEqual(most)
          most = Math.min(width, ENOUGH)
        }
        const inTwo = all.filter(({ columns }) => columns >= 120).map(({ width }) => width)
        expect(inTwo).toEqual([...inTwo].sort((a, b) => a - b))
      }
    },
  )

  it.each(['mining', 'propagation', 'history', 'peers'] as const)(
    'has no narrower %s beside others',
    panel => {
      const inTwo = widths(panel, 80).filter(({ columns }) => columns >= 120)
      expect(inTwo[0]).toEqual({ columns: 120, width: 38 })
      expect(inTwo.map(({ width }) => width)).toEqual(inTwo.map(({ width }) => width).sort((a, b) => a - b))
    },
  )

  it('shows a whole row of the chain from 80 columns on', () => {
    const { observer } = broken()
    for (let columns = 80; columns <= 300; columns++)
      expect(drawn(observer.state(), {}, { columns, rows: 50 }).join('\n')).toMatch(
        /miners-3 .* tx .*5\/5 .*◂ 5 here/,
      )
  })
})

describe('rows', () => {
  it('keep their places while what is measured wavers', () => {
    const { observer } = network(12)
    const state = observer.state()
    const orders = [1, 2, 3].map(second => {
      const nodes = state.nodes.map((node, i) => ({
        ...node,
        measuredHps: 200_000 + ((i * 7 * second) % 13),
      }))
      return drawn({ ...state, nodes }, { zoom: 'mining' }).flatMap(text => text.match(/miners-\d+/) ?? [])
    })
    expect(orders[0]).toHaveLength(12)
    expect(orders[0]).toEqual(state.nodes.map(({ name }) => name))
    expect(orders[1]).toEqual(orders[0])
    expect(orders[2]).toEqual(orders[0])
  })
})

describe('an empty list', () => {
  it.each(['nodes', 'peers', 'faults', 'events', 'logs', 'mining'] as const)(
    'of %s says that the filter lets nothing through',
    zoom => {
      const { observer } = broken()
      const text = drawn(observer.state(), { zoom, filter: 'nothing of the kind' }).join('\n')
      expect(text).toMatch(/ no \w+ has "nothing of the kind" in it/)
      expect(text).not.toMatch(/no faults so far|nothing logged|nothing so far/)
    },
  )

  it('says that there is nothing where there is nothing', () => {
    const text = drawn(network().observer.state(), { zoom: 'faults', filter: 'x' }).join('\n')
    expect(text).toContain('no faults so far')
  })
})

describe('a panel alone', () => {
  it.each([
    ['faults', 'the end of it'],
    ['events', 'the end of it'],
    ['logs', 'word end'],
  ] as const)('shows the lines of %s to their end', (zoom, end) => {
    const { observer } = broken()
    for (const columns of [80, 120, 200]) {
      const lines = drawn(observer.state(), { zoom }, { columns, rows: 24 })
      expect(lines.join(' ').replace(/\s+/g, ' ')).toContain(end)
      expect(lines).toHaveLength(24)
    }
  })

  it('shows what is newest where not all has room', () => {
    const paper = broken()
    for (let i = 0; i < 30; i++)
      paper.testnet({ type: 'note', level: 'warn', message: `${i} ${'x '.repeat(90)}!` })
    const text = drawn(paper.observer.state(), { zoom: 'events' }, { columns: 80, rows: 24 }).join('\n')
    expect(text).toContain(' 29 x')
    expect(text.trimEnd()).toMatch(/x !\n.*\? help/)
  })
})

describe('a killed node', () => {
  it('is said to be killed, a stopped one stopped', () => {
    const paper = network()
    const down = { expected: true, lastLines: [] }
    paper.testnet({ type: 'node-exited', node: 'miners-1', code: null, signal: 'SIGKILL', ...down })
    paper.testnet({ type: 'node-exited', node: 'miners-2', code: 0, signal: null, ...down })
    paper.pass(200)
    const text = drawn(paper.observer.state()).join('\n')
    expect(text).toMatch(/miners-1 +■ killed/)
    expect(text).toMatch(/miners-2 +■ stopped/)
    expect(drawn(paper.observer.state(), { detail: true }).join('\n')).toContain('■ killed; s starts it')
  })
})

it('every panel can be drawn alone', () => {
  const { observer } = broken()
  for (const zoom of PANEL_IDS) expect(drawn(observer.state(), { zoom })[3]).toContain(panelOf(zoom).title)
})
