// What a report keeps of what the state forgets: lines up to a limit, the slowest blocks, when each node had them, and the tips
// of nodes that come and go.

import { describe, expect, it } from 'vitest'
import type { ObservedEvent } from '../../orchestrator/observe/events.ts'
import type { Folded } from '../../orchestrator/observe/folded.ts'
import type { Look, Observer } from '../../orchestrator/observe/observer.ts'
import type { NetworkState } from '../../orchestrator/observe/state.ts'
import { Chronicle, lineOf } from '../../orchestrator/report/chronicle.ts'
import { runFacts } from '../../orchestrator/report/files.ts'
import { makeReport } from '../../orchestrator/report/model.ts'
import type { BlockState } from '../../orchestrator/systems/ledger/state.ts'
import { launched, START_MS } from '../support/network-double.ts'

const blockOf = (height: number, receivedMs: Record<string, number> = {}, more: Partial<BlockState> = {}) =>
  ({
    ...{ hash: `b${height}`, prev: `b${height - 1}`, height, firstSeenMs: 1000 * height, miner: 'a' },
    ...{ transactions: 3, bytes: 400, rejected: undefined, receivedMs, seenMs: {}, sources: {}, apart: {} },
    running: Math.max(2, Object.keys(receivedMs).length),
    ...more,
  }) as unknown as BlockState

/** A chronicle over an observer that forgets what it is told to, and shows these nodes. */
function chronicleOf(nodes: readonly { name: string; tip?: string }[] = []) {
  let forget: (blocks: readonly BlockState[]) => void = () => {}
  let take: (event: ObservedEvent) => void = () => {}
  const observer = {
    around: (look: Look) => {
      forget = blocks => {
        const forks = { blocks, older: { blocks: 0 } }
        const folded = { systems: { ledger: { forks } } } as unknown as Folded
        look.before(folded)
        Object.assign(forks, { blocks: [], older: { blocks: blocks.length } })
        look.after(folded)
      }
    },
    tap: (listener: typeof take) => {
      take = listener
    },
    state: () => ({ nodes: nodes.map(({ name, tip }) => ({ name, systems: { ledger: { tip } } })) }),
  }
  const chronicle = new Chronicle(observer as unknown as Observer)
  const told = (timeMs: number, event: object, node?: string) =>
    take({ seq: 1, timeMs, node, event } as unknown as ObservedEvent)
  return { chronicle, forget: (blocks: readonly BlockState[]) => forget(blocks), told }
}

const stateOf = (blocks: readonly BlockState[]) =>
  ({ systems: { ledger: { blocks } } }) as unknown as NetworkState
/** Of two nodes that run, with this of the ledger otherwise. */
function withLedger(change: object): NetworkState {
  const state = launched(2).observer.state()
  return { ...state, systems: { ...state.systems, ledger: { ...state.systems.ledger, ...change } } }
}

const heights = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('lines', () => {
  it('are those that were forgotten and those that are still there, by time', () => {
    const { chronicle, forget } = chronicleOf()
    forget([blockOf(1), blockOf(2)])
    const late = blockOf(4, {}, { firstSeenMs: 500 })
    const lines = chronicle.lines(stateOf([blockOf(3), late]))
    expect(lines.map(({ height }) => height)).toEqual([4, 1, 2, 3])
    expect(chronicle.forgotten).toBe(0)
  })

  it('tell of a block what a report needs', () => {
    const block = blockOf(7, { a: 0, b: 10, c: 20, d: 90 }, { rejected: 'too large' })
    expect(lineOf(block)).toEqual({
      ...{ hash: 'b7', prev: 'b6', height: 7, timeMs: 7000, miner: 'a', transactions: 3, bytes: 400 },
      ...{ rejected: true, p50Ms: 10, p90Ms: 90 },
    })
    expect(lineOf(blockOf(7))).toMatchObject({ rejected: false, p50Ms: undefined, p90Ms: undefined })
  })

  it('are kept up to twenty thousand, and forgotten two thousand at a time', () => {
    const { chronicle, forget } = chronicleOf()
    forget(heights(1, 21_999).map(height => blockOf(height)))
    expect(chronicle.forgotten).toBe(0)
    forget([blockOf(22_000)])
    expect(chronicle.forgotten).toBe(2000)
    const lines = chronicle.lines(stateOf([]))
    expect([lines.length, lines[0]?.height, lines.at(-1)?.height]).toEqual([20_000, 2001, 22_000])
  })
})

