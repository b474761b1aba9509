// Traces from files: what they may say, how, and what is refused with its line; and what a spec makes of them.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describe as words } from '../../orchestrator/chaos/faults.ts'
import { LinkBoard } from '../../orchestrator/chaos/link-board.ts'
import { rosterOf } from '../../orchestrator/chaos/partition.ts'
import { compileTrace } from '../../orchestrator/chaos/trace.ts'
import { parseSpec, specToYaml } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { FileProblem } from '../../orchestrator/spec/tables.ts'
import { readTrace } from '../../orchestrator/spec/trace-file.ts'

const HEAD = 'time,on,what,value\n'
const refusal = (text: string): string => {
  try {
    readTrace('t.csv', text)
  } catch (error) {
    expect(error).toBeInstanceOf(FileProblem)
    return (error as Error).message
  }
  return 'accepted'
}

describe('a line of a trace', () => {
  it.each<[line: string, point: object]>([
    ['90s,m-1,hashrate,200kH/s', { atMs: 90_000, nodes: 'm-1', hashRateHps: 200_000 }],
    ['90s,m-1,hash rate,0', { atMs: 90_000, nodes: 'm-1', hashRateHps: 0 }],
    ['1.5h,m,HashRate,1500', { atMs: 5_400_000, nodes: 'm', hashRateHps: 1500 }],
    ['600h,m-1,down,', { atMs: 25 * 86_400_000, nodes: 'm-1', up: false }],
    ['0s,m-1,up', { atMs: 0, nodes: 'm-1', up: true }],
    ['0s,m-1,state,down', { atMs: 0, nodes: 'm-1', up: false }],
    ['1s,m-1 -> m-2,latency,80ms', { atMs: 1000, links: 'm-1 -> m-2', set: { latencyMs: 80 } }],
    ['1s,all,latency,80', { atMs: 1000, links: 'all', set: { latencyMs: 80 } }],
    ['1s,all,jitter,8', { atMs: 1000, links: 'all', set: { jitterMs: 8 } }],
    ['1s,all,bandwidth,10', { atMs: 1000, links: 'all', set: { bandwidthBps: 10e6 } }],
    ['1s,all,bandwidth,10kbit', { atMs: 1000, links: 'all', set: { bandwidthBps: 10e3 } }],
    ['1s,all,loss,2%', { atMs: 1000, links: 'all', set: { loss: 0.02 } }],
    ['1s,all,loss,0.02', { atMs: 1000, links: 'all', set: { loss: 0.02 } }],
    ['1s,"m-1,m-2",down,', { atMs: 1000, nodes: 'm-1,m-2', up: false }],
  ])('%s', (line, point) => {
    expect(readTrace('t.csv', HEAD + line)).toEqual([point])
  })

  it.each<[text: string, message: RegExp]>([
    ['', /there is nothing in it/],
    [HEAD, /there is no change in it/],
    ['1,m,up,\n', /^t.csv:1: there is no column time: the header names/],
    ['time,what,value\n1s,up,\n', /^t.csv:1: there is no column on/],
    [`${HEAD}5,m,up,`, /^t.csv:2: 5 has no unit: write 5s, or name the column time_s/],
    [`${HEAD}-5s,m,up,`, /^t.csv:2: "-5s" is no number: expected a time/],
    [`${HEAD}366d,m,up,`, /^t.csv:2: 366d is longer than a year/],
    ['time_s,on,what\n-5,m,up', /^t.csv:2: -5 is out of range/],
    ['time_s,on,what\nNaN,m,up', /^t.csv:2: "NaN" is no number/],
    [`${HEAD}1s,m,up,3`, /^t.csv:2: up has no value/],
    [`${HEAD}1s,,up,`, /^t.csv:2: it does not say which node or link/],
    [`${HEAD}1s,m,state,away`, /^t.csv:2: "away" is no state: expected up or down/],
    [`${HEAD}1s,m,hashrate,`, /^t.csv:2: "" is no hashrate: expected such as 200kH\/s/],
    [`${HEAD}1s,m,hashrate,-1`, /^t.csv:2: "-1" is no hashrate/],
    [`${HEAD}1s,m,hashrate,NaN`, /^t.csv:2: "NaN" is no hashrate/],
    [`${HEAD}1s,m,hashrate,1e300`, /^t.csv:2: "1e300" is no hashrate/],
    [`${HEAD}1s,m,latency,61s`, /^t.csv:2: "61s" is no latency/],
    [`${HEAD}1s,m,bandwidth,0`, /^t.csv:2: "0" is no bandwidth/],
    [`${HEAD}1s,m,loss,91%`, /^t.csv:2: "91%" is no loss/],
    [`${HEAD}1s,m,temperature,4`, /^t.csv:2: "temperature" cannot be traced: expected hashrate, up/],
  ])('%j is refused', (text, message) => {
    expect(refusal(text)).toMatch(message)
  })

  it.each([
    ['time_ms', 1500, 1500],
    ['Time (s)', 1.5, 1500],
    ['time m', 2, 120_000],
    ['time_h', 600, 2_160_000_000],
    ['time_d', 30, 2_592_000_000],
  ])('has times in the unit of its column %s', (column, time, atMs) => {
    expect(readTrace('t.csv', `\uFEFFvalue;what;node;${column}\r\n;up;m;${time}\r\n`)).toMatchObject([
      { atMs },
    ])
  })

  it('comes in the order of its time, and lines of one time in that of the file', () => {
    const points = readTrace('t.csv', `${HEAD}2s,a,up,\n1s,b,up,\n2s,c,up,\n1s,d,up,`)
    expect(points.map(point => ('nodes' in point ? point.nodes : ''))).toEqual(['b', 'd', 'a', 'c'])
  })

  it('is one of a hundred thousand at the most', () => {
    const lines = (count: number) => HEAD + '1s,m,up,\n'.repeat(count)
    expect(refusal(lines(100_000))).toBe('accepted')
    expect(refusal(lines(100_001))).toMatch(/100001 changes are more than 100000/)
  })

  it('of whatever text is a change, or said to be none', () => {
    const part = fc.constantFrom('1s', ',', 'm', 'up', 'latency', '5', '\n', '"', ' ', 'hashrate', '-')
    fc.assert(fc.property(fc.array(part), parts => void refusal(HEAD + parts.join(''))))
  })
})

