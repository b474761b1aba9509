// The observer: what it makes of events, whatever their order between nodes, and how it shows it.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ObservedEvent } from '../../orchestrator/observe/events.ts'
import { Observer } from '../../orchestrator/observe/observer.ts'
import { reduce } from '../../orchestrator/observe/reducer.ts'
import { initial, snapshot } from '../../orchestrator/observe/snapshot.ts'
import type { NetworkState } from '../../orchestrator/observe/state.ts'
import { ledgerSummary } from '../../orchestrator/systems/ledger/summary.ts'
import { agreement } from '../../orchestrator/systems/ledger/words.ts'
import { launched, PaperNetwork, paperPlan, START_MS } from '../support/network-double.ts'

describe('the order of events', () => {
  /** The events of a run with a split and its healing. */
  function recorded(): ObservedEvent[] {
    const paper = new PaperNetwork(paperPlan(4))
    const events: ObservedEvent[] = []
    paper.observer.tap(event => events.push(event))
    paper.launch()
    const [west, east] = [
      ['miners-1', 'miners-2'],
      ['miners-3', 'miners-4'],
    ]
    paper.block({ miner: 'miners-1' })
    paper.block({ miner: 'miners-2', reach: west })
    paper.block({ miner: 'miners-3', reach: east })
    paper.block({ miner: 'miners-4', reach: east })
    paper.block({ miner: 'miners-4' })
    return events
  }

  it('does not matter between nodes: any interleaving gives the same tree and times', () => {
    const events = recorded()
    const head = events.filter(event => event.node === undefined)
    const streams = paperPlan(4).nodes.map(({ name }) => events.filter(event => event.node === name))
    const fold = (all: readonly ObservedEvent[]) => {
      const plan = paperPlan(4)
      const state = snapshot(all.reduce(reduce, initial(plan, 'process', START_MS)), START_MS)
      const blocks = [...state.systems.ledger.blocks].sort((a, b) => (a.hash < b.hash ? -1 : 1))
      const {
        nodes,
        systems: {
          ledger: { tip, height, totals, propagationHistogram },
        },
      } = state
      return { blocks, tip, height, totals, propagationHistogram, nodes }
    }
    const wanted = fold(events)
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat({ max: 3 })), picks => {
        const rest = streams.map(stream => [...stream])
        const shuffled: ObservedEvent[] = [...head]
        for (const pick of picks) {
          const open = rest.filter(stream => stream.length > 0)
          const next = open[pick % open.length]?.shift()
          if (!next) break
          shuffled.push(next)
        }
        expect(fold(shuffled)).toEqual(wanted)
      }),
      { numRuns: 60 },
    )
  })

  it('gives the same whether tables are copied or written in place, and what was shown or given never changes', () => {
    const events = eventful()
    const plan = paperPlan(4)
    const names = [undefined, ...plan.nodes.map(({ name }) => name), 'full-1']
    const streams = names.map(name => events.filter(event => event.node === name))
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat({ max: 199 })), picks => {
        let nowMs = START_MS
        const observer = new Observer({ plan, runtime: 'process', clock: () => nowMs })
        let pure = initial(plan, 'process', START_MS)
        const kept: { readonly value: () => NetworkState; readonly text: string }[] = []
        const keep = (value: () => NetworkState) => kept.push({ value, text: JSON.stringify(value()) })
        const rest = streams.map(stream => [...stream])
        for (const pick of picks) {
          const open = rest.filter(({ length }) => length > 0)
          const event = open[pick % open.length]?.shift()
          if (!event) break
          nowMs = event.timeMs
          const { node } = event
          pure = reduce(
            pure,
            node === undefined ? observer.observe(node, event.event) : observer.observe(node, event.event),
          )
          if (pick < 190) continue
          const [shown, given] = [observer.state(), pure]
          expect(shown).toEqual(snapshot(given, nowMs))
          keep(() => shown)
          keep(() => snapshot(given, START_MS))
        }
        expect(observer.state()).toEqual(snapshot(pure, nowMs))
        for (const { value, text } of kept) expect(JSON.stringify(value())).toBe(text)
      }),
      { numRuns: 60 },
    )
  })
})

