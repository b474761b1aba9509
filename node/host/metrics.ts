// The node's metrics. Counting is done here with plain numbers; prom-client, which takes longer to load than all of this
// node, is loaded at the first scrape and writes the text. What the core and its protocols count is read at scrape time.

import type { Registry } from 'prom-client'
import type { MetricReading } from '../core/service.ts'

type Labels = Readonly<Record<string, string>>

interface HostMetric {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** Counted by a label: there is nothing to export before the first. A counter without begins at nought. */
  readonly labelled?: true
  /** Upper bounds of a histogram's buckets, in seconds. */
  readonly buckets?: readonly number[]
}

/** Every metric of the host, once. */
export const HOST_METRICS = {
  netsplit_node_info: {
    kind: 'gauge',
    help: 'Always 1; the labels say what runs.',
  },
  netsplit_node_events_total: {
    kind: 'counter',
    help: 'Events emitted.',
  },
  netsplit_node_event_readers: {
    kind: 'gauge',
    help: 'Open event streams.',
  },
  netsplit_node_store_pending_bytes: {
    kind: 'gauge',
    help: 'Keys and values committed and not written to disk yet.',
  },
  netsplit_node_event_loop_lag_seconds: {
    kind: 'histogram',
    help: 'How late a timer of one second fired.',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  },
  netsplit_node_rpc_duration_seconds: {
    kind: 'histogram',
    help: 'Time to answer one RPC call.',
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5],
  },
  netsplit_node_rpc_errors_total: {
    kind: 'counter',
    help: 'RPC calls answered with an error.',
    labelled: true,
  },
  netsplit_node_miner_crashes_total: {
    kind: 'counter',
    help: 'Mining threads that died and were replaced.',
  },
  netsplit_node_block_receive_seconds: {
    kind: 'histogram',
    help: 'From the first sign of a block to the whole block.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  },
  netsplit_node_block_connect_seconds: {
    kind: 'histogram',
    help: 'From the whole block to the connected one: checking it and applying it.',
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  },
} as const satisfies { readonly [name: `netsplit_node_${string}`]: HostMetric }

type NamesOf<Kind> = {
  [Name in keyof typeof HOST_METRICS]: (typeof HOST_METRICS)[Name]['kind'] extends Kind ? Name : never
}[keyof typeof HOST_METRICS]

interface Observed {
  readonly labels: Labels
  /** Observations at most each bound and above the one before; the last: above all. */
  readonly counts: number[]
  sum: number
}

/** One line of the exposition. */
interface Sample {
  readonly metricName?: string
  readonly labels?: Labels
  readonly value: number
}

const DEFAULT_PREFIX = 'netsplit_node_'
/** Of what prom-client knows of every process: what a dashboard shows. The rest would be scraped for nobody. */
export const PROCESS_METRICS: readonly string[] = [
  'process_cpu_seconds_total',
  'process_start_time_seconds',
  'process_resident_memory_bytes',
  'process_open_fds',
  'nodejs_heap_size_used_bytes',
  'nodejs_heap_size_total_bytes',
  'nodejs_external_memory_bytes',
  'nodejs_gc_duration_seconds',
].map(name => DEFAULT_PREFIX + name)

export class NodeMetrics {
  readonly #read: () => readonly MetricReading[]
  readonly #gauges: () => { readonly [Name in NamesOf<'gauge'>]: Omit<Sample, 'metricName'> }
  readonly #counts = new Map<string, Map<string, { readonly labels: Labels; value: number }>>()
  readonly #observed = new Map<string, Map<string, Observed>>()
  #registry: Promise<Registry> | undefined
  /** The readings of the scrape under way, by name. */
  readonly #readings = new Map<string, readonly MetricReading[]>()

  /** `read`: what the core knows; `gauges`: what the host reads at scrape time. */
  constructor(
    read: () => readonly MetricReading[],
    gauges: () => { readonly [Name in NamesOf<'gauge'>]: Omit<Sample, 'metricName'> },
  ) {
    this.#read = read
    this.#gauges = gauges
  }

