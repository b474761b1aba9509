// The network's metrics: valid Prometheus text, read from the state, with bounded labels.

import { describe, expect, it } from 'vitest'
import { NETWORK_METRICS } from '../../orchestrator/observe/metrics.ts'
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
    for (const { name, kind, help } of NETWORK_METRICS) {
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
