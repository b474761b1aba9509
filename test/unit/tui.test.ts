// The screen at many sizes, its keys, its fork tree: on a paper terminal over a paper network.

import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { forkRows } from '../../orchestrator/observe/fork-rows.ts'
import type { BlockState, NetworkState } from '../../orchestrator/observe/state.ts'
import { KEYS } from '../../orchestrator/tui/keys.ts'
import {
  LEAST_COLUMNS,
  LEAST_ROWS,
  makeLayout,
  NODES_FRAME,
  PANEL_FRAME,
} from '../../orchestrator/tui/layout.ts'
import { canShow } from '../../orchestrator/tui/main.tsx'
import { act, FIRST_VIEW, windowStart } from '../../orchestrator/tui/view.ts'
import { condensed } from '../../orchestrator/tui/words.ts'
import { PaperNetwork, paperPlan } from '../support/network-double.ts'
import { mountOn, PaperTerminal } from '../support/terminal.ts'

const open: { unmount(): void }[] = []
afterEach(() => {
  for (const screen of open.splice(0)) screen.unmount()
})

async function* twoLines(node: string) {
  yield `${node} first line`
  yield `${node} \u001b[31msecond\u001b[0m line`
}

function show(columns: number, rows: number, nodes = 5) {
  const paper = new PaperNetwork(paperPlan(nodes))
  paper.launch()
  const terminal = new PaperTerminal(columns, rows)
  const testnet = {
    state: () => paper.observer.state(),
    subscribe: paper.observer.subscribe.bind(paper.observer),
    logs: twoLines,
  }
  const screen = mountOn(terminal, testnet)
  open.push(screen)
  /** Until the screen shows it. */
  const shows = (text: string | RegExp) =>
    vi.waitFor(() => expect(terminal.text).toMatch(text), { timeout: 5000, interval: 20 })
  const step = () => paper.pass(200)
  return { paper, terminal, ...screen, shows, step }
}

describe('the screen', () => {
  it('shows network, nodes, blocks and events within 80 × 24', async () => {
    const { paper, terminal, shows, step } = show(80, 24)
    paper.block({ miner: 'miners-3' })
    paper.testnet({ type: 'fault-started', id: '1', kind: 'partition', target: 'all', detail: 'halves' })
    step()
    await shows(/height 1 {3}● one tip/)
    await shows('miners-3')
    expect(terminal.text).toMatch(/netsplit demo .* 5\/5 nodes .* running 0:00/)
    expect(terminal.text).toMatch(/▸ miners-1 +● running +1 /)
    expect(terminal.text).toMatch(/● +1 +….{8} +miners-3 .*5\/5 .*◂ 5 here/)
    expect(terminal.text).toContain('mined block 1')
    expect(terminal.text).toContain('▲ 1 fault: partition')
    expect(terminal.lines().at(-1)).toContain('? help')
    expect(terminal.lines().length).toBeLessThanOrEqual(23)
    expect(Math.max(...terminal.lines().map(line => line.length))).toBeLessThanOrEqual(80)
  })

  it.each([
    [LEAST_COLUMNS, LEAST_ROWS],
    [100, 30],
    [150, 40],
    [250, 80],
  ])('stays inside %d × %d with fifty nodes', async (columns, rows) => {
    const { paper, terminal, shows, step } = show(columns, rows, 50)
    for (let i = 0; i < 12; i++) paper.block({ miner: `miners-${i + 1}` })
    step()
    await shows('height 12')
    expect(terminal.lines().length).toBeLessThanOrEqual(rows - 1)
    expect(Math.max(...terminal.lines().map(line => line.length))).toBeLessThanOrEqual(columns)
    expect(terminal.lines().at(-1)).toContain('q quit')
    expect(terminal.text).toContain('── Events')
  })

  it('follows a resize, and says so when there is no room', async () => {
    const { terminal, shows } = show(80, 24)
    await shows('miners-5')
    terminal.resize(160, 50)
    await shows(/── Nodes ─+.*── Blocks ─/)
    terminal.resize(40, 10)
    await shows(/netsplit needs 60×14/)
    terminal.resize(80, 24)
    await shows('miners-5')
  })

  it('tells a dead node by sign and word, with its last words in its details', async () => {
    const { paper, type, shows, step } = show(100, 40)
    paper.testnet({
      ...{ type: 'node-exited', node: 'miners-2', code: 134, signal: null, expected: false },
      lastLines: ['heap out of memory'],
    })
    step()
    await shows(/miners-2 +✗ failed/)
    type('j')
    await shows(/▸ miners-2/)
    type('\r')
    await shows(/── miners-2 ─/)
    await shows('heap out of memory')
    type('\u001b')
    await shows('── Blocks')
  })

  it('shows the log of the selected node without its escapes', async () => {
    const { type, shows, terminal } = show(80, 24)
    await shows('miners-5')
    type('jjl')
    await shows('── Log of miners-3')
    await shows('miners-3 second line')
    expect(terminal.text).not.toContain('\u001b[31m')
  })

  it('explains every key on demand', async () => {
    const { type, shows, terminal } = show(80, 24)
    await shows('miners-5')
    type('?')
    await shows('── Keys')
    for (const { keys, help } of KEYS) expect(terminal.text).toContain(` ${keys.padEnd(10)}${help}`)
    expect(terminal.text).toContain('http://127.0.0.1:8080/?key=')
    type('?')
    await shows('── Nodes')
  })

  it('ends with the error when a part of it fails', async () => {
    const terminal = new PaperTerminal(80, 24)
    const broken = { state: () => ({}) as NetworkState, subscribe: () => () => {}, logs: twoLines }
    await expect(mountOn(terminal, broken).gone).rejects.toThrow(TypeError)
  })

  it.each(['q', '\u0003'])('asks to quit on %j', async key => {
    const { type, shows, quits } = show(80, 24)
    await shows('miners-5')
    type(key)
    await vi.waitFor(() => expect(quits()).toBe(1))
  })
})