/** The events of a run in which everything happens that the state tells of. */
function eventful(): ObservedEvent[] {
  const paper = new PaperNetwork(paperPlan(4))
  const events: ObservedEvent[] = []
  paper.observer.tap(event => events.push(event))
  const [a, b, c, d] = paper.names as [string, string, string, string]
  const peer = { inbound: false, userAgent: '/netsplit/' }
  paper.launch()
  paper.names.forEach((name, i) => {
    for (let to = 0; to < 4; to++)
      if (to !== i)
        paper.node(name, { type: 'peer-up', peer: to, address: `127.0.0.1:${20_000 + to}`, ...peer })
  })
  paper.block({ miner: a })
  paper.testnet({ type: 'load-sent', node: a, txid: 'ab' })
  paper.node(b, { type: 'tx-accepted', txid: 'ab', bytes: 1, feeSat: 1, from: 1 })
  paper.pass(1000)
  paper.sample()
  const [west, east] = [
    [a, b],
    [c, d],
  ] as const
  const fault = { id: 'cut', kind: 'partition', target: 'halves', detail: '', sides: [west, east] }
  paper.testnet({ type: 'fault-started', ...fault })
  const link = { ...paper.plan.defaultLink, blocked: true }
  for (const from of west) paper.testnet({ type: 'link-changed', from, to: c, link })
  paper.testnet({ type: 'fault-verified', id: 'cut', ok: true, asked: 'silence', measured: 'silence' })
  const lost = paper.block({ miner: b, reach: [a] })
  paper.block({ miner: c, reach: [d] })
  paper.block({ miner: d, reach: [c] })
  paper.node(a, {
    type: 'peer-down',
    peer: 2,
    address: '127.0.0.1:20002',
    inbound: false,
    why: 'ping timeout',
  })
  paper.pass(3000)
  paper.testnet({ type: 'link-changed', from: a, to: c, link: paper.plan.defaultLink })
  paper.testnet({ type: 'fault-ended', id: 'cut' })
  paper.receive(c, lost)
  paper.testnet({ type: 'node-paused', node: d })
  paper.block({ miner: c, reach: [a, b] })
  paper.testnet({ type: 'node-resumed', node: d })
  paper.block({ miner: a })
  const exit = { code: 1, signal: null, expected: false, lastLines: ['no'] }
  paper.testnet({ type: 'node-exited', node: b, ...exit })
  paper.testnet({ type: 'node-added', node: 'full-1', group: 'full', askedHps: 0 })
  paper.up('full-1', 4)
  paper.block({ miner: a, reach: [c, 'full-1'] })
  paper.node(c, { type: 'block-rejected', hash: lost, reason: 'bad-cb-amount' })
  paper.testnet({ type: 'load-failed', node: b, detail: 'down' })
  paper.pass(1000)
  paper.sample()
  paper.testnet({ type: 'network-stopping', why: 'time is up' })
  return events
}

describe('nodes', () => {
  it('says how a node ended and lets it come back', () => {
    const paper = launched()
    const exit = { code: null, signal: 'SIGKILL', expected: false, lastLines: ['out of cheese', ''] }
    paper.testnet({ type: 'node-exited', node: 'miners-3', ...exit })
    let node = paper.observer.state().nodes[2]
    expect(node).toMatchObject({ phase: 'failed', peers: 0, pid: undefined, exit })
    expect(node?.systems.ledger.measuredHps).toBe(0)
    expect(paper.observer.state().log.at(-1)).toMatchObject({
      level: 'error',
      node: 'miners-3',
      text: 'killed by SIGKILL: out of cheese',
    })
    paper.up('miners-3', 2)
    node = paper.observer.state().nodes[2]
    expect(node).toMatchObject({ phase: 'running', exit: undefined })
  })

  it('does not let an old poll undo a newer tip', () => {
    const paper = launched()
    const old = paper.tipOf('miners-1')
    const hash = paper.block({ miner: 'miners-1' })
    const poll = { height: 0, tip: old, peers: 4, mempool: 0, measuredHps: 1, hashes: 1, rssBytes: 1 }
    paper.testnet({ type: 'node-sampled', node: 'miners-1', ...poll })
    expect(paper.observer.state().nodes[0]?.systems.ledger).toMatchObject({ height: 1, tip: hash })
    paper.pass(1500)
    paper.testnet({ type: 'node-sampled', node: 'miners-1', ...poll })
    expect(paper.observer.state().nodes[0]?.systems.ledger).toMatchObject({ height: 0, tip: old })
  })

  it('does not call it agreement when a node refuses a chain with more work, and says so', () => {
    const paper = launched()
    const hash = paper.block({ miner: 'miners-1' })
    const poll = { height: 1, tip: hash, peers: 4, mempool: 0, measuredHps: 1, hashes: 1, rssBytes: 1 }
    const sample = (refused?: { height: number; tip: string }) =>
      paper.testnet({ type: 'node-sampled', node: 'miners-1', ...poll, refused })
    const { converged, tips } = paper.observer.state().systems.ledger
    expect({ converged, tips }).toEqual({ converged: true, tips: 1 })
    sample({ height: 9, tip: 'cc' })
    const state = paper.observer.state()
    expect(state.systems.ledger).toMatchObject({ tips: 1, refusing: 1, converged: false })
    expect(state.nodes[0]?.systems.ledger.refused).toEqual({ height: 9, tip: 'cc' })
    expect(agreement(state)).toEqual({ ok: false, text: 'one tip, 1 node refuses a chain with more work' })
    expect(ledgerSummary(state)).toMatchObject({ converged: false, refusing: 1 })
    sample()
    expect(agreement(paper.observer.state())).toEqual({ ok: true, text: 'one tip' })
    expect(ledgerSummary(paper.observer.state())).not.toHaveProperty('refusing')
  })

  it('measures the hash rate over the run, across restarts', () => {
    const paper = launched(2)
    const sample = (hashes: number) =>
      paper.testnet({
        ...{ type: 'node-sampled', node: 'miners-1', height: 0, tip: 'aa', peers: 1, mempool: 0 },
        ...{ measuredHps: 100, hashes, rssBytes: 1 },
      })
    paper.pass(1000)
    sample(1_000_000)
    paper.pass(10_000)
    sample(3_000_000)
    sample(5)
    paper.pass(10_000)
    sample(2_000_005)
    expect(paper.observer.state().nodes[0]?.systems.ledger.hashing).toMatchObject({ seconds: 21 })
    const hashing = paper.observer.state().nodes[0]?.systems.ledger.hashing
    expect(hashing?.hashes).toBeGreaterThanOrEqual(4_000_000)
    expect(paper.observer.summary('/run').hashRate.askedHps).toBe(400_000)
  })
})

