// The parts of the screen that are plain functions: layout, view, typing, completion, bars.

import fc from 'fast-check'
import type { Key } from 'ink'
import { describe, expect, it } from 'vitest'
import { LIVE_KINDS } from '../../orchestrator/chaos/faults.ts'
import { arrivals } from '../../orchestrator/systems/ledger/panels/propagation.ts'
import { completed, parseCommand } from '../../orchestrator/tui/commands.ts'
import { headerLines } from '../../orchestrator/tui/header.ts'
import { actionOf, KEYS, strokesOf } from '../../orchestrator/tui/keys.ts'
import { LEAST_COLUMNS, LEAST_ROWS, makeLayout } from '../../orchestrator/tui/layout.ts'
import { edited, NO_TEXT, textOf } from '../../orchestrator/tui/line-edit.ts'
import { fitted, line, widthOf } from '../../orchestrator/tui/lines.ts'
import { paint } from '../../orchestrator/tui/paint.ts'
import { faultBar } from '../../orchestrator/tui/panels/faults.ts'
import { windowStart } from '../../orchestrator/tui/panels/panel.ts'
import { PANEL_IDS, panelOf } from '../../orchestrator/tui/panels.ts'
import { strips } from '../../orchestrator/tui/strips.ts'
import { act, FIRST_VIEW, selectedNode, type View } from '../../orchestrator/tui/view.ts'
import { PaperNetwork } from '../support/network-double.ts'
import { paperTestnet } from '../support/paper-testnet.ts'
import { stateWith } from '../support/partial-state.ts'

const NO_KEY = {} as Key

describe('the layout', () => {
  it('tiles the body without gap or overlap, at any size', () => {
    const size = fc.record({
      columns: fc.integer({ min: LEAST_COLUMNS, max: 300 }),
      rows: fc.integer({ min: LEAST_ROWS, max: 120 }),
      nodes: fc.integer({ min: 1, max: 1000 }),
      faults: fc.nat(20),
      zoom: fc.option(fc.constantFrom(...PANEL_IDS), { nil: undefined }),
    })
    fc.assert(
      fc.property(size, ({ columns, rows, zoom, ...amounts }) => {
        const { places, body, bodyY } = makeLayout(columns, rows, amounts, zoom)
        expect(places.map(place => place.panel)).toContain(zoom ?? 'nodes')
        const stacks = new Map<number, typeof places>()
        for (const place of places) stacks.set(place.x, [...(stacks.get(place.x) ?? []), place])
        let x = -1
        for (const [left, stack] of stacks) {
          expect(left).toBeGreaterThan(x)
          let y = bodyY
          for (const place of stack) {
            expect(place.y).toBe(y)
            if (zoom === undefined)
              expect(place.height).toBeGreaterThanOrEqual(panelOf(place.panel).least(body, amounts))
            y += place.height
          }
          expect(y).toBe(bodyY + body)
          x = left + (stack[0]?.width ?? 0)
        }
        expect(x).toBe(columns)
      }),
    )
  })

  it('keeps the selected node in sight', () => {
    const cases = [fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 60 }), fc.nat()] as const
    fc.assert(
      fc.property(...cases, (count, room, pick) => {
        const selected = pick % count
        const from = windowStart(count, room, selected)
        expect(from).toBeGreaterThanOrEqual(0)
        expect(from).toBeLessThanOrEqual(selected)
        expect(selected).toBeLessThan(from + room)
      }),
    )
  })
})

describe('lines', () => {
  it('are cut and filled to their width', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 20 })), fc.nat(60), (texts, width) => {
        const spans = texts.map(text => ({ text, tone: {} }))
        expect(widthOf(fitted(spans, width))).toBe(width)
      }),
    )
  })

  it('say the same with and without colour', () => {
    const spans = [{ text: 'bad', tone: { color: 'red', bold: true } }, ...line(' and plain')]
    expect(paint(spans, true)).toBe('\u001b[0;1;31mbad\u001b[0m and plain')
    expect(paint(spans, false)).toBe('\u001b[0;1mbad\u001b[0m and plain')
  })
})

describe('keys', () => {
  it('mean one thing each', () => {
    const typed = [...'?qjJgGlkzhp+:/ 123456789'].map(input => ({ input, key: NO_KEY }))
    const special = (['return', 'escape', 'pageUp', 'home', 'downArrow'] as const).map(name => ({
      input: '',
      key: { ...NO_KEY, [name]: true },
    }))
    for (const { input, key } of [...typed, ...special]) {
      expect(KEYS.filter(binding => binding.matches(input, key))).toHaveLength(1)
      expect(actionOf(input, key)).toBeDefined()
    }
    expect(actionOf('5', NO_KEY)).toBe('panel-faults')
  })

  it('come one by one when several arrive at once', () => {
    expect(strokesOf(':heal\r', NO_KEY).map(({ input, key }) => (key.return ? 'enter' : input))).toEqual([
      ...':heal',
      'enter',
    ])
  })
})

