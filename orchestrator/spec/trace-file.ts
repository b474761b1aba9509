// Traces from files: a table with a time, a node or link, what changes, and the value from then on. Pure.

import type { TracedLink, TracePoint } from '../chaos/trace.ts'
import { FileProblem, isNumber, numberIn, type Row, readTable, type Table } from './tables.ts'
import { MAX_DURATION_MS, parseBandwidthBps, parseDurationMs, parseHashRateHps } from './units.ts'

const MAX_POINTS = 100_000
const MAX_LATENCY_MS = 60_000
const MAX_LOSS = 0.9
const MAX_HASH_RATE_HPS = 1e12
const LEAST_BPS = 1000
const MOST_BPS = 1e12

const UNIT_MS: { readonly [unit: string]: number } = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
const TIME = /^time(?:[ _(]+(ms|s|m|h|d)\)?)?$/i
const ON = /^(on|nodes?|groups?|links?|region)$/i
const WHAT = /^(what|kind)$/i
const VALUE = /^value$/i

/** In the order of their times. Throws FileProblem. */
export function readTrace(file: string, text: string): readonly TracePoint[] {
  const table = readTable(file, text)
  const [header, ...rows] = table.rows
  const columns = columnsOf(file, header)
  if (rows.length === 0) throw new FileProblem(file, undefined, 'there is no change in it')
  if (rows.length > MAX_POINTS)
    throw new FileProblem(file, undefined, `${rows.length} changes are more than ${MAX_POINTS}`)
  const points = rows.map(row => {
    const cell = (at: number) => row.cells[at]?.trim() ?? ''
    const on = cell(columns.on)
    if (on === '') throw new FileProblem(file, row.line, 'it does not say which node or link')
    const atMs = timeMs(table, row, cell(columns.time), columns.unitMs)
    return {
      atMs,
      ...change(table, row, on, cell(columns.what).toLowerCase(), cell(columns.value)),
    } as TracePoint
  })
  return points.sort((a, b) => a.atMs - b.atMs)
}

function columnsOf(file: string, header: Row | undefined) {
  const find = (pattern: RegExp) => header?.cells.findIndex(cell => pattern.test(cell.trim())) ?? -1
  const columns = { time: find(TIME), on: find(ON), what: find(WHAT), value: find(VALUE) }
  const missing = (['time', 'on', 'what'] as const).find(name => columns[name] < 0)
  if (missing)
    throw new FileProblem(
      file,
      header?.line,
      `there is no column ${missing}: the header names time (or time_s, time_h …), on (or node, link), what, value`,
    )
  const unit = TIME.exec(header?.cells[columns.time]?.trim() ?? '')?.[1]
  return { ...columns, unitMs: unit === undefined ? undefined : UNIT_MS[unit.toLowerCase()] }
}

function timeMs(table: Table, row: Row, cell: string, unitMs: number | undefined): number {
  const ms = parseDurationMs(cell)
  if (ms === undefined && isNumber(cell) && unitMs === undefined)
    throw new FileProblem(
      table.file,
      row.line,
      `${cell} has no unit: write ${cell}s, or name the column time_s`,
    )
  const range = { what: 'a time, such as 90s', least: 0, most: MAX_DURATION_MS / (unitMs ?? 1) }
  const atMs = ms ?? numberIn(table, row, cell, range) * (unitMs ?? 1)
  if (atMs > MAX_DURATION_MS) throw new FileProblem(table.file, row.line, `${cell} is longer than a year`)
  return atMs
}

function change(table: Table, row: Row, on: string, what: string, value: string): object {
  const number = (
    read: (text: string) => number | undefined,
    unit: number,
    least: number,
    most: number,
    hint: string,
  ) => {
    const read1 = read(value) ?? (isNumber(value) ? Number(value) * unit : Number.NaN)
    if (Number.isFinite(read1) && read1 >= least && read1 <= most) return read1
    throw new FileProblem(table.file, row.line, `${JSON.stringify(value)} is no ${what}: expected ${hint}`)
  }
  const link = (set: TracedLink) => ({ links: on, set })
  switch (what.replace(/[ _-]/g, '')) {
    case 'hashrate':
      return {
        nodes: on,
        hashRateHps: number(parseHashRateHps, 1, 0, MAX_HASH_RATE_HPS, 'such as 200kH/s, or a number of H/s'),
      }
    case 'up':
    case 'down':
      if (value !== '') throw new FileProblem(table.file, row.line, `${what} has no value`)
      return { nodes: on, up: what === 'up' }
    case 'state':
      if (value !== 'up' && value !== 'down')
        throw new FileProblem(
          table.file,
          row.line,
          `${JSON.stringify(value)} is no state: expected up or down`,
        )
      return { nodes: on, up: value === 'up' }
    case 'latency':
      return link({
        latencyMs: number(
          parseDurationMs,
          1,
          0,
          MAX_LATENCY_MS,
          'such as 80ms, or a number of ms, up to a minute',
        ),
      })
    case 'jitter':
      return link({
        jitterMs: number(
          parseDurationMs,
          1,
          0,
          MAX_LATENCY_MS,
          'such as 8ms, or a number of ms, up to a minute',
        ),
      })
    case 'bandwidth':
      return link({
        bandwidthBps: number(
          parseBandwidthBps,
          1e6,
          LEAST_BPS,
          MOST_BPS,
          'such as 10Mbit, or a number of Mbit/s',
        ),
      })
    case 'loss':
      return link({ loss: number(share, 1, 0, MAX_LOSS, 'such as 2%, or a share such as 0.02, up to 90%') })
    default:
      throw new FileProblem(
        table.file,
        row.line,
        `${JSON.stringify(what)} cannot be traced: expected hashrate, up, down, state, latency, jitter, bandwidth or loss`,
      )
  }
}

function share(text: string): number | undefined {
  const [, percent] = /^(\d+(?:\.\d+)?) ?%$/.exec(text) ?? []
  return percent === undefined ? undefined : Number(percent) / 100
}
