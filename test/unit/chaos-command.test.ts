// The words and flags of `netsplit chaos` as faults; what is none is refused with the flag that is wrong, and an example.

import { describe, expect, it } from 'vitest'
import { LIVE_KINDS } from '../../orchestrator/chaos/faults.ts'
import { readFault } from '../../orchestrator/commands/fault-words.ts'
import { VERBS } from '../../orchestrator/commands/usage.ts'
import { UserError } from '../../orchestrator/errors.ts'

describe('netsplit chaos takes', () => {
  it.each([
    ['partition halves', {}, { kind: 'partition', cut: 'halves' }],
    ['partition a | b,c | rest', {}, { kind: 'partition', cut: 'a | b,c | rest' }],
    ['isolate a', {}, { kind: 'partition', cut: 'isolate a' }],
    ['flapping random', {}, { kind: 'flapping', cut: 'random', periodMs: 4000 }],
    ['flapping halves', { period: '2s' }, { kind: 'flapping', cut: 'halves', periodMs: 2000 }],
    ['link', { loss: '2%' }, { kind: 'link', on: 'all', worse: { loss: 0.02 } }],
    [
      'link a -> b',
      { latency: '80ms', jitter: '5ms', bandwidth: '1Mbit' },
      { kind: 'link', on: 'a -> b', worse: { latencyMs: 80, jitterMs: 5, bandwidthBps: 1e6 } },
    ],
    ['reset', {}, { kind: 'reset', on: 'all' }],
    ['kill all', {}, { kind: 'kill', nodes: 'all' }],
    ['rolling-restart a b', {}, { kind: 'rolling-restart', nodes: 'a b' }],
    ['host-down b c', {}, { kind: 'host-down', hosts: 'b c' }],
    ['host-cut b', {}, { kind: 'host-cut', hosts: 'b' }],
    ['churn', {}, { kind: 'churn', nodes: 'all', perMinute: 6, downMs: 5000 }],
    ['churn a', { rate: '30/m', away: '2s' }, { kind: 'churn', nodes: 'a', perMinute: 30, downMs: 2000 }],
    ['clock-skew a', { by: '-10m' }, { kind: 'clock-skew', nodes: 'a', byMs: -600_000 }],
    ['disk-full a', {}, { kind: 'disk-full', nodes: 'a' }],
    ['cpu a', { limit: '20%' }, { kind: 'cpu', nodes: 'a', cpus: 0.2 }],
    ['memory a', { limit: '128MB' }, { kind: 'memory', nodes: 'a', bytes: 128e6 }],
  ])('%s %j', (line, options, fault) => {
    const [word = '', ...words] = line.split(' ')
    expect(readFault(word, words, options)).toEqual(fault)
  })
})

it.each(LIVE_KINDS)('netsplit chaos --help knows %s', kind => {
  const { flags, examples } = VERBS.chaos
  expect([...flags.flat(), ...examples].join('\n')).toMatch(new RegExp(`\\b${kind}\\b`))
})

describe('netsplit chaos refuses', () => {
  it.each([
    ['flood all', {}, 'there is no fault "flood"'],
    ['kill', {}, 'kill of what?'],
    ['kill all', { latency: '5ms' }, '--latency is not for kill'],
    ['link', { latency: '5' }, '--latency: expected a duration'],
    ['link', {}, 'nothing gets worse'],
    ['clock-skew all', { by: 'soon' }, '--by: expected a duration'],
    ['clock-skew all', { by: '0s' }, '--by: a clock is off by something'],
    ['cpu all', { limit: '1%' }, '--limit: must be between'],
    ['memory all', {}, '--limit: '],
    ['churn all', { rate: '100/s' }, '--rate: must be between'],
  ])('%s %j: %s', (line, options, why) => {
    const [word = '', ...words] = line.split(' ')
    const refused = (): unknown => readFault(word, words, options)
    expect(refused).toThrow(UserError)
    expect(refused).toThrow(why)
  })
})
