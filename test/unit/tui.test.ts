// The screen at many sizes, its keys, its fork tree: on a paper terminal over a paper network.

import { afterEach, describe, expect, it } from 'vitest'
import { condensed } from '../../orchestrator/observe/phases.ts'
import { hasWatcher } from '../../orchestrator/run/view.ts'
import { forkRows } from '../../orchestrator/systems/ledger/observe/fork-rows.ts'
import type { BlockState } from '../../orchestrator/systems/ledger/state.ts'
import { COMMANDS } from '../../orchestrator/tui/commands.ts'
import { KEYS } from '../../orchestrator/tui/keys.ts'
import { LEAST_COLUMNS, LEAST_ROWS } from '../../orchestrator/tui/layout.ts'
import { canShow } from '../../orchestrator/tui/main.ts'
import { panelsOf } from '../../orchestrator/tui/panels.ts'
import { PaperNetwork, paperPlan } from '../support/network-double.ts'
import { paperTestnet } from '../support/paper-testnet.ts'
import { mountOn, PaperTerminal } from '../support/terminal.ts'
import { eventually } from '../support/until.ts'

const open: { unmount(): void }[] = []
afterEach(() => {
  for (const screen of open.splice(0)) screen.unmount()
})

function show(columns: number, rows: number, nodes = 5) {
  const paper = new PaperNetwork(paperPlan(nodes))
  paper.launch()
  const terminal = new PaperTerminal(columns, rows)
  const testnet = paperTestnet(paper)
  const screen = mountOn(terminal, testnet)
  open.push(screen)
  /** Until the screen shows it. */
  const shows = (text: string | RegExp) => eventually(() => expect(terminal.text).toMatch(text))
  const given = (command: string) => eventually(() => expect(testnet.given).toContain(command))
  const step = () => paper.pass(200)
  return { paper, terminal, testnet, ...screen, shows, given, step }
}

const widest = (terminal: PaperTerminal) => Math.max(...terminal.lines().map(line => line.length))

const OF_LEDGER = panelsOf({ runs: ['ledger'] })

