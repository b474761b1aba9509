// What of the rumours needs no network: a dashboard of metrics that they export, and names that agree in all lists.

import { expect, it } from 'vitest'
import { toGrafana } from '../../grafana/builder.ts'
import { METRICS } from '../../orchestrator/observe/exporter.ts'
import { SYSTEMS as OWN } from '../../orchestrator/systems/all.ts'
import { FACES } from '../../orchestrator/systems/faces.ts'
import { PAGE_PARTS } from '../../orchestrator/systems/pages.ts'
import { REPORT_FACES } from '../../orchestrator/systems/sections.ts'
import { SYSTEM_DASHBOARDS } from '../support/rumour/dashboards.ts'
import { FACES as WITH_FACES } from '../support/rumour/faces.ts'
import { PAGE_PARTS as WITH_PARTS } from '../support/rumour/pages.ts'
import { REPORT_FACES as WITH_SECTIONS } from '../support/rumour/sections.ts'
import { SYSTEMS } from '../support/rumour/system.ts'

it('their dashboard asks for what they export', () => {
  const dashboards = Object.assign({}, ...SYSTEM_DASHBOARDS)
  const text = JSON.stringify(toGrafana(dashboards['rumours.json']))
  const asked = text.match(/\bnetsplit_[a-z0-9_]+/g) ?? []
  const exported = [...METRICS, ...SYSTEMS.flatMap(({ metrics }) => metrics)].map(({ name }) => name)
  expect(asked).toContain('netsplit_network_rumours_total')
  expect(exported).toEqual(expect.arrayContaining(asked))
})

it.each([
  ['as shipped', OWN, FACES, PAGE_PARTS, REPORT_FACES],
  ['with one more', SYSTEMS, WITH_FACES, WITH_PARTS, WITH_SECTIONS],
])('every list names the systems, each once: %s', (_, systems, faces, parts, sections) => {
  const names = systems.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(faces.map(({ system }) => system)).toEqual(names)
  expect(Object.keys(parts)).toEqual(names)
  expect(sections.map(({ system }) => system)).toEqual(names)
})

it('every check that a system has can be asked for, and no other', () => {
  for (const { name, checks, expectations } of SYSTEMS)
    expect(Object.keys(expectations).sort(), name).toEqual(checks.map(check => check.name).sort())
})

it('no two systems claim one name of a condition, of a check or of a metric', () => {
  for (const names of [
    SYSTEMS.flatMap(({ conditions }) => Object.keys(conditions)),
    SYSTEMS.flatMap(({ checks }) => checks.map(({ name }) => name)),
    SYSTEMS.flatMap(({ metrics }) => metrics.map(({ name }) => name)),
    SYSTEMS.map(({ runs }) => runs),
  ])
    expect(new Set(names).size).toBe(names.length)
})
