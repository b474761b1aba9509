// Each metric of the network beside the state it is read from: every value has a number of its own.

import { expect, it } from 'vitest'
import { METRICS } from '../../orchestrator/observe/exporter.ts'
import { stateWith } from '../support/partial-state.ts'

const node = (name: string, change: object = {}) => ({
  name,
  group: 'm',
  phase: 'running',
  tip: 'x',
  height: 0,
  askedHps: 0,
  blocksMined: 0,
  reorgs: 0,
  expected: 0,
  ...change,
})

const STATE = stateWith({
  startedMs: 1_500,
  nowMs: 90_000,
  blockIntervalMs: 5_500,
  height: 7,
  tips: 2,
  refusing: 24,
  converged: false,
  totals: {
    blocks: 11,
    staleBlocks: 3,
    reorgs: 4,
    reorgMaxDepth: 5,
    transactionsSent: 21,
    transactionsFailed: 22,
    transactionsConfirmed: 23,
  },
  hashRate: { askedHps: 31, measuredHps: 32 },
  propagationHistogram: {
    buckets: [
      { leMs: 50, count: 2 },
      { leMs: 100, count: 5 },
    ],
    count: 6,
    sumMs: 700,
  },
  propagation: { p50Ms: 41, p90Ms: 42, p99Ms: 43, allMs: undefined },
  apartArrivals: 9,
  intervals: { binMs: 1_000, counts: [1, 0, 2, 4], count: 7, sumMs: 12_500 },
  history: [],
  links: [{ blocked: true }, { blocked: false }, { blocked: false }],
  blocks: [{ firstSeenMs: 8_000 }, { firstSeenMs: 6_000 }],
  faults: [
    { id: '1', kind: 'kill', fromMs: 2_000, toMs: 3_000 },
    { id: '2', kind: 'kill', fromMs: 4_000 },
    { id: '3', kind: 'pause', fromMs: 5_000, toMs: 6_000 },
  ],
  nodes: [
    node('a', { height: 6, askedHps: 51, blocksMined: 52, expected: 54, reorgs: 53, side: 0, region: 'EU' }),
    node('b', { tip: 'y', height: 7, side: 1 }),
    node('c', { tip: 'y', group: 'n' }),
    node('d', { phase: 'stopped' }),
    node('e', { phase: 'failed' }),
    node('f', { phase: 'paused' }),
  ],
})

/** `suffix{labels} value` of each reading. */
function readings(name: string): string[] {
  const metric = METRICS.find(each => each.name === `netsplit_network_${name}`)
  if (!metric) throw new Error(`no metric ${name}`)
  return metric.read(STATE).map(({ value, labels = {}, suffix = '' }) => {
    const words = Object.entries(labels).map(([label, word]) => `${label}=${word}`)
    return `${suffix}${words.length > 0 ? `{${words.join(' ')}}` : ''} ${value}`.trim()
  })
}

const ofNodes = (...values: number[]) => values.map((value, i) => `{node=${'abcdef'[i]}} ${value}`)