describe('the summary', () => {
  it('tells how the network stood before it went down', () => {
    const paper = launched()
    paper.block({ miner: 'miners-1' })
    paper.pass(1000)
    paper.sample()
    paper.testnet({ type: 'load-sent', node: 'miners-1', txid: 'ab' })
    paper.testnet({ type: 'network-stopping', why: 'time is up' })
    for (const node of paper.names)
      paper.testnet({ type: 'node-exited', node, code: 0, signal: null, expected: true, lastLines: [] })
    expect(paper.observer.state().phase).toBe('stopped')
    const summary = paper.observer.summary('/runs/1')
    expect(summary).toMatchObject({
      schemaVersion: 1,
      ...{ network: 'demo', runtime: 'process', seed: 7, nodes: 5, height: 1, tips: 1, converged: true },
      ...{ blocks: 1, staleBlocks: 0, reorgMaxDepth: 0, runDirectory: '/runs/1' },
    })
    expect(summary.transactions.sent).toBe(1)
    expect(summary.hashRate.askedHps).toBe(1_000_000)
    expect(summary.hashRate.measuredHps).toBeGreaterThan(900_000)
    expect(summary.propagation.p50Ms).toBeGreaterThan(0)
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary)
  })
})

describe('snapshots', () => {
  it('come at most ten times a second, and the last event is never missed', () => {
    const paper = launched()
    const heights: number[] = []
    const end = paper.observer.subscribe(state => heights.push(state.systems.ledger.height))
    for (let i = 0; i < 100; i++) {
      paper.block({ miner: 'miners-1', reach: [] })
      paper.pass(10)
    }
    expect(heights.length).toBeLessThanOrEqual(11)
    paper.pass(200)
    expect(heights.at(-1)).toBe(100)
    end()
    paper.block({ miner: 'miners-1' })
    paper.pass(1000)
    expect(heights.at(-1)).toBe(100)
  })

  it('come the rarer the longer they take', () => {
    const paper = launched()
    let count = 0
    let tookMs = 0
    paper.observer.subscribe(() => {
      count++
      paper.nowMs += 60
      tookMs += 60
    })
    for (let i = 0; i < 100; i++) {
      paper.block({ miner: 'miners-1', reach: [] })
      paper.pass(100)
    }
    expect(count).toBeGreaterThanOrEqual(5)
    expect(tookMs).toBeLessThan(10_000 / 15)
  })

  it('share what did not change, and are never written to', () => {
    const paper = launched()
    paper.block({ miner: 'miners-1' })
    const before = paper.observer.state()
    const frozen = structuredClone(before)
    paper.block({ miner: 'miners-2', reach: ['miners-1'] })
    const after = paper.observer.state()
    expect(after.systems.ledger.blocks[0]).toBe(before.systems.ledger.blocks[0])
    expect(after.nodes[4]).toBe(before.nodes[4])
    expect(before).toEqual(frozen)
  })
})
