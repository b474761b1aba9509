// The network's metrics as Prometheus text, in a registry of its own.

import { type Metric, Registry } from 'prom-client'
import { SYSTEMS } from '../systems/all.ts'
import { NETWORK_METRICS, type NetworkMetric } from './metrics.ts'
import type { NetworkState } from './state.ts'

/** Of the network and of its systems. */
export const METRICS: readonly NetworkMetric[] = [
  ...NETWORK_METRICS,
  ...SYSTEMS.flatMap(({ metrics }) => metrics),
]

export interface Exporter {
  readonly contentType: string
  metrics(): Promise<string>
}

export function createExporter(state: () => NetworkState): Exporter {
  const registry = new Registry()
  for (const metric of METRICS) registry.registerMetric(readAtScrape(metric, state))
  return { contentType: registry.contentType, metrics: () => registry.metrics() }
}

/** What prom-client's registry asks of a metric is a name and `get()`; its own classes would hold the numbers twice. */
function readAtScrape({ name, help, kind, read }: NetworkMetric, state: () => NetworkState): Metric {
  const values = () =>
    read(state()).map(({ value, labels = {}, suffix = '' }) => ({ value, labels, metricName: name + suffix }))
  const metric = { name, help, type: kind, get: async () => ({ name, help, type: kind, values: values() }) }
  return metric as unknown as Metric
}