it.each<[name: string, expected: string[]]>([
  ['start_time_seconds', ['1.5']],
  [
    'nodes',
    ['planned 0', 'starting 0', 'running 3', 'paused 1', 'unreachable 0', 'stopped 1', 'failed 1'].map(
      words => `{phase=${words.replace(' ', '} ')}`,
    ),
  ],
  ['height_blocks', ['7']],
  ['tips', ['2']],
  ['converged', ['0']],
  ['refusing_nodes', ['24']],
  ['blocks_total', ['11']],
  ['stale_blocks', ['3']],
  ['reorgs_total', ['4']],
  ['reorg_depth_max_blocks', ['5']],
  ['asked_hashes_per_second', ['31']],
  ['measured_hashes_per_second', ['32']],
  [
    'block_propagation_seconds',
    ['_bucket{le=0.05} 2', '_bucket{le=0.1} 5', '_bucket{le=+Inf} 6', '_sum 0.7', '_count 6'],
  ],
  [
    'block_propagation_quantile_seconds',
    ['{share=0.5} 0.041', '{share=0.9} 0.042', '{share=0.99} 0.043', '{share=1} NaN'],
  ],
  ['apart_arrivals_total', ['9']],
  [
    'block_interval_seconds',
    ['_bucket{le=1} 1', '_bucket{le=2} 1', '_bucket{le=3} 3', '_bucket{le=+Inf} 7', '_sum 12.5', '_count 7'],
  ],
  ['block_interval_planned_seconds', ['5.5']],
  ['last_block_timestamp_seconds', ['8']],
  ['transactions_sent_total', ['21']],
  ['transactions_failed_total', ['22']],
  ['transactions_confirmed', ['23']],
  ['faults_active', ['{kind=kill} 1', '{kind=pause} 0']],
  ['faults_total', ['{kind=kill} 2', '{kind=pause} 1']],
  ['fault_phase', ['1']],
  ['links_changed', ['{how=cut} 1', '{how=worse} 2']],
  [
    'node_info',
    ['a m EU', 'b m none', 'c n none', 'd m none', 'e m none', 'f m none']
      .map(words => words.split(' '))
      .map(([name, group, region]) => `{node=${name} group=${group} region=${region}} 1`),
  ],
  ['node_side', ofNodes(1, 2, 0, 0, 0, 0)],
  ['node_asked_hashes_per_second', ofNodes(51, 0, 0, 0, 0, 0)],
  ['node_blocks_mined_total', ofNodes(52, 0, 0, 0, 0, 0)],
  ['node_expected_blocks', ofNodes(54, 0, 0, 0, 0, 0)],
  ['node_reorgs_total', ofNodes(53, 0, 0, 0, 0, 0)],
  ['node_up', ofNodes(1, 1, 1, 0, 0, 0)],
  ['node_height_blocks', ofNodes(6, 7, 0, 0, 0, 0)],
  ['node_tip_group', ofNodes(2, 1, 1, 0, 0, 0)],
])('%s', (name, expected) => {
  expect(readings(name)).toEqual(expected)
})

it('says 1 when all agree, and takes the start for the last block before there is one', () => {
  const read = (name: string, change: object) =>
    METRICS.find(each => each.name === `netsplit_network_${name}`)?.read(stateWith({ ...STATE, ...change }))
  expect(read('converged', { converged: true })).toEqual([{ value: 1 }])
  expect(read('last_block_timestamp_seconds', { blocks: [] })).toEqual([{ value: 1.5 }])
})

it('tells by region how soon blocks come, and who hears of them first; "none" where the plan has no regions', () => {
  const read = (name: string, nodes: readonly object[], blocks: readonly object[]) =>
    METRICS.find(each => each.name === `netsplit_network_${name}`)?.read(
      stateWith({ ...STATE, nodes, blocks }),
    )
  const blocks = [
    { miner: 'a', seenMs: { a: 0, c: 20, b: 10 }, receivedMs: { a: 0, b: 30, c: 40 }, apart: {} },
    { miner: 'b', seenMs: { b: 0, a: 5, c: 5 }, receivedMs: { b: 0, c: 60 }, apart: {} },
    { miner: 'b', seenMs: { b: 0 }, receivedMs: { b: 0, c: 90_000 }, apart: { c: true } },
  ]
  const nodes = [node('a', { region: 'EU' }), node('b'), node('c')]
  expect(read('region_propagation_seconds', nodes, blocks)).toEqual([
    { labels: { region: 'EU' }, value: Number.NaN },
    { labels: { region: 'none' }, value: 0.04 },
  ])
  expect(read('node_first_seen_ratio', nodes, blocks)).toEqual([
    { labels: { node: 'a' }, value: 0.5 },
    { labels: { node: 'b' }, value: 1 },
    { labels: { node: 'c' }, value: 0 },
  ])
  expect(read('node_first_seen_ratio', [node('a')], [blocks[0] as object])).toEqual([
    { labels: { node: 'a' }, value: 0 },
  ])
})

it('is a histogram where it has buckets, a counter where it only grows, and else a gauge', () => {
  const histograms = ['block_propagation_seconds', 'block_interval_seconds'].map(
    name => `netsplit_network_${name}`,
  )
  const kindOf = (name: string) => (name.endsWith('_total') ? 'counter' : 'gauge')
  for (const { name, kind } of METRICS)
    expect(kind, name).toBe(histograms.includes(name) ? 'histogram' : kindOf(name))
})
