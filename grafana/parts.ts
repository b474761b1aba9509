// What the dashboards share: selectors, thresholds, and panels that stand on more than one.

import type { Panel, Thresholds } from './builder.ts'

export const NETWORK = '{network="$network"}'
export const NODE = '{network="$network", node=~"$node"}'
export const RATE = '[$__rate_interval]'

export const GOOD_AT_ONE: Thresholds = [
  [null, 'red'],
  [1, 'green'],
  [2, 'orange'],
]
export const BAD_ABOVE_ZERO: Thresholds = [
  [null, 'green'],
  [1, 'red'],
]
const TIP_COLORS: Thresholds = [
  [null, 'dark-red'],
  [1, 'green'],
  [2, 'orange'],
  [3, 'purple'],
  [4, 'blue'],
]

export const stat = (panel: Omit<Extract<Panel, { kind: 'stat' }>, 'kind'>): Panel => ({
  kind: 'stat',
  ...panel,
})
export const series = (panel: Omit<Extract<Panel, { kind: 'timeseries' }>, 'kind'>): Panel => ({
  kind: 'timeseries',
  ...panel,
})

export const tipTimeline = (width: number): Panel => ({
  kind: 'state-timeline',
  title: 'Who stands on which tip',
  description:
    'Nodes on the most common tip are A, the next B, and so on. More than one letter: the network is split.',
  unit: 'none',
  width,
  states: TIP_COLORS,
  names: { '0': 'down', '1': 'A', '2': 'B', '3': 'C', '4': 'D', '5': 'E' },
  queries: [{ expr: `netsplit_network_node_tip_group${NODE}`, legend: '{{node}}' }],
})

export const heatmap = (panel: Omit<Extract<Panel, { kind: 'heatmap' }>, 'kind'>): Panel => ({
  kind: 'heatmap',
  ...panel,
})
export const bars = (panel: Omit<Extract<Panel, { kind: 'bargauge' }>, 'kind'>): Panel => ({
  kind: 'bargauge',
  ...panel,
})

/** A histogram's quantile by the labels in `by`, `le` not named. */
export function quantile(share: string, histogram: string, selector: string, by = ''): string {
  const labels = by === '' ? 'le' : `${by}, le`
  return `histogram_quantile(${share}, sum by (${labels}) (rate(${histogram}_bucket${selector}${RATE})))`
}

/** Half, nine tenths and 99 of 100. */
export const quantiles = (histogram: string, selector: string) =>
  (
    [
      ['0.5', '50 %'],
      ['0.9', '90 %'],
      ['0.99', '99 %'],
    ] as const
  ).map(([share, legend]) => ({ expr: quantile(share, histogram, selector), legend }))

/** A counter's rate, one line for each value of the labels `by`. */
export const rates = (counter: string, by: string, legend = `{{${by}}}`) => ({
  expr: `sum by (${by}) (rate(${counter}${NODE}${RATE}))`,
  legend,
})

export const faultTimeline = (width: number): Panel => ({
  kind: 'state-timeline',
  title: 'Faults in force',
  description: 'How many faults of each kind were in force.',
  unit: 'none',
  width,
  states: [
    [null, 'transparent'],
    [1, 'red'],
  ],
  queries: [{ expr: `netsplit_network_faults_active${NETWORK}`, legend: '{{kind}}' }],
})

export const sideTimeline = (width: number): Panel => ({
  kind: 'state-timeline',
  title: 'Sides of the partition',
  description: 'Which side each node was on while the network was split on purpose.',
  unit: 'none',
  width,
  states: [
    [null, 'transparent'],
    [1, 'blue'],
    [2, 'orange'],
    [3, 'purple'],
    [4, 'yellow'],
  ],
  names: { '0': 'whole', '1': 'A', '2': 'B', '3': 'C', '4': 'D' },
  queries: [{ expr: `netsplit_network_node_side${NODE}`, legend: '{{node}}' }],
})
