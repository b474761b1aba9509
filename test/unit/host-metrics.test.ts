// The node's metrics as Prometheus reads them.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AnyEvent } from '../../node/core/host.ts'
import type { MetricReading } from '../../node/core/service.ts'
import { BlockTimes } from '../../node/host/block-times.ts'
import { HOST_METRICS, NodeMetrics } from '../../node/host/metrics.ts'

const GAUGES = {
  netsplit_node_info: { labels: { version: '1.2.3' }, value: 1 },
  netsplit_node_event_readers: { value: 2 },
  netsplit_node_store_pending_bytes: { value: 3 },
}

const create = (readings: () => readonly MetricReading[] = () => []) =>
  new NodeMetrics(readings, () => GAUGES)

/** Samples of the exposition: name with labels → value. */
async function scrape(metrics: NodeMetrics): Promise<Map<string, number>> {
  const { text } = await metrics.scrape()
  const samples = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return new Map(
    samples.map(line => {
      const space = line.lastIndexOf(' ')
      return [line.slice(0, space), Number(line.slice(space + 1))]
    }),
  )
}

test('every metric of the host has its help and its type, once, in base units', async () => {
  const { text, contentType } = await create().scrape()
  expect(contentType).toContain('text/plain')
  for (const [name, { kind, help }] of Object.entries(HOST_METRICS)) {
    expect(text.split(`# TYPE ${name} ${kind}\n`)).toHaveLength(2)
    expect(text).toContain(`# HELP ${name} ${help}\n`)
    expect(name).toMatch(kind === 'counter' ? /_total$/ : /(?<!_total)$/)
    expect(name).not.toMatch(/_(ms|milliseconds|kb|mb|hours)(_|$)/)
  }
})

test('everything exported carries the prefix, the process’s own numbers too', async () => {
  const samples = await scrape(create())
  for (const name of samples.keys()) expect(name).toMatch(/^netsplit_/)
  expect([...samples.keys()]).toContain('netsplit_node_process_resident_memory_bytes')
})

test('gauges and the readings of protocols are read at each scrape', async () => {
  let height = 1
  const metrics = create(() => [
    { name: 'netsplit_test_height', help: 'Height.', kind: 'gauge', value: height },
    { name: 'netsplit_test_total', help: 'By way.', kind: 'counter', labels: { by: 'a' }, value: 5 },
    { name: 'netsplit_test_total', help: 'By way.', kind: 'counter', labels: { by: 'b' }, value: 6 },
  ])
  for (height of [1, 2]) {
    const samples = await scrape(metrics)
    expect(samples.get('netsplit_test_height')).toBe(height)
    expect(samples.get('netsplit_test_total{by="a"}')).toBe(5)
    expect(samples.get('netsplit_test_total{by="b"}')).toBe(6)
    expect(samples.get('netsplit_node_info{version="1.2.3"}')).toBe(1)
    expect(samples.get('netsplit_node_store_pending_bytes')).toBe(3)
  }
})

test('counters count by their labels', async () => {
  const metrics = create()
  for (const method of ['a', 'b', 'a']) metrics.count('netsplit_node_rpc_errors_total', { method })
  const samples = await scrape(metrics)
  expect(samples.get('netsplit_node_rpc_errors_total{method="a"}')).toBe(2)
  expect(samples.get('netsplit_node_rpc_errors_total{method="b"}')).toBe(1)
})

test('a histogram’s buckets are cumulative, and agree with its sum and count', async () => {
  const name = 'netsplit_node_rpc_duration_seconds'
  const { buckets } = HOST_METRICS[name]
  await fc.assert(
    fc.asyncProperty(fc.array(fc.double({ min: 0, max: 10, noNaN: true })), async values => {
      const metrics = create()
      for (const value of values) metrics.observe(name, value, { method: 'x' })
      const samples = await scrape(metrics)
      for (const bound of buckets)
        expect(samples.get(`${name}_bucket{method="x",le="${bound}"}`) ?? 0).toBe(
          values.filter(value => value <= bound).length,
        )
      expect(samples.get(`${name}_bucket{method="x",le="+Inf"}`) ?? 0).toBe(values.length)
      expect(samples.get(`${name}_count{method="x"}`) ?? 0).toBe(values.length)
      expect(samples.get(`${name}_sum{method="x"}`) ?? 0).toBeCloseTo(
        values.reduce((sum, value) => sum + value, 0),
      )
    }),
    { numRuns: 20 },
  )
})

describe('the times of blocks', () => {
  const event = (type: string, hash: string) => ({ type, hash }) as AnyEvent
  const count = async (metrics: NodeMetrics, what: 'receive' | 'connect') =>
    (await scrape(metrics)).get(`netsplit_node_block_${what}_seconds_count`) ?? 0

  test('are taken from being seen to being received, and from there to being connected, once each', async () => {
    const metrics = create()
    const times = new BlockTimes(metrics)
    for (const type of ['block-seen', 'block-received', 'block-connected']) times.onEvent(event(type, 'aa'))
    // Disconnected and connected again in a reorganisation: not the time of checking it.
    times.onEvent(event('block-connected', 'aa'))
    times.onEvent(event('block-received', 'never seen'))
    expect([await count(metrics, 'receive'), await count(metrics, 'connect')]).toEqual([1, 1])
  })

  test('of blocks that never come are forgotten', async () => {
    const metrics = create()
    const times = new BlockTimes(metrics)
    for (let i = 0; i < 1_001; i++) times.onEvent(event('block-seen', `block ${i}`))
    times.onEvent(event('block-received', 'block 0'))
    expect(await count(metrics, 'receive')).toBe(0)
    times.onEvent(event('block-received', 'block 1'))
    expect(await count(metrics, 'receive')).toBe(1)
  })
})