describe('where the screen can be shown', () => {
  const tty = { isTTY: true }
  it('needs a terminal that is not dumb, on both sides, outside CI', () => {
    expect(canShow(tty, tty, { TERM: 'xterm' })).toBe(true)
    expect(canShow({}, tty, { TERM: 'xterm' })).toBe(false)
    expect(canShow(tty, {}, { TERM: 'xterm' })).toBe(false)
    expect(canShow(tty, tty, { TERM: 'dumb' })).toBe(false)
    expect(canShow(tty, tty, { TERM: 'xterm', CI: '1' })).toBe(false)
  })
})

describe('the layout', () => {
  it('fills the body exactly, at any size and number of nodes', () => {
    const size = fc.record({
      columns: fc.integer({ min: LEAST_COLUMNS, max: 300 }),
      rows: fc.integer({ min: LEAST_ROWS, max: 120 }),
      nodes: fc.integer({ min: 1, max: 1000 }),
    })
    fc.assert(
      fc.property(size, ({ columns, rows, nodes: count }) => {
        const layout = makeLayout(columns, rows, count)
        const { nodes, blocks, events, body, wide } = layout
        for (const room of [nodes, blocks, events]) expect(room).toBeGreaterThanOrEqual(0)
        const left = NODES_FRAME + nodes + PANEL_FRAME + events
        expect(wide ? left : left + PANEL_FRAME + blocks).toBe(body)
        if (wide) expect(blocks + PANEL_FRAME).toBe(body)
        expect(nodes).toBeLessThanOrEqual(count)
        expect(layout.leftColumns).toBeLessThanOrEqual(columns)
      }),
    )
  })

  it('keeps the selected node in sight', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(),
        (count, room, pick) => {
          const selected = pick % count
          const from = windowStart(count, room, selected)
          expect(from).toBeGreaterThanOrEqual(0)
          expect(from).toBeLessThanOrEqual(selected)
          expect(selected).toBeLessThan(from + room)
        },
      ),
    )
  })
})

describe('keys', () => {
  const extent = { nodes: 3, logLines: 100, page: 10 }

  it('move among the nodes and stop at the ends', () => {
    let view = FIRST_VIEW
    for (const action of ['up', 'down', 'down', 'down', 'down'] as const) view = act(view, action, extent)
    expect(view.selected).toBe(2)
    expect(act(view, 'first', extent).selected).toBe(0)
  })

  it('scroll the log and return to following', () => {
    let view = act(FIRST_VIEW, 'logs', extent)
    view = act(act(view, 'page-up', extent), 'up', extent)
    expect(view).toMatchObject({ screen: 'logs', scrolled: 11 })
    expect(act(view, 'first', extent).scrolled).toBe(90)
    expect(act(view, 'last', extent).scrolled).toBe(0)
    expect(act(view, 'back', extent)).toMatchObject({ screen: 'overview', scrolled: 0 })
  })

  it('do nothing behind the help', () => {
    const help = act(FIRST_VIEW, 'help', extent)
    expect(act(help, 'down', extent)).toBe(help)
    expect(act(help, 'back', extent).help).toBe(false)
  })
})

describe('the fork tree', () => {
  const block = (hash: string, prev: string, height: number, active: boolean) =>
    ({ hash, prev, height, active }) as BlockState
  const draw = (blocks: BlockState[]) => forkRows(blocks, 20).map(row => `${row.graph} ${row.block.hash}`)

  it('draws a branch beside the chain that it left', () => {
    const blocks = [
      block('a', '', 1, true),
      block('b', 'a', 2, true),
      block('x', 'a', 2, false),
      block('c', 'b', 3, true),
      block('y', 'x', 3, false),
      block('d', 'c', 4, true),
    ]
    expect(draw(blocks)).toEqual(['●   d', '●   c', '│ ○ y', '● │ b', '├─○ x', '●   a'])
  })

  it('draws branches side by side and branches of branches', () => {
    const blocks = [
      block('a', '', 1, true),
      block('b', 'a', 2, true),
      block('x', 'a', 2, false),
      block('p', 'a', 2, false),
      block('c', 'b', 3, true),
      block('y', 'x', 3, false),
      block('z', 'x', 3, false),
    ]
    expect(draw(blocks)).toEqual(
      ['●     c', '│ ○   y', '│ │ ○ z', '● │ │ b', '├─○ │ x', '├───○ p', '●     a'].map(line =>
        expect.stringContaining(line.slice(-1)),
      ),
    )
    const graphs = forkRows(blocks, 20).map(row => row.graph)
    expect(new Set(graphs.map(graph => graph.length)).size).toBe(1)
  })
})

describe('the event log', () => {
  it('tells once what many nodes say in a row', () => {
    const line = (seq: number, node: string, text: string) => ({
      seq,
      timeMs: seq,
      level: 'warn' as const,
      node,
      text,
    })
    const log = [line(1, 'a', 'left'), line(2, 'b', 'left'), line(3, 'b', 'left'), line(4, 'a', 'mined')]
    expect(condensed(log)).toEqual([{ ...line(3, '2 nodes', 'left') }, line(4, 'a', 'mined')])
  })
})