describe('the screen', () => {
  it('shows network, nodes, chain, faults and events within 80 × 24', async () => {
    const { paper, terminal, shows, step } = show(80, 24)
    paper.block({ miner: 'miners-3' })
    paper.testnet({ type: 'fault-started', id: '1', kind: 'partition', target: 'all', detail: 'halves' })
    step()
    await shows(/height 1 {3}● one tip/)
    await shows('miners-3')
    expect(terminal.text).toMatch(/netsplit demo .* 5\/5 nodes up .* running 0:00/)
    expect(terminal.text).toMatch(/▸ +miners-1 +● running +1 /)
    expect(terminal.text).toMatch(/● +1 +….{8} +miners-3 .*5\/5 .*◂ 5 here/)
    expect(terminal.text).toContain('mined block 1')
    expect(terminal.text).toContain('▲ 1 fault: partition')
    expect(terminal.text).toMatch(/▲ partition +0:00–now .*all/)
    expect(terminal.lines().at(-1)).toContain('? help')
    expect(terminal.lines()).toHaveLength(24)
    expect(widest(terminal)).toBeLessThanOrEqual(80)
  })

  it('tells a fault that others disturbed from one that did not take', async () => {
    const { paper, shows, type, step } = show(120, 40)
    for (const id of ['hidden', 'untaken']) {
      paper.testnet({ type: 'fault-started', id, kind: 'link', target: id, detail: 'slow' })
      const disturbedBy = id === 'hidden' ? ['other'] : undefined
      const measured = disturbedBy ? 'nothing: other had its nodes or links' : '0 of 2 as slow'
      paper.testnet({ type: 'fault-verified', id, ok: false, asked: 'slow', measured, disturbedBy })
    }
    type('5')
    step()
    await shows(/~ link .*hidden · nothing: other had its nodes or links/)
    await shows(/\? link .*untaken · 0 of 2 as slow/)
  })

  it.each([
    [LEAST_COLUMNS, LEAST_ROWS],
    [80, 24],
    [120, 40],
    [250, 80],
  ])('fills %d × %d with fifty nodes and stays inside', async (columns, rows) => {
    const { paper, terminal, shows, step } = show(columns, rows, 50)
    for (let i = 0; i < 12; i++) paper.block({ miner: `miners-${i + 1}` })
    step()
    await shows('height 12')
    expect(terminal.lines()).toHaveLength(rows)
    expect(widest(terminal)).toBeLessThanOrEqual(columns)
    expect(terminal.lines().at(-1)).toContain('q quit')
    expect(terminal.text).toContain('── 6 Events')
  })

  it('shows every panel that has something to say at 250 × 80', async () => {
    const { paper, shows, step } = show(250, 80)
    paper.block({ miner: 'miners-3' })
    paper.testnet({ type: 'fault-started', id: '1', kind: 'partition', target: 'all', detail: 'halves' })
    step()
    await shows('height 1')
    for (const [i, { title }] of OF_LEDGER.entries()) await shows(`── ${i + 1} ${title}`)
  })

  it('shows each panel alone on its number, and all of them after esc', async () => {
    const { type, shows, terminal } = show(80, 24)
    await shows('miners-5')
    for (const [i, { title }] of OF_LEDGER.entries()) {
      type(String(i + 1))
      await eventually(() => {
        expect(terminal.lines()[3]).toContain(`── ${i + 1} ${title}`)
        expect(terminal.text.match(/^── /gm)).toHaveLength(1)
      })
    }
    type('\u001b')
    await shows('── 1 Nodes')
  })

  it('follows a resize, and says so when there is no room', async () => {
    const { terminal, shows } = show(80, 24)
    await shows('miners-5')
    terminal.resize(160, 50)
    await shows(/── 1 Nodes ─+.*── 8 Mining ─/)
    terminal.resize(40, 10)
    await shows(/netsplit needs 60×14/)
    terminal.resize(80, 24)
    await shows('miners-5')
  })

  it('writes no more than ten frames a second, and nothing while nothing changes', async () => {
    const { paper, terminal, shows, step } = show(120, 40)
    await shows('miners-5')
    const [before, startMs] = [terminal.writes, performance.now()]
    for (let i = 0; i < 40; i++) {
      paper.block({ miner: 'miners-1' })
      step()
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    await shows('height 40')
    const frames = terminal.writes - before
    expect(frames).toBeGreaterThan(0)
    expect(frames).toBeLessThanOrEqual(Math.ceil((performance.now() - startMs) / 100) + 1)
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
    await shows(/▸ +miners-2/)
    type('\r')
    await shows(/── miners-2 ─/)
    await shows('heap out of memory')
    type('\u001b')
    await shows('── 2 Chain')
  })

  it('shows the log of the selected node without its escapes', async () => {
    const { type, shows, terminal } = show(80, 24)
    await shows('miners-5')
    type('jjl')
    await shows('── 7 Log of miners-3')
    await shows('miners-3 second line')
    expect(terminal.text).not.toContain('\u001b[31m')
  })

  it('explains every key and command on demand', async () => {
    const { type, shows, terminal } = show(150, 70)
    await shows('miners-5')
    type('?')
    await shows('── Keys')
    for (const { keys, help } of KEYS) expect(terminal.text).toContain(` ${keys.padEnd(10)} ${help}`)
    for (const { usage, help } of COMMANDS) expect(terminal.text).toContain(` ${usage.padEnd(52)} ${help}`)
    expect(terminal.text).toContain('http://127.0.0.1:8080/?key=')
    type('?')
    await shows('── 1 Nodes')
  })

  it('scrolls the help where it does not fit', async () => {
    const { type, shows } = show(80, 24)
    await shows('miners-5')
    type('?')
    await shows('shows the rest')
    type('G')
    await shows('In the browser')
  })

  it('ends with the error when a part of it fails', async () => {
    const terminal = new PaperTerminal(80, 24)
    const testnet = paperTestnet(new PaperNetwork())
    const broken = { ...testnet, state: () => ({}) as ReturnType<typeof testnet.state> }
    await expect(mountOn(terminal, broken).gone).rejects.toThrow(TypeError)
  })
})

describe('what keys do', () => {
  it('partition the marked nodes from the rest, and heal', async () => {
    const { type, press, shows, given } = show(100, 40)
    await shows('miners-5')
    type('p')
    await shows('mark the nodes of one side with space')
    await press('j  p')
    await given('inject partition miners-2,miners-3 | rest')
    await shows(/✓ partition-1 .*verified/)
    await shows('▲ 1 fault: partition')
    type('h')
    await given('heal')
    await shows('no faults')
  })

  it('kill after y only', async () => {
    const { type, press, shows, given, testnet } = show(80, 24)
    await shows('miners-5')
    await press('jk')
    await shows('kill miners-2? y does it')
    type('n')
    await shows('? help')
    expect(testnet.given).toEqual([])
    await press('ky')
    await given('kill miners-2')
  })

  it('kill most of the network after a word only', async () => {
    const { type, press, shows, given, testnet } = show(80, 24)
    await shows('miners-5')
    await press('   k')
    await shows('kill miners-1 miners-2 miners-3? type yes')
    type('y\r')
    await shows('not done')
    expect(testnet.given).toEqual([])
    await press('kyes\r')
    await given('kill miners-3')
  })

  it('pause, resume and add without a question: each is undone by another', async () => {
    const { paper, type, shows, given, step } = show(80, 24)
    await shows('miners-5')
    type('z')
    await given('pause miners-1')
    paper.testnet({ type: 'node-paused', node: 'miners-1' })
    step()
    await shows(/miners-1 +‖ paused/)
    type('z')
    await given('resume miners-1')
    type('+')
    await given('add miners-6')
    await shows('miners-6 has joined')
  })

  it('filter nodes and events, until esc', async () => {
    const { type, shows, terminal } = show(80, 24, 12)
    await shows('miners-3')
    type('/-12')
    await shows(/ \/-12 .*enter keeps it/)
    await shows(/▸ +miners-12/)
    expect(terminal.text).not.toContain('miners-3 ')
    type('\r')
    await shows('? help')
    type('\u001b')
    await shows('miners-3')
  })

  it('take commands, complete them and bring them back', async () => {
    const { type, shows, given } = show(100, 30)
    await shows('miners-5')
    type(':par\thal\t\r')
    await given('inject partition halves')
    type(':kill m\t')
    await shows(/:kill miners.*miners-1 miners-2/)
    type('\u001b')
    await shows('? help')
    type(':')
    await shows('tab completes')
    type('\u001b[A')
    await shows(':partition halves')
    type('\u001b')
    await shows('? help')
    type(':explode\r')
    await shows('there is no command "explode"')
  })

  it('tell why a command failed', async () => {
    const { type, shows } = show(100, 30)
    await shows('miners-5')
    type(':start nobody\r')
    await shows('✗ no node is named "nobody"')
  })

  it('ask before they end the network, but Ctrl-C does not', async () => {
    const { type, press, shows, counts } = show(80, 24)
    await shows('miners-5')
    type('q')
    await shows('take the network down and leave?')
    type('n')
    await shows('? help')
    expect(counts).toEqual({ quits: 0, interrupts: 0 })
    await press('qy')
    await eventually(() => expect(counts.quits).toBe(1))
    type('\u0003')
    await eventually(() => expect(counts.interrupts).toBe(1))
  })
})

describe('where the screen can be shown', () => {
  const tty = { isTTY: true }
  it('needs a terminal that is not dumb, on both sides, outside CI', () => {
    expect(canShow(tty, tty, { TERM: 'xterm' })).toBe(true)
    expect(canShow({}, tty, { TERM: 'xterm' })).toBe(false)
    // A dumb terminal shows lines, which somebody reads all the same.
    for (const TERM of ['xterm', 'dumb']) expect(hasWatcher(tty, tty, { TERM })).toBe(true)
    expect(hasWatcher({}, tty, {})).toBe(false)
    expect(hasWatcher(tty, {}, {})).toBe(false)
    expect(hasWatcher(tty, tty, { CI: '1' })).toBe(false)
    expect(canShow(tty, {}, { TERM: 'xterm' })).toBe(false)
    expect(canShow(tty, tty, { TERM: 'dumb' })).toBe(false)
    expect(canShow(tty, tty, { TERM: 'xterm', CI: '1' })).toBe(false)
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