const spec = (trace: string, text: string, nodes = 'm: { count: 3, share: 100% }, full: { count: 1 }') =>
  parseSpec(
    `nodes: { ${nodes} }\nfaults: { power: { trace: { file: t.csv }, ${trace} } }`,
    'net.yaml',
    {},
    () => text,
  )

describe('a trace in a spec', () => {
  const LINES = `${HEAD}10s,m-1,down,\n20s,m-1,up,\n30s,m,hashrate,5kH/s`

  it('is one fault, as long as its lines or as is said, and stands alone when it is recorded', () => {
    const read = spec('at: 600h', LINES)
    const [step] = makePlan(read).faults ?? []
    expect(step).toMatchObject({ name: 'power', forMs: 30_000, trigger: { atMs: 2_160_000_000 } })
    expect(step?.fault).toMatchObject({ kind: 'trace', file: 't.csv', points: { length: 3 } })
    expect(makePlan(spec('at: 0s, for: 30d', LINES)).faults?.[0]?.forMs).toBe(2_592_000_000)
    expect(makePlan(parseSpec(specToYaml(read), 'spec.yaml', {}))).toEqual(makePlan(read))
  })

  it('is told in a line', () => {
    const fault = {
      kind: 'trace',
      file: 't.csv',
      points: readTrace('t.csv', `${LINES}\n40s,all,loss,1%`),
    } as const
    const effect = compileTrace('t.csv', fault.points, rosterOf([{ name: 'm-1', group: 'm' }]))
    expect(words(fault, effect)).toBe('4 changes of hash rate, nodes up and down, links over 40s')
    expect(effect).toMatchObject({ target: 't.csv', nodes: ['m-1'] })
  })

  it.each<[trace: string, text: string, message: RegExp]>([
    ['at: 0s', `${HEAD}0s,m-1,down,`, /power.trace.file: t.csv: it is over when it has begun: give for/],
    ['at: 0s, for: 10s', LINES, /t.csv: it takes 30s: for is shorter/],
    ['at: 0s', `${HEAD}1s,m-9,down,`, /no node is named "m-9"/],
    ['at: 0s', `${HEAD}1s,m-1 -> x,latency,5`, /no node is named "x"/],
    ['at: 0s', `${HEAD}1s,full-1,hashrate,5`, /t.csv: full-1 has a hash rate there, and does not mine/],
    [
      'at: 0s',
      `${HEAD}1s,m,hashrate,x`,
      /net.yaml:2:35: faults.power.trace.file: t.csv:2: "x" is no hashrate/,
    ],
    ['at: 0s, kill: m-1', LINES, /a step is one fault/],
  ])('with %s of %j is refused', (trace, text, message) => {
    expect(() => spec(trace, text)).toThrow(message)
  })

  it('does not change more links than a machine can', () => {
    const many = HEAD + Array.from({ length: 3 }, (_, i) => `${i}s,all,latency,5`).join('\n')
    expect(() => spec('at: 0s, for: 10s', many, 'm: { count: 900, share: 100% }')).toThrow(
      /it comes to 2427300 changes of links/,
    )
  })
})

describe('links as a trace has them', () => {
  const planned = { latencyMs: 50, jitterMs: 5, bandwidthBps: 0, loss: 0, blocked: false }
  const pair = { from: 'a', to: 'b' }

  it('are better or worse than planned, each figure until the next, with faults on top, and as planned in the end', () => {
    const board = new LinkBoard(() => planned)
    expect(board.put('t', [pair], { latencyMs: 10 })).toEqual([
      { ...pair, link: { ...planned, latencyMs: 10 } },
    ])
    board.put('t', [pair], { loss: 0.1 })
    expect(board.link('a', 'b')).toEqual({ ...planned, latencyMs: 10, loss: 0.1 })
    expect(board.link('b', 'a')).toEqual(planned)
    board.apply('slow', [pair], { latencyMs: 300 })
    expect(board.link('a', 'b').latencyMs).toBe(300)
    board.put('t', [pair], { latencyMs: 400 })
    board.lift('slow')
    expect(board.link('a', 'b').latencyMs).toBe(400)
    expect(board.lift('t')).toEqual([{ ...pair, link: planned }])
  })
})