describe('the view', () => {
  const nodes = ['a', 'b', 'c']
  const extent = { nodes, lines: 100, page: 10 }

  it('moves among the nodes and stops at the ends', () => {
    let view = FIRST_VIEW
    for (const action of ['up', 'down', 'down', 'down', 'down'] as const) view = act(view, action, extent)
    expect(selectedNode(view, nodes)).toBe('c')
    expect(selectedNode(act(view, 'first', extent), nodes)).toBe('a')
  })

  it('keeps the node when others come, and takes the first when it is gone', () => {
    const view = act(FIRST_VIEW, 'down', extent)
    expect(selectedNode(view, ['x', 'a', 'b'])).toBe('b')
    expect(selectedNode(view, ['x', 'y'])).toBe('x')
  })

  it('marks a node and goes on to the next', () => {
    let view = act(act(FIRST_VIEW, 'mark', extent), 'mark', extent)
    expect([...view.marked]).toEqual(['a', 'b'])
    view = act(act(view, 'first', extent), 'mark', extent)
    expect([...view.marked]).toEqual(['b'])
  })

  it('scrolls up in a log and returns to following', () => {
    let view = act(FIRST_VIEW, 'logs', extent)
    view = act(act(view, 'page-up', extent), 'up', extent)
    expect(view).toMatchObject({ zoom: 'logs', scrolled: 11 })
    expect(act(view, 'first', extent).scrolled).toBe(90)
    expect(act(view, 'last', extent).scrolled).toBe(0)
  })

  it('scrolls down where the newest is on top', () => {
    const view = act(FIRST_VIEW, 'panel-chain', extent)
    expect(act(view, 'down', extent).scrolled).toBe(1)
    expect(act(view, 'up', extent).scrolled).toBe(0)
  })

  it('goes back one thing at a time', () => {
    const deep: View = { ...FIRST_VIEW, zoom: 'chain', detail: true, filter: 'x', marked: new Set(['a']) }
    const steps = [deep]
    for (let i = 0; i < 4; i++) steps.push(act(steps.at(-1) as View, 'back', extent))
    expect(steps.map(view => [view.detail, view.zoom, view.filter, view.marked.size])).toEqual([
      [true, 'chain', 'x', 1],
      [false, 'chain', 'x', 1],
      [false, undefined, 'x', 1],
      [false, undefined, '', 1],
      [false, undefined, '', 0],
    ])
  })
})

describe('typing', () => {
  const key = (which: Partial<Key>) => which as Key

  it('edits in the middle of the line', () => {
    let edit = NO_TEXT
    for (const character of 'heal') edit = edited(edit, character, NO_KEY)
    edit = edited(edited(edit, '', key({ leftArrow: true })), '', key({ delete: true }))
    expect(edit).toEqual({ text: 'hel', cursor: 2 })
    expect(edited(edit, 'w', key({ ctrl: true }))).toEqual({ text: 'l', cursor: 0 })
    expect(edited(textOf('kill miners-1'), 'w', key({ ctrl: true })).text).toBe('kill ')
  })

  it('takes nothing that cannot be printed', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 3 }), text => {
        expect(edited(NO_TEXT, text, NO_KEY).text).not.toMatch(/\p{Cc}/u)
      }),
    )
  })
})

