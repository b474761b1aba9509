// Networks over several hosts, each with a clock of its own: how far times can be wrong is kept with each delivery and said
// wherever its time is, and how fast blocks go is told within hosts and between them.

import { describe, expect, it } from 'vitest'
import { nodeTable } from '../../orchestrator/commands/status.ts'
import { hostLines } from '../../orchestrator/observe/host-words.ts'
import { hostsSection } from '../../orchestrator/report/html/hosts.ts'
import type { Report } from '../../orchestrator/report/model.ts'
import { propagationByHost, withinAndBetween } from '../../orchestrator/systems/ledger/observe/hosts.ts'
import { reachOf } from '../../orchestrator/systems/ledger/observe/propagation.ts'
import { screenLines } from '../../orchestrator/tui/screen.ts'
import { FIRST_VIEW } from '../../orchestrator/tui/view.ts'
import { PaperNetwork, paperPlan } from '../support/network-double.ts'

const [ONE, TWO, THREE, FOUR] = ['miners-1', 'miners-2', 'miners-3', 'miners-4'] as const

/** Two nodes on `a`, two on `b`. */
function paper(): PaperNetwork {
  const plan = paperPlan(4)
  const host = (name: string) => ({ name, engine: `unix:///${name}.sock`, share: 1, labels: [] })
  const nodes = plan.nodes.map((node, i) => ({ ...node, host: i < 2 ? 'a' : 'b' }))
  const network = new PaperNetwork({ ...plan, nodes, hosts: [host('a'), host('b')] })
  network.launch()
  return network
}

function withClocks(): PaperNetwork {
  const network = paper()
  network.testnet({ type: 'host-clock', host: 'a', offsetMs: 0.2, errorMs: 0.5 })
  network.testnet({ type: 'host-clock', host: 'b', offsetMs: -80, errorMs: 2 })
  return network
}

describe('times at nodes of two hosts', () => {
  it('can be wrong by what both clocks can, and at nodes of one host not at all', () => {
    const network = withClocks()
    network.block({ miner: ONE })
    const { ledger } = network.observer.state().systems
    const [block] = ledger.blocks
    expect({ ...block?.errorsMs }).toEqual({ [ONE]: 0, [TWO]: 0, [THREE]: 2.5, [FOUR]: 2.5 })
    expect(block && reachOf(block).errorMs).toBe(2.5)
    expect(ledger.propagation.errorMs).toBe(2.5)
    expect(network.observer.summary('').propagation.errorMs).toBe(2.5)
  })

  it('keep their errors when a clock is known better later', () => {
    const network = withClocks()
    network.block({ miner: ONE })
    network.testnet({
      type: 'host-clock',
      host: 'b',
      offsetMs: -80,
      errorMs: 1,
      before: { offsetMs: -80, errorMs: 2 },
    })
    network.block({ miner: ONE })
    const errors = network.observer.state().systems.ledger.blocks.map(block => reachOf(block).errorMs)
    expect(errors).toEqual([2.5, 1.5])
    expect(network.observer.state().systems.ledger.propagation.errorMs).toBe(2.5)
  })

  it('are beside the first sign anywhere, also when that turns up late', () => {
    const network = withClocks()
    const hash = network.block({ miner: ONE })
    const sign = { hash, by: 'inv', from: 1, fromAddress: '127.0.0.1:20000' } as const
    network.node(THREE, { type: 'block-seen', ...sign }, network.nowMs - 5_000)
    const [block] = network.observer.state().systems.ledger.blocks
    expect({ ...block?.errorsMs }).toEqual({ [ONE]: 2.5, [TWO]: 2.5, [THREE]: 0, [FOUR]: 0 })
  })

  it('are not said to be wrong where all nodes have one clock, or before any was asked', () => {
    const alone = new PaperNetwork(paperPlan(4))
    alone.launch()
    for (const network of [alone, paper()]) {
      network.block({ miner: ONE })
      const { ledger } = network.observer.state().systems
      expect(ledger.blocks[0]).not.toHaveProperty('errorsMs')
      expect(ledger.propagation).not.toHaveProperty('errorMs')
      expect(network.observer.summary('').propagation).not.toHaveProperty('errorMs')
    }
    expect(alone.observer.state()).not.toHaveProperty('hosts')
  })
})