  count(name: NamesOf<'counter'>, labels: Labels = {}): void {
    upsert(this.#counts, name, labels, () => ({ labels, value: 0 })).value += 1
  }

  observe(name: NamesOf<'histogram'>, value: number, labels: Labels = {}): void {
    const { buckets } = HOST_METRICS[name]
    const fresh = () => ({ labels, counts: new Array<number>(buckets.length + 1).fill(0), sum: 0 })
    const observed = upsert(this.#observed, name, labels, fresh)
    const bucket = buckets.findIndex(bound => value <= bound)
    const index = bucket === -1 ? buckets.length : bucket
    observed.counts[index] = (observed.counts[index] ?? 0) + 1
    observed.sum += value
  }

  /** The exposition, in Prometheus' text format. */
  async scrape(): Promise<{ readonly contentType: string; readonly text: string }> {
    this.#registry ??= this.#createRegistry()
    const registry = await this.#registry
    this.#readings.clear()
    for (const reading of this.#read()) {
      const { name } = reading
      this.#readings.set(name, [...this.#readingsOf(name), reading])
      if (!registry.getSingleMetric(name)) register(registry, reading, () => this.#readingsOf(name))
    }
    return { contentType: registry.contentType, text: await registry.metrics() }
  }

  async #createRegistry(): Promise<Registry> {
    const { collectDefaultMetrics, Registry } = await import('prom-client')
    const registry = new Registry()
    for (const [name, { kind, help }] of Object.entries(HOST_METRICS))
      register(registry, { name, kind, help }, () => this.#samples(name as keyof typeof HOST_METRICS))
    // 100 ms instead of 10: a timer a hundred times a second in every node of a large network costs more than it tells.
    collectDefaultMetrics({ register: registry, prefix: DEFAULT_PREFIX, eventLoopMonitoringPrecision: 100 })
    for (const name of registry.getMetricsAsArray().map(metric => metric.name))
      if (!(name in HOST_METRICS) && !PROCESS_METRICS.includes(name)) registry.removeSingleMetric(name)
    return registry
  }

  #readingsOf(name: string): readonly MetricReading[] {
    return this.#readings.get(name) ?? []
  }

  #samples(name: keyof typeof HOST_METRICS): Sample[] {
    const metric: HostMetric = HOST_METRICS[name]
    if (metric.kind === 'gauge') return [this.#gauges()[name as NamesOf<'gauge'>]]
    if (metric.kind === 'counter') {
      const counted = [...(this.#counts.get(name)?.values() ?? [])]
      return counted.length > 0 || metric.labelled ? counted : [{ value: 0 }]
    }
    const observed = [...(this.#observed.get(name)?.values() ?? [])]
    return observed.flatMap(each => histogramSamples(name, metric.buckets ?? [], each))
  }
}

/** Cumulative buckets, sum and count, as the text format wants them. */
function histogramSamples(
  name: string,
  buckets: readonly number[],
  { labels, counts, sum }: Observed,
): Sample[] {
  let total = 0
  const cumulative = counts.map((count, index) => {
    total += count
    const le = index < buckets.length ? String(buckets[index]) : '+Inf'
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total }
  })
  return [
    ...cumulative,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: total },
  ]
}

/** Registers a metric whose values are read at scrape time. prom-client takes any object of this shape; its types do not say so. */
function register(
  registry: Registry,
  { name, kind, help }: { readonly name: string; readonly kind: string; readonly help: string },
  values: () => readonly Sample[],
): void {
  const metric = { name, get: () => ({ name, help, type: kind, values: values() }) }
  registry.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0])
}

/** The entry of a metric under these labels, made when it is not there. */
function upsert<T>(all: Map<string, Map<string, T>>, name: string, labels: Labels, make: () => T): T {
  const entries = all.get(name) ?? new Map<string, T>()
  all.set(name, entries)
  const key = Object.values(labels).join('\0')
  const entry = entries.get(key) ?? make()
  entries.set(key, entry)
  return entry
}

const LAG_INTERVAL_MS = 1_000

/** Observes how late a timer fires: what the event loop was busy with meanwhile. */
export function watchLoopLag(metrics: NodeMetrics): void {
  let dueMs = performance.now() + LAG_INTERVAL_MS
  setInterval(() => {
    const now = performance.now()
    metrics.observe('netsplit_node_event_loop_lag_seconds', Math.max(0, now - dueMs) / 1000)
    dueMs = now + LAG_INTERVAL_MS
  }, LAG_INTERVAL_MS).unref()
}

/** Of a node that has a control group of its own; of others there is nothing to tell. */
export function readGroup(bytes: number | undefined): readonly MetricReading[] {
  if (bytes === undefined) return []
  return [
    {
      ...{ name: 'netsplit_node_cgroup_memory_bytes', kind: 'gauge', value: bytes },
      help: 'What the control group of the node charges for memory, which its limit holds against it.',
    },
  ]
}
