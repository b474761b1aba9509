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