describe('propagation', () => {
  it('is told within hosts and between them', () => {
    const network = withClocks()
    // To miners-2 after 21 ms; to both on the other host later.
    network.block({ miner: ONE, reach: [TWO, THREE, FOUR] })
    const state = network.observer.state()
    const { receivedMs = {} } = state.systems.ledger.blocks[0] ?? {}
    const [second = 0, third = 0, fourth = 0] = [TWO, THREE, FOUR].map(name => receivedMs[name])
    expect(propagationByHost(state)).toEqual([
      { from: 'a', to: 'a', count: 1, p50Ms: second, p90Ms: second, errorMs: 0 },
      { from: 'a', to: 'b', count: 2, p50Ms: third, p90Ms: fourth, errorMs: 2.5 },
    ])
    expect(withinAndBetween(state)).toEqual({
      within: { count: 1, p50Ms: second, p90Ms: second, errorMs: 0 },
      between: { count: 2, p50Ms: third, p90Ms: fourth, errorMs: 2.5 },
    })
  })

  it('has its error in the metrics, beside the clocks', async () => {
    const network = withClocks()
    network.block({ miner: ONE })
    const lines = (await network.observer.metrics()).split('\n')
    expect(lines).toContain('netsplit_network_block_propagation_error_seconds 0.0025')
    expect(lines).toContain('netsplit_network_host_clock_offset_seconds{host="b"} -0.08')
    expect(lines).toContain('netsplit_network_host_clock_error_seconds{host="b"} 0.002')
    expect(lines).toContain(
      'netsplit_network_node_info{node="miners-3",group="miners",region="none",host="b"} 1',
    )
    const told = lines.filter(line => line.startsWith('netsplit_network_host_propagation_seconds{'))
    expect(told.map(line => line.split(' ')[0])).toEqual([
      'netsplit_network_host_propagation_seconds{from="a",to="a"}',
      'netsplit_network_host_propagation_seconds{from="a",to="b"}',
    ])
  })
})

describe('hosts', () => {
  it('are in the log when their clocks are first known, and when one was set', () => {
    const network = paper()
    const clock = (offsetMs: number, errorMs: number, before?: { offsetMs: number; errorMs: number }) =>
      network.testnet({ type: 'host-clock', host: 'b', offsetMs, errorMs, ...(before && { before }) })
    clock(-40, 60)
    clock(-80, 2, { offsetMs: -40, errorMs: 60 })
    clock(-81, 1, { offsetMs: -80, errorMs: 2 })
    clock(5_000, 1, { offsetMs: -81, errorMs: 1 })
    const told = network.observer.state().log.filter(({ text }) => text.startsWith('host '))
    expect(told.map(({ level, text }) => `${level} ${text}`)).toEqual([
      'info host b: its clock is 80 ms behind ours, ± 2 ms',
      'warn host b: its clock is 5 s ahead of ours, ± 1 ms; it was set',
    ])
  })

  it('are a column of the table of nodes, and a line each', () => {
    const state = withClocks().observer.state()
    const [titles = '', first = ''] = nodeTable(state)
    expect(titles).toContain('HOST')
    expect(first).toMatch(/miners-1 .* a /)
    expect(hostLines(state)).toEqual([
      'host a: 2 of 2 nodes up, its clock 0.2 ms ahead ± 0.5 ms',
      'host b: 2 of 2 nodes up, its clock 80 ms behind ± 2 ms',
    ])
    const alone = new PaperNetwork(paperPlan(2))
    alone.launch()
    expect(nodeTable(alone.observer.state())[0]).not.toContain('HOST')
  })

  it('are places in the terminal: a column, and together among the peers; the time until 90 % says its error', () => {
    const plan = paperPlan(3)
    const host = (name: string) => ({ name, engine: `unix:///${name}.sock`, share: 1, labels: [] })
    const nodes = plan.nodes.map((node, i) => ({ ...node, host: ['a', 'b', 'a'][i] as string }))
    const network = new PaperNetwork({ ...plan, nodes, hosts: [host('a'), host('b')] })
    network.launch()
    network.testnet({ type: 'host-clock', host: 'b', offsetMs: -80, errorMs: 2.5 })
    network.block({ miner: ONE })
    const size = { columns: 160, rows: 80 }
    const lines = screenLines({ state: network.observer.state(), view: FIRST_VIEW, logs: [], ...size })
    const screen = lines.map(spans => spans.map(({ text }) => text).join(''))
    expect(screen.join('\n')).toMatch(/node +state +host +height/)
    expect(screen.join('\n')).toMatch(/90 % [\d.]+ ms ± 2\.5 ms/)
    const rows = screen.flatMap(text => / \d (miners-\d) +([\\·●].*)$/.exec(text)?.[1] ?? [])
    expect(rows).toEqual([ONE, THREE, TWO])
    expect(screen.some(text => / {2}1 {2}3 {2}2\s*$/.test(text))).toBe(true)
  })

  it('are a part of the report, with what went within and between them', () => {
    const network = withClocks()
    const state = network.observer.state()
    const deliveries = { count: 3, p50Ms: 12, p90Ms: 20, errorMs: 0 }
    const between = { ...deliveries, p50Ms: 60, errorMs: 2.5 }
    const hosts = {
      list: state.hosts ?? [],
      ...{ within: deliveries, between },
      byPair: [
        { from: 'a', to: 'a', ...deliveries },
        { from: 'a', to: 'b', ...between },
      ],
    }
    const html = hostsSection({ report: { hosts, nodes: state.nodes } } as unknown as Report)
    const text = html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')
    expect(text).toContain(
      'within a host in 12 ms (3 deliveries), between hosts in 60 ms ± 2.5 ms (3 deliveries)',
    )
    expect(text).toContain('b – 2 80 ms behind ± 2 ms')
    expect(text).toContain('a 12 ms 60 ms ± 2.5 ms b – –')
    expect(hostsSection({ report: { nodes: state.nodes } } as unknown as Report)).toBe('')
  })
})
