// Grafana dashboards as values: a small typed builder for the classic JSON that Grafana 10 to 13 reads. It takes care
// of what is the same everywhere (grid, ids, data source, variables), so that dashboards.ts holds only what differs.

/** Grafana's ids of units. */
export type Unit = 'none' | 'short' | 's' | 'bytes' | 'Bps' | 'Hs' | 'percentunit' | 'ops' | 'dateTimeFromNow'

export interface Query {
  readonly expr: string
  /** `{{node}}`; empty where there is one series. */
  readonly legend?: string
}

interface Described {
  readonly title: string
  readonly description: string
  readonly unit: Unit
  readonly queries: readonly Query[]
  /** Of 24 columns. */
  readonly width: number
}

/** Colours by value: the first from below everything. */
export type Thresholds = readonly (readonly [from: number | null, color: string])[]

export type Panel =
  | (Described & { readonly kind: 'stat'; readonly thresholds?: Thresholds; readonly decimals?: number })
  | (Described & {
      readonly kind: 'timeseries'
      readonly stacked?: boolean
      readonly max?: number
      /** Some of it may be below zero. */
      readonly signed?: boolean
    })
  | (Described & { readonly kind: 'heatmap' })
  | (Described & {
      readonly kind: 'state-timeline'
      readonly states: Thresholds
      readonly names?: StateNames
    })
  | (Described & { readonly kind: 'bargauge' })

export type StateNames = { readonly [value: string]: string }

export interface Row {
  readonly title: string
  /** In grid units of about 38 pixels. */
  readonly height: number
  readonly panels: readonly Panel[]
}

export interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly description: string
  readonly rows: readonly Row[]
}

/** What a system brings: file name → dashboard. */
export type SystemDashboards = { readonly [file: string]: Dashboard }

const DATASOURCE = { type: 'prometheus', uid: 'prometheus' } as const
/** Newest schema that Grafana 10 knows; later ones migrate it when they load it. */
const SCHEMA_VERSION = 39

/** The dashboard as Grafana's classic JSON. */
export function toGrafana(dashboard: Dashboard): object {
  const { uid, title, description, rows } = dashboard
  return {
    uid,
    title,
    description,
    tags: ['netsplit'],
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    editable: false,
    graphTooltip: 1, // one crosshair over all panels
    refresh: '5s',
    time: { from: 'now-15m', to: 'now' },
    timepicker: { refresh_intervals: ['1s', '5s', '10s', '30s', '1m'] },
    timezone: 'browser',
    links: [dashboardLinks()],
    templating: { list: [NETWORK_VARIABLE, GROUP_VARIABLE, NODE_VARIABLE] },
    annotations: { list: [faultAnnotation()] },
    panels: placed(rows),
  }
}

/** Rows below one another, the panels of a row side by side, in further lines where they do not fit. */
function placed(rows: readonly Row[]): object[] {
  const panels: object[] = []
  let y = 0
  for (const row of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: 24, h: 1 },
    })
    y += 1
    let x = 0
    for (const panel of row.panels) {
      if (x + panel.width > 24) {
        x = 0
        y += row.height
      }
      const gridPos = { x, y, w: panel.width, h: row.height }
      panels.push({ id: panels.length + 1, gridPos, ...toPanel(panel) })
      x += panel.width
    }
    y += row.height
  }
  return panels
}

function toPanel(panel: Panel): object {
  const { kind, title, description, unit, queries } = panel
  const targets = queries.map(({ expr, legend = '' }, i) => ({
    refId: String.fromCharCode(65 + i),
    datasource: DATASOURCE,
    editorMode: 'code',
    expr,
    legendFormat: legend,
    range: true,
    ...(kind === 'heatmap' && { format: 'heatmap' }),
  }))
  const { custom = {}, defaults = {}, options } = looks(panel)
  const fieldConfig = { defaults: { unit, ...defaults, custom }, overrides: [] }
  return { type: kind, title, description, datasource: DATASOURCE, targets, fieldConfig, options }
}