describe('arrivals', () => {
  it('at a node are those of others’ blocks that nothing kept from it, old and new', () => {
    const { chronicle, forget } = chronicleOf()
    forget([
      blockOf(1, { a: 0, b: 11 }),
      blockOf(2, { a: 0, b: 12 }, { apart: { b: true } }),
      blockOf(3, { a: 0 }),
    ])
    const state = stateOf([blockOf(4, { a: 0, b: 14 }), blockOf(5, { b: 0, a: 15 }, { miner: 'b' })])
    expect(chronicle.arrivals('b', state)).toEqual([11, 14])
    expect(chronicle.arrivals('a', state)).toEqual([15])
    expect(chronicle.arrivals('c', state)).toEqual([])
  })

  it('are the last two thousand', () => {
    const { chronicle, forget } = chronicleOf()
    for (const height of heights(1, 4500)) forget([blockOf(height, { b: height })])
    const arrivals = chronicle.arrivals('b', stateOf([blockOf(4501, { b: 4501 })]))
    expect([arrivals.length, arrivals[0], arrivals.at(-1)]).toEqual([2000, 2502, 4501])
  })
})

it('the slowest are the six that took longest to nine in ten, of all there were; not those that came to nobody', () => {
  const { chronicle, forget } = chronicleOf()
  const at = (height: number, ms: number) => blockOf(height, { a: 0, b: ms })
  forget([at(1, 50), at(2, 10), at(3, 90), blockOf(4, { a: 0 }), at(5, 0)])
  forget([at(6, 70), at(7, 20)])
  const few = chronicle.slowest(stateOf([])).map(({ height }) => height)
  expect(few).toEqual([3, 6, 1, 7, 2, 5])
  expect(chronicle.slowest(stateOf([at(8, 60)])).map(({ height }) => height)).toEqual([3, 6, 8, 1, 7, 2])
})

it('a block that was refused is none of its miner’s, be it stale or not', () => {
  const paper = launched(2)
  const chronicle = new Chronicle(paper.observer)
  const hash = 'a'.repeat(64)
  const header = { hash, prev: 'b'.repeat(64), height: 1, headerTime: 0, bits: 0x1e0fffff }
  paper.node('miners-1', { type: 'block-mined', hash, height: 1, transactions: 1 })
  paper.node('miners-2', { type: 'block-received', ...header, transactions: 1, bytes: 200, from: 1 })
  const lineOfMiner = () => {
    const rest = { checks: undefined, vacuous: false, runDirectory: 'runs/x', run: runFacts(START_MS) }
    const { nodes, blocks } = makeReport({ state: paper.observer.state(), chronicle, ...rest }).report
    return { stale: nodes[0]?.staleBlocks, blocks: nodes[0]?.blocks, columns: blocks.height.length }
  }
  expect(lineOfMiner()).toEqual({ stale: 1, blocks: 0, columns: 1 })
  paper.node('miners-2', { type: 'block-rejected', hash, reason: 'high-hash' })
  expect(lineOfMiner()).toEqual({ stale: 0, blocks: 0, columns: 0 })
})

describe('a block on its way at the end', () => {
  const tip = (hash: string) => ({ type: 'tip', hash })
  /** All were on one tip from 1000 until `apartMs`, when one found a block; the run ends at 9000. */
  const onItsWay = (apartMs: number, change: object) => {
    const { chronicle, told } = chronicleOf()
    for (const node of ['a', 'b']) told(0, tip('g'), node)
    told(500, tip('x'), 'a')
    told(1000, tip('x'), 'b')
    told(apartMs, tip('y'), 'b')
    told(9000, { type: 'network-stopping' })
    const state = withLedger({ converged: false, tips: 2, ...change })
    const rest = { checks: undefined, vacuous: false, runDirectory: 'runs/x', run: runFacts(0) }
    return makeReport({ state, chronicle, ...rest }).report.onItsWay
  }

  it('is all that parts nodes which stand on two tips for less than a block travels', () => {
    expect(onItsWay(8900, {})).toBe(true)
    expect(onItsWay(8900, { tips: 3 })).toBe(true)
  })

  it('is no excuse for nodes that were apart for longer, nor for those that have no tip', () => {
    expect(onItsWay(8000, {})).toBe(false)
    expect(onItsWay(8900, { tips: 1 })).toBe(false)
  })

  it('is not spoken of where all agreed', () => {
    expect(onItsWay(8900, { converged: true, tips: 1 })).toBe(false)
    expect(onItsWay(8900, { converged: true, tips: 2 })).toBe(false)
  })
})