describe('commands', () => {
  const paper = new PaperNetwork()
  paper.launch()
  const testnet = paperTestnet(paper)
  const complete = (text: string) => completed(text, testnet)

  it('complete verbs, nodes and faults', () => {
    expect(complete('par').text).toBe('partition ')
    expect(complete('partition hal').text).toBe('partition halves ')
    expect(complete('kill min')).toMatchObject({
      text: 'kill miners',
      choices: expect.arrayContaining(['miners-5']),
    })
    expect(complete('kill miners-1,miners-2').text).toBe('kill miners-1,miners-2 ')
    paper.testnet({ type: 'fault-started', id: 'cut-7', kind: 'partition', target: 'x', detail: '' })
    expect(complete('heal ').text).toBe('heal cut-7 ')
    expect(complete('start ')).toEqual({ text: 'start ', choices: [] })
    expect(complete('nothing of the kind').choices).toEqual([])
  })

  it('complete hosts where a fault takes them', () => {
    const hosts = ['here', 'hall'].map(name => ({ name, labels: [] }))
    const onHosts = { state: () => ({ ...testnet.state(), hosts }) }
    expect(completed('host-down he', onHosts).text).toBe('host-down here ')
    expect(completed('host-cut ', onHosts)).toEqual({ text: 'host-cut h', choices: ['here', 'hall'] })
    expect(complete('host-down m').choices).toEqual([])
  })

  it('never lose what was typed', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        expect(complete(text).text.startsWith(text)).toBe(true)
      }),
    )
  })

  it('reach whole groups', async () => {
    const { command, args } = parseCommand('pause miners')
    await command.run(testnet, args)
    expect(testnet.given.filter(order => order.startsWith('pause'))).toHaveLength(5)
  })

  it('make every kind of fault, with flags', async () => {
    const injected: unknown[] = []
    const recording = {
      ...testnet,
      inject: async (...given: Parameters<typeof testnet.inject>) => {
        injected.push(given)
        return await testnet.inject(...given)
      },
    }
    const give = async (text: string) => {
      const { command, args } = parseCommand(text)
      return await command.run(recording, args)
    }
    await give('link miners-1 -> miners-2 --latency 300ms --loss 2%')
    await give('partition miners-1 | rest --for 30s')
    expect(injected).toEqual([
      [
        { kind: 'link', on: 'miners-1 -> miners-2', worse: { latencyMs: 300, loss: 0.02 } },
        { forMs: undefined },
      ],
      [{ kind: 'partition', cut: 'miners-1 | rest' }, { forMs: 30_000 }],
    ])
    await expect(give('link miners-1')).rejects.toThrow('nothing gets worse')
    for (const kind of LIVE_KINDS) expect(parseCommand(kind).command.name).toBe(kind)
  })

  it('pay from one node to another', async () => {
    const { command, args } = parseCommand('tx miners-1 miners-2 0.5')
    expect(await command.run(testnet, args)).toContain('miners-1 pays miners-2 0.5')
    expect(testnet.given).toEqual(
      expect.arrayContaining(['getnewaddress miners-2', 'sendtoaddress miners-1']),
    )
    const wrong = parseCommand('tx miners-1 miners-2 much')
    await expect(wrong.command.run(testnet, wrong.args)).rejects.toThrow('is not an amount')
  })
})

describe('bars', () => {
  it('put a fault where it was in the time of the run', () => {
    const run = { startedMs: 0, nowMs: 100 }
    expect(faultBar({ fromMs: 20, toMs: 50 }, run, 10)).toBe('──━━━─────')
    expect(faultBar({ fromMs: 80, toMs: undefined }, run, 10)).toBe('────────━━')
    expect(faultBar({ fromMs: 100, toMs: undefined }, run, 10)).toBe('─────────━')
    expect(faultBar({ fromMs: 0, toMs: 1 }, run, 0)).toBe('')
  })

  it('show when nodes heard of a block', () => {
    expect(arrivals([0, 1, 50, 900], 10, 100)).toBe('█····▄···▄')
    expect(arrivals([], 3, 100)).toBe('···')
  })

  it('squeeze or stretch a series to the width', () => {
    expect(strips([0, 4, 8], 3)).toBe('▁▄█')
    expect(strips([0, 0, 0, 8], 2)).toBe('▁█')
    expect(strips([8], 3)).toBe('███')
    expect(strips([], 3)).toBe('▁▁▁')
  })
})

describe('the head of the screen', () => {
  it('says everything within 80 columns, in full where there is room', () => {
    const { observer } = new PaperNetwork()
    const now = observer.state()
    const state = stateWith({
      ...now,
      height: 1160,
      tips: 2,
      converged: false,
      checkProofOfWork: false,
      hashRate: { askedHps: 1e6, measuredHps: 1e6 },
      propagation: { p50Ms: 54.8, p90Ms: 145, p99Ms: 252, allMs: 300 },
      totals: {
        ...now.systems.ledger.totals,
        blocks: 1281,
        staleBlocks: 160,
        transactionsSent: 2200,
        transactionsConfirmed: 1740,
      },
    })
    const text = (width: number) =>
      headerLines(state, width).map(spans => spans.map(span => span.text).join(''))
    const narrow = text(80)
    expect(Math.max(...narrow.map(line => line.length))).toBeLessThanOrEqual(80)
    expect(narrow[1]).toContain('mining 1 MH/s (simulated)   stale 160 (12.5 %)')
    expect(narrow[2]).toContain('50 % in 54.8 ms   90 % 145 ms   1,740/2,200 tx')
    const wide = text(120)
    expect(wide[1]).toContain('mining 1 MH/s of 1 MH/s (simulated)   stale 160 of 1,281 (12.5 %)')
    expect(wide[2]).toContain('tx 2,200 sent, 1,740 confirmed')
  })
})