interface Looks {
  readonly custom?: object
  readonly defaults?: object
  readonly options: object
}

/** What each kind of panel looks like. */
function looks(panel: Panel): Looks {
  const last = { calcs: ['lastNotNull'], fields: '', values: false }
  switch (panel.kind) {
    case 'stat':
      return {
        defaults: {
          ...(panel.decimals !== undefined && { decimals: panel.decimals }),
          ...colored(panel.thresholds ?? [[null, 'blue']]),
        },
        options: { reduceOptions: last, colorMode: 'value', graphMode: 'area', textMode: 'auto' },
      }
    case 'timeseries':
      return {
        custom: {
          lineWidth: 1,
          fillOpacity: panel.stacked ? 60 : 8,
          showPoints: 'never',
          stacking: { mode: panel.stacked ? 'normal' : 'none', group: 'A' },
        },
        defaults: { ...(!panel.signed && { min: 0 }), ...(panel.max !== undefined && { max: panel.max }) },
        options: {
          legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
          tooltip: { mode: 'multi', sort: 'desc' },
        },
      }
    case 'heatmap':
      return {
        options: {
          calculate: false,
          yAxis: { unit: panel.unit },
          color: { mode: 'scheme', scheme: 'Viridis', steps: 64 },
          cellGap: 1,
          tooltip: { mode: 'single', yHistogram: true },
        },
      }
    case 'state-timeline':
      return {
        custom: { fillOpacity: 80, lineWidth: 0 },
        defaults: { ...colored(panel.states), mappings: named(panel.names ?? {}) },
        options: { mergeValues: true, showValue: 'auto', rowHeight: 0.9, legend: { showLegend: false } },
      }
    case 'bargauge':
      return {
        defaults: { min: 0, ...colored([[null, 'blue']]) },
        options: { reduceOptions: last, displayMode: 'gradient', orientation: 'horizontal' },
      }
  }
}

function colored(thresholds: Thresholds): object {
  const steps = thresholds.map(([value, color]) => ({ value, color }))
  return { color: { mode: 'thresholds' }, thresholds: { mode: 'absolute', steps } }
}

function named(names: StateNames): object[] {
  const options = Object.fromEntries(Object.entries(names).map(([value, text]) => [value, { text }]))
  return Object.keys(options).length === 0 ? [] : [{ type: 'value', options }]
}

/** What is chosen at the top of a dashboard. */
function variable(name: string, label: string, query: string, many: object): object {
  return {
    name,
    label,
    type: 'query',
    datasource: DATASOURCE,
    query: { query, refId: name },
    refresh: 2,
    sort: 7, // natural: node 10 after node 9
    ...many,
  }
}

const MANY = { multi: true, includeAll: true, current: { text: 'All', value: '$__all' } }
const ONE = { multi: false, includeAll: false }
const NODE_INFO = 'netsplit_network_node_info{network="$network"'

const NETWORK_VARIABLE = variable(
  'network',
  'Network',
  'label_values(netsplit_network_height_blocks, network)',
  ONE,
)
const GROUP_VARIABLE = variable('group', 'Group', `label_values(${NODE_INFO}}, group)`, {
  ...MANY,
  allValue: '.*',
})
/** Without a value of its own for `All`: that is the nodes of the chosen groups. */
const NODE_VARIABLE = variable('node', 'Node', `label_values(${NODE_INFO}, group=~"$group"}, node)`, MANY)

/** Marks the time in which a fault was in force. */
function faultAnnotation(): object {
  return {
    name: 'Faults',
    datasource: DATASOURCE,
    enable: true,
    iconColor: 'red',
    expr: 'sum by (kind) (netsplit_network_faults_active{network="$network"}) > 0',
    step: '5s',
    titleFormat: 'Fault',
    textFormat: '{{kind}}',
  }
}

function dashboardLinks(): object {
  return {
    type: 'dashboards',
    title: 'netsplit',
    tags: ['netsplit'],
    asDropdown: false,
    includeVars: true,
    keepTime: true,
  }
}
