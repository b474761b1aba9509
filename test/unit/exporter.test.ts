// The network's metrics: valid Prometheus text, read from the state, with bounded labels.

import { describe, expect, it } from 'vitest'
import { METRICS } from '../../orchestrator/observe/exporter.ts'
import { PaperNetwork } from '../support/network-double.ts'

/** `name{labels}` → value. */
function parse(text: string): Map<string, number> {
  const samples = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const match = /^([a-z_]+(?:\{[^}]*\})?) (\S+)$/.exec(line)
    if (!match?.[1] || !match[2]) throw new Error(`not a sample: ${line}`)
    expect(samples.has(match[1])).toBe(false)
    samples.set(match[1], match[2] === 'Nan' ? Number.NaN : Number(match[2]))
  }
  return samples
}

describe('the exporter', () => {
  it('exports every metric of the registry, with its help and type', async () => {
    const paper = new PaperNetwork()
    paper.launch()
    const text = await paper.observer.metrics()
    for (const { name, kind, help } of METRICS) {
      expect(text).toContain(`# HELP ${name} ${help}`)
      expect(text).toContain(`# TYPE ${name} ${kind}`)
      expect(name.endsWith('_total')).toBe(kind === 'counter')
    }
  })

  it('reads the state at scrape time', async () => {
    const paper = new PaperNetwork()
    paper.launch()
    paper.block({ miner: 'miners-1' })
    paper.block({ miner: 'miners-2', reach: ['miners-1'] })
    paper.testnet({ type: 'fault-started', id: '1', kind: 'partition', target: 'all', detail: 'halves' })
    const samples = parse(await paper.observer.metrics())
    expect(samples.get('netsplit_network_height_blocks')).toBe(2)
    expect(samples.get('netsplit_network_tips')).toBe(2)
    expect(samples.get('netsplit_network_converged')).toBe(0)
    expect(samples.get('netsplit_network_blocks_total')).toBe(2)
    expect(samples.get('netsplit_network_nodes{phase="running"}')).toBe(5)
    expect(samples.get('netsplit_network_nodes{phase="failed"}')).toBe(0)
    expect(samples.get('netsplit_network_faults_active{kind="partition"}')).toBe(1)
    expect(samples.get('netsplit_network_node_tip_group{node="miners-1"}')).toBe(2)
    expect(samples.get('netsplit_network_node_tip_group{node="miners-5"}')).toBe(1)
    expect(samples.get('netsplit_network_block_propagation_seconds_count')).toBe(5)
    expect(samples.get('netsplit_network_block_propagation_seconds_bucket{le="+Inf"}')).toBe(5)
  })

  it('tells the phases of the faults, and how long the network took to agree again', async () => {
    const paper = new PaperNetwork()
    paper.launch()
    const read = async (name: string) => parse(await paper.observer.metrics()).get(`netsplit_network_${name}`)
    expect(await read('fault_phase')).toBe(0)
    paper.block({ miner: 'miners-1' })
    const sides = [
      ['miners-1', 'miners-2'],
      ['miners-3', 'miners-4', 'miners-5'],
    ]
    const fault = { id: '1', kind: 'partition', target: 'all', detail: 'halves', sides }
    paper.testnet({ type: 'fault-started', ...fault })
    paper.block({ miner: 'miners-1', reach: ['miners-1', 'miners-2'] })
    expect(await read('fault_phase')).toBe(1)
    expect(await read('node_side{node="miners-1"}')).toBe(1)
    expect(await read('node_side{node="miners-5"}')).toBe(2)
    paper.testnet({ type: 'fault-ended', id: '1' })
    expect(await read('fault_phase')).toBe(2)
    expect(await read('faults_active{kind="partition"}')).toBe(0)
    expect(await read('faults_total{kind="partition"}')).toBe(1)
    expect(await read('convergence_seconds')).toBeUndefined()
    paper.pass(3000)
    paper.block({ miner: 'miners-1' })
    // The history keeps a point a second.
    for (let i = 0; i < 3; i++) {
      paper.pass(1000)
      paper.sample()
    }
    const seconds = await read('convergence_seconds')
    expect(seconds).toBeGreaterThanOrEqual(3)
    expect(seconds).toBeLessThanOrEqual(5)
  })

  it('tells who hears of blocks first, and how long blocks take by region', async () => {
    const paper = new PaperNetwork()
    paper.launch()
    for (let i = 0; i < 4; i++) paper.block({ miner: 'miners-1', delayMs: 50 })
    const samples = parse(await paper.observer.metrics())
    // The paper network reaches the others in their order.
    expect(samples.get('netsplit_network_node_first_seen_ratio{node="miners-2"}')).toBe(1)
    expect(samples.get('netsplit_network_node_first_seen_ratio{node="miners-1"}')).toBe(0)
    expect(samples.get('netsplit_network_region_propagation_seconds{region="none"}')).toBeGreaterThan(0.05)
    expect(samples.get('netsplit_network_node_blocks_mined_total{node="miners-1"}')).toBe(4)
    expect(samples.get('netsplit_network_block_interval_seconds_count')).toBe(3)
  })

  it('has a histogram whose buckets only rise', async () => {
    const paper = new PaperNetwork()
    paper.launch()
    for (let i = 0; i < 20; i++) paper.block({ miner: 'miners-1', delayMs: 5 * 2 ** (i % 8) })
    const samples = parse(await paper.observer.metrics())
    const buckets = [...samples].filter(([name]) => name.includes('propagation_seconds_bucket'))
    const counts = buckets.map(([, count]) => count)
    expect(counts).toEqual([...counts].sort((a, b) => a - b))
    expect(counts[0]).toBeLessThan(counts.at(-1) ?? 0)
    expect(counts.at(-1)).toBe(80)
  })

  it('never puts a hash or an address into a label', async () => {
    const paper = new PaperNetwork()
    paper.launch()
    for (let i = 0; i < 5; i++) paper.block({ miner: 'miners-1' })
    expect(await paper.observer.metrics()).not.toMatch(/\{[^}]*([0-9a-f]{16}|127\.0\.0\.1)/)
  })
})
