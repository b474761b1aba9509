// The dashboards: fresh, complete, and made of metrics that exist.

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type Panel, toGrafana } from '../../grafana/builder.ts'
import { DASHBOARDS } from '../../grafana/dashboards.ts'
import { readProgramMetrics } from '../../node/foreign/metrics.ts'
import { HOST_METRICS, PROCESS_METRICS, readGroup } from '../../node/host/metrics.ts'
import { METRICS } from '../../orchestrator/observe/exporter.ts'
import { createLedgerNetwork } from '../support/ledger-network.ts'
import { createLightNetwork } from '../support/light-network.ts'
import { createSwarm } from '../support/swarm.ts'
import { TrackerWorld } from '../support/tracker-world.ts'

const FOLDER = 'grafana/dashboards/netsplit'

/** Everything that a node or the observer exports, by name. */
function exported(): Map<string, string> {
  const kinds = new Map<string, string>()
  for (const { name, kind } of METRICS) kinds.set(name, kind)
  for (const [name, { kind }] of Object.entries(HOST_METRICS)) kinds.set(name, kind)
  // What the core and the ledger of a real node read.
  const network = createLedgerNetwork({ nodes: 2, seed: 'metrics', mines: () => true })
  network.advance(1000)
  const { core } = network.node(0)
  for (const { name, kind } of core.readMetrics()) kinds.set(name, kind)
  // And a light client.
  const lights = createLightNetwork({ full: 1, seed: 'metrics' })
  for (const { name, kind } of lights.node(1).core.readMetrics()) kinds.set(name, kind)
  // And peers of a swarm with their tracker.
  const { service } = createSwarm({
    seed: 'metrics',
    peers: 1,
    options: () => ({ dht: { bootstrap: [] } }),
  }).peer(0)
  for (const { name, kind } of service.readMetrics()) kinds.set(name, kind)
  for (const { name, kind } of new TrackerWorld().tracker().service.readMetrics()) kinds.set(name, kind)
  // And other people's program.
  const usage = { rssBytes: 1, cpuSeconds: 1 }
  for (const { name, kind } of readProgramMetrics({ usage })) kinds.set(name, kind)
  // And of a node in a container.
  for (const { name, kind } of readGroup(1)) kinds.set(name, kind)
  for (const name of PROCESS_METRICS) kinds.set(name, /_gc_duration_/.test(name) ? 'histogram' : 'default')
  return kinds
}

const panelsOf = (file: string): readonly Panel[] => DASHBOARDS[file]?.rows.flatMap(row => row.panels) ?? []
const everyPanel = Object.keys(DASHBOARDS).flatMap(panelsOf)
const metricsIn = (text: string) => text.match(/\bnetsplit_[a-z0-9_]+/g) ?? []

describe('dashboards', () => {
  it('are committed as they are built (npm run dashboards)', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(DASHBOARDS).sort())
    for (const [file, dashboard] of Object.entries(DASHBOARDS))
      expect(JSON.parse(readFileSync(`${FOLDER}/${file}`, 'utf8')), file).toEqual(
        JSON.parse(JSON.stringify(toGrafana(dashboard))),
      )
  })

  it('ask only for metrics that a node or the observer exports, histograms by their parts', () => {
    const kinds = exported()
    for (const { title, queries } of everyPanel)
      for (const { expr } of queries)
        for (const used of metricsIn(expr)) {
          const base = used.replace(/_(bucket|sum|count)$/, '')
          const kind = kinds.get(used) ?? kinds.get(base)
          expect(kind, `${used} in "${title}"`).toBeDefined()
          expect(kind === 'histogram', `${used} in "${title}"`).toBe(used !== base)
          const rated = new RegExp(`(rate|increase)\\(${used}`).test(expr)
          if (
            kind === 'counter' &&
            used.endsWith('_total') &&
            !/_total\{[^}]*\} (>|\/)|max_over_time/.test(expr)
          )
            expect(rated, `${used} is a counter, "${title}" wants its rate`).toBe(true)
        }
  })

  it('show every metric that there is', () => {
    // Panels, the variables above them and the annotations.
    const shown = new Set(metricsIn(JSON.stringify(Object.values(DASHBOARDS).map(toGrafana))))
    for (const [name, kind] of exported()) {
      const parts = kind === 'histogram' ? ['_bucket', '_sum', '_count'].map(part => name + part) : [name]
      expect(
        parts.some(part => shown.has(part)),
        `${name} is on no panel`,
      ).toBe(true)
    }
  })

  it('say of every panel what it shows and in which unit', () => {
    for (const { title, description, unit, queries, width } of everyPanel) {
      expect(title).not.toBe('')
      expect(description).toMatch(/\.$/)
      expect(unit).not.toBe('')
      expect(queries.length).toBeGreaterThan(0)
      expect(width).toBeLessThanOrEqual(24)
      for (const { expr } of queries) expect(expr).toContain('network="$network"')
    }
  })

  it('begin at zero, but for what may be below it', () => {
    const { panels } = toGrafana(DASHBOARDS['propagation.json'] ?? expect.fail('it is gone')) as {
      panels: { title: string; fieldConfig?: { defaults: { min?: number } } }[]
    }
    const least = (title: string) =>
      panels.find(panel => panel.title === title)?.fieldConfig?.defaults ?? expect.fail(`no ${title}`)
    expect(least('By host').min).toBe(0)
    // A host's clock may be behind.
    expect(least('Clocks of hosts')).not.toHaveProperty('min')
  })

  it('fill the grid without overlaps', () => {
    for (const dashboard of Object.values(DASHBOARDS)) {
      const { panels } = toGrafana(dashboard) as {
        panels: { id: number; gridPos: { x: number; y: number; w: number; h: number } }[]
      }
      expect(new Set(panels.map(panel => panel.id)).size).toBe(panels.length)
      const taken = new Set<string>()
      for (const { gridPos } of panels)
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            expect(x).toBeLessThan(24)
            expect(taken.has(`${x},${y}`), `${dashboard.title} at ${x},${y}`).toBe(false)
            taken.add(`${x},${y}`)
          }
    }
  })
})

describe('provisioning', () => {
  const yaml = (path: string) => parse(readFileSync(path, 'utf8'))

  it('names the data source that the dashboards use', () => {
    const { datasources } = yaml('grafana/provisioning/datasources/prometheus.yml')
    expect(datasources).toHaveLength(1)
    expect(datasources[0]).toMatchObject({ uid: 'prometheus', type: 'prometheus' })
    expect(JSON.stringify(Object.values(DASHBOARDS).map(toGrafana))).toContain('"uid":"prometheus"')
  })

  it('lets nobody change a dashboard in the browser only', () => {
    const { providers } = yaml('grafana/provisioning/dashboards/netsplit.yml')
    expect(providers[0]).toMatchObject({
      allowUiUpdates: false,
      options: { foldersFromFilesStructure: true },
    })
  })

  it('scrapes as often as the data source is told', () => {
    const { global, scrape_configs } = yaml('docker/prometheus.yml')
    const { datasources } = yaml('grafana/provisioning/datasources/prometheus.yml')
    expect(global.scrape_interval).toBe(datasources[0].jsonData.timeInterval)
    for (const job of scrape_configs)
      expect(job.authorization.credentials_file).toMatch(/^network\/(network|nodes)\.token$/)
  })
})