it('times of blocks are kept to a tenth of a millisecond, and are null where nobody had them', () => {
  const { chronicle } = chronicleOf()
  const times = { a: 0, b: 10.06, c: 20.24, d: 31 }
  const blocks = [
    blockOf(1, times, { firstSeenMs: 1000.4 }),
    blockOf(2, { a: 0 }),
    blockOf(3, times, { rejected: 'x' }),
  ]
  const state = withLedger({ blocks, tip: 'b1' })
  const rest = { checks: undefined, vacuous: false, runDirectory: 'runs/x', run: runFacts(0) }
  expect(makeReport({ state, chronicle, ...rest }).report.blocks).toEqual({
    ...{ timeMs: [1000, 2000], height: [1, 2], active: [1, 0] },
    ...{ p50Ms: [10.1, null], p90Ms: [31, null] },
  })
})

describe('the way of the slowest', () => {
  /** Of one block that came to all but its miner so much later each. */
  const wayOf = (nodes: number, stepMs: number) => {
    const paper = launched(nodes)
    const chronicle = new Chronicle(paper.observer)
    const hash = 'a'.repeat(64)
    for (const [i, name] of paper.names.entries()) {
      const header = { hash, prev: 'b'.repeat(64), height: 1, headerTime: 0, bits: 0x1e0fffff }
      const event = { type: 'block-received', ...header, transactions: 1, bytes: 200, from: 1 } as const
      paper.node(name, event, START_MS + 10 + i * stepMs)
    }
    const run = runFacts(START_MS)
    const state = paper.observer.state()
    const rest = { checks: undefined, vacuous: false, runDirectory: 'runs/x' }
    return makeReport({ run, state, chronicle, ...rest }).report.slowest[0]
  }

  it('is told for a hundred nodes, and its time for all', () => {
    expect(wayOf(100, 2)).toMatchObject({ hops: { length: 100 }, allMs: 198 })
    expect(wayOf(101, 2)).toMatchObject({ hops: { length: 100 }, allMs: 200 })
  })

  it('took no time where all had it at once', () => {
    expect(wayOf(3, 0)).toMatchObject({ hops: { length: 3 }, p50Ms: 0, p90Ms: 0, allMs: 0 })
  })
})

describe('tips', () => {
  const tip = (hash: string) => ({ type: 'tip', hash })

  it('of a node count from what it says until it is down or frozen', () => {
    const { chronicle, told } = chronicleOf()
    told(0, { type: 'network-ready' })
    told(100, tip('x'), 'a')
    told(100, tip('y'), 'b')
    told(1100, { type: 'node-exited', node: 'b' })
    told(2000, tip('y'), 'b')
    told(2500, { type: 'node-paused', node: 'b' })
    told(9000, { type: 'network-stopping' })
    told(9500, tip('z'), 'b')
    expect(chronicle.disagreements()).toEqual([
      { fromMs: 100, toMs: 1100, tips: 2 },
      { fromMs: 2000, toMs: 2500, tips: 2 },
    ])
    expect([chronicle.readyMs, chronicle.endMs]).toEqual([0, 9000])
  })

  it('of a node that goes on are what it stood on', () => {
    const { chronicle, told } = chronicleOf([
      { name: 'a', tip: 'x' },
      { name: 'b', tip: 'y' },
    ])
    told(0, tip('x'), 'a')
    told(0, tip('y'), 'b')
    told(1000, { type: 'node-paused', node: 'b' })
    told(3000, { type: 'node-resumed', node: 'b' })
    told(4000, { type: 'network-stopping' })
    expect(chronicle.disagreements()).toEqual([
      { fromMs: 0, toMs: 1000, tips: 2 },
      { fromMs: 3000, toMs: 4000, tips: 2 },
    ])
  })
})
