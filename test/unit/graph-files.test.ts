// Topologies from files: lists of edges, GraphML, JSON of tools and crawlers; how their nodes become those of a network; and bad input.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { remarksOn } from '../../orchestrator/network/remarks.ts'
import { readGraph } from '../../orchestrator/spec/graph-files.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { FileProblem } from '../../orchestrator/spec/tables.ts'
import { placeGraph } from '../../orchestrator/spec/topology-file.ts'

const refusal = (file: string, text: string): string => {
  try {
    readGraph(file, text)
  } catch (error) {
    expect(error).toBeInstanceOf(FileProblem)
    return (error as Error).message
  }
  return 'accepted'
}
const pairs = (file: string, text: string) =>
  readGraph(file, text).edges.map(({ from, to }) => `${from} ${to}`)

describe('a list of edges', () => {
  it('has names in the order in which they stand, and what it says of links', () => {
    expect(readGraph('g.csv', 'b,a,20,10\na,c\n')).toEqual({
      names: ['b', 'a', 'c'],
      edges: [
        { from: 'b', to: 'a', latencyMs: 20, bandwidthBps: 10e6 },
        { from: 'a', to: 'c', latencyMs: undefined, bandwidthBps: undefined },
      ],
      ...{ loops: 0, doubled: 0 },
    })
  })

  it('of numbers has them in their order', () => {
    expect(readGraph('g.txt', '10 9\n9 2\n').names).toEqual(['2', '9', '10'])
  })

  it('has columns by their header, in any order', () => {
    const graph = readGraph('g.csv', 'rtt,target,bandwidth,source,note\n30,b,5,a,x\n')
    expect(graph.edges).toEqual([{ from: 'a', to: 'b', latencyMs: 15, bandwidthBps: 5e6 }])
    expect(refusal('g.csv', 'a,b,latency_in_weeks\n')).toMatch(/g.csv:1: expected columns source and target/)
  })

  it('has the other direction in a line of its own, and leaves out loops and what stands there again', () => {
    const graph = readGraph('g.csv', 'a,b,10\nb,a,30\na,b,10\nb,a,40\nc,c\nb,c\nc,b\n')
    expect(graph).toMatchObject({ loops: 1, doubled: 2, names: ['a', 'b', 'c'] })
    expect(graph.edges).toMatchObject([
      { from: 'a', to: 'b', latencyMs: 10, reverse: { latencyMs: 30 } },
      { from: 'b', to: 'c' },
    ])
  })

  it.each([
    ['', /there is nothing in it/],
    ['a\n', /^g.csv:1: expected two names/],
    ['a,b\nc,\n', /^g.csv:2: a node has no name/],
    ['a,b,NaN\n', /expected columns source and target/],
    ['a,b,1\nc,d,NaN\n', /^g.csv:2: "NaN" is no number/],
    ['a,b,-1\n', /^g.csv:1: a latency is between 0 and 60000 ms, not -1/],
    ['a,b,1,0\n', /^g.csv:1: a bandwidth is between 0.001 and 1000000 Mbit\/s, not 0/],
    ['"a,b\n', /a quote is not closed/],
  ])('of %j is refused', (text, message) => {
    expect(refusal('g.csv', text)).toMatch(message)
  })

  it('has at most ten thousand nodes', () => {
    const star = (count: number) => Array.from({ length: count }, (_, i) => `hub,n${i}`).join('\n')
    expect(refusal('g.csv', star(9_999))).toBe('accepted')
    expect(refusal('g.csv', star(10_000))).toMatch(/^g.csv:10000: there are more than 10000 nodes/)
  })
})

const GRAPHML = `\uFEFF<?xml version="1.0"?>\r
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="d0" for="edge" attr.name="latency" attr.type="double"/>
  <key id="d1" for="edge" attr.name="bandwidth" attr.type="double"/>
  <graph edgedefault="undirected">
    <edge source="b" target="n&amp;1"><data key="d0"> 12.5 </data><data key="d1">8</data></edge>
    <node id="n&amp;1"/><node id="b"><data key="d9">x</data></node><node id="alone"/>
  </graph>
</graphml>`

describe('GraphML', () => {
  it('has nodes in their order, and attributes of edges by their names', () => {
    expect(readGraph('g.graphml', GRAPHML)).toMatchObject({
      names: ['n&1', 'b', 'alone'],
      edges: [{ from: 'b', to: 'n&1', latencyMs: 12.5, bandwidthBps: 8e6 }],
    })
    expect(
      pairs('g.xml', '<g:graphml xmlns:g="x"><g:graph><g:edge source="1" target="2"/></g:graph></g:graphml>'),
    ).toEqual(['1 2'])
  })

  it.each([
    ['', /^g.graphml/],
    ['a,b', /^g.graphml:1/],
    ['<html/>', /it is no GraphML: it begins with <html>/],
    ['<graphml><graph><node id="a"></graph></graphml>', /^g.graphml:1/],
    ['<graphml><graph><edge source="a"/></graph></graphml>', /an edge lacks source or target/],
    ['<graphml/>', /there is no node in it/],
    ['<!DOCTYPE a [<!ENTITY b "c">]><graphml><graph><node id="&b;"/></graph></graphml>', /^g.graphml:1/],
    [
      '<graphml><graph><edge source="a" target="b"><data key="latency">x</data></edge></graph></graphml>',
      /"x" is no number/,
    ],
  ])('of %j is refused', (text, message) => {
    expect(refusal('g.graphml', text)).toMatch(message)
  })
})

describe('JSON', () => {
  it.each<[what: string, value: unknown, names: string[], edges: string[]]>([
    [
      'nodes and links',
      { nodes: [{ id: 'x' }, { id: 'y' }], links: [{ source: 'x', target: 'y' }] },
      ['x', 'y'],
      ['x y'],
    ],
    [
      'nodes and edges by their places',
      { nodes: [{ id: 'x' }, { id: 'y' }], edges: [{ source: 1, target: 0 }] },
      ['x', 'y'],
      ['y x'],
    ],
    ['nodes without names', { nodes: [{}, {}], links: [[0, 1]] }, ['0', '1'], ['0 1']],
    ['edges alone', { edges: [{ from: 'a', to: 'b' }] }, ['a', 'b'], ['a b']],
    [
      'pairs',
      [
        ['a', 'b'],
        [7, 'a'],
      ],
      ['a', 'b', '7'],
      ['a b', '7 a'],
    ],
    [
      'whom each knows',
      { '1.2.3.4:8333': ['5.6.7.8:8333'], '5.6.7.8:8333': ['1.2.3.4:8333'] },
      ['1.2.3.4:8333', '5.6.7.8:8333'],
      ['1.2.3.4:8333 5.6.7.8:8333'],
    ],
    ['whom each knows, deeper', { a: { peers: ['b'], version: 1 } }, ['a', 'b'], ['a b']],
    [
      'a crawl',
      [
        { address: 'a', peers: [{ addr: 'b' }, 'c'] },
        { address: 'd', peers: [] },
      ],
      ['a', 'b', 'c', 'd'],
      ['a b', 'a c'],
    ],
  ])('may be %s', (_what, value, names, edges) => {
    const text = JSON.stringify(value)
    expect(readGraph('g.json', text).names).toEqual(names)
    expect(pairs('g.json', text)).toEqual(edges)
  })

  it('says what links are like', () => {
    const text = JSON.stringify({
      links: [
        { source: 'a', target: 'b', latency: 5, bandwidth: 2 },
        { source: 'b', target: 'c', rtt: 8 },
      ],
    })
    expect(readGraph('g.json', text).edges).toMatchObject([
      { latencyMs: 5, bandwidthBps: 2e6 },
      { latencyMs: 4 },
    ])
  })

  it.each([
    ['{', /^g.json.*it is no JSON/],
    ['3', /expected nodes and links/],
    ['[3]', /expected pairs/],
    ['[[1]]', /is no node/],
    ['{"nodes": [null]}', /null is no node/],
    ['{"a": 3}', /a has no list of peers/],
    ['{}', /there is no node in it/],
    ['{"links": [{"source": "a", "target": "b", "latency": "soon"}]}', /"soon" is no number/],
  ])('of %j is refused', (text, message) => {
    expect(refusal('g.json', text)).toMatch(message)
  })
})

it('whatever the text, it is a graph or said to be none', () => {
  const words = fc.constantFrom(
    'a',
    'b',
    '1',
    ',',
    ' ',
    '\n',
    '"',
    '<',
    '>',
    '/',
    'graphml',
    'node',
    '{',
    '}',
    '[',
    ']',
    ':',
    'null',
  )
  fc.assert(
    fc.property(fc.constantFrom('g.csv', 'g.json', 'g.graphml'), fc.array(words), (file, parts) => {
      refusal(file, parts.join(''))
    }),
    { numRuns: 2000 },
  )
})

it('a graph that is written is the one that is read', () => {
  const node = fc.integer({ min: 0, max: 30 })
  fc.assert(
    fc.property(fc.array(fc.tuple(node, node), { minLength: 1 }), edges => {
      const {
        edges: read,
        loops,
        doubled,
      } = readGraph('g.csv', edges.map(([a, b]) => `n${a},n${b}`).join('\n'))
      const key = (a: string, b: string) => [a, b].sort().join(' ')
      const wanted = new Set(edges.filter(([a, b]) => a !== b).map(([a, b]) => key(`n${a}`, `n${b}`)))
      expect(new Set(read.map(({ from, to }) => key(from, to)))).toEqual(wanted)
      expect(read).toHaveLength(wanted.size)
      expect(loops).toBe(edges.filter(([a, b]) => a === b).length)
      expect(doubled).toBeLessThanOrEqual(edges.length - loops - wanted.size)
    }),
  )
})

describe('on a network', () => {
  const placed = (text: string, nodes: string[]) => placeGraph('g.csv', readGraph('g.csv', text), nodes)

  it('its nodes are those of the same names, else in the order of both', () => {
    expect(placed('b,a\nb,c', ['a', 'b', 'c'])).toMatchObject({
      edges: [
        { from: 1, to: 0 },
        { from: 1, to: 2 },
      ],
      source: { by: 'names', nodes: 3, connections: 2 },
    })
    expect(placed('x,y\nx,z', ['a', 'b', 'c'])).toMatchObject({
      edges: [
        { from: 0, to: 1 },
        { from: 0, to: 2 },
      ],
      source: { by: 'order' },
    })
  })

  it('there are as many, and they are named as all or as none', () => {
    expect(() => placed('x,y', ['a', 'b', 'c'])).toThrow(
      'g.csv: it has 2 nodes, and the network 3: give its groups 2 in all',
    )
    expect(() => placed('a,y\nb,a', ['a', 'b', 'c'])).toThrow(
      /some of its nodes are named as the network's, and these are not: y/,
    )
  })

  const spec = (more: string, text: string) =>
    parseSpec(
      `nodes: { m: { count: 4, share: 100% } }\ntopology: { file: g.csv${more} }`,
      'net.yaml',
      {},
      () => text,
    )

  it('it is the plan, with the links that it says and the hash of the file', () => {
    const plan = makePlan(spec('', 'm-1,m-2,10,5\nm-2,m-1,20\nm-3,m-4\n'))
    expect(plan.topology).toMatchObject({
      kind: 'explicit',
      edges: [
        {
          from: 'm-1',
          to: 'm-2',
          link: { latencyMs: 10, bandwidthBps: 5e6, jitterMs: 5 },
          reverse: { latencyMs: 20 },
        },
        { from: 'm-3', to: 'm-4', link: { latencyMs: 50, bandwidthBps: 0 } },
      ],
      wantedPeers: { 'm-1': 1, 'm-2': 1, 'm-3': 1, 'm-4': 1 },
      source: { file: 'g.csv', by: 'names' },
    })
    expect(plan.files?.['g.csv']).toMatch(/^[0-9a-f]{64}$/)
  })

  it('pieces, loops and what is left out are said at its launch', () => {
    expect(remarksOn(makePlan(spec('', 'a,b\nc,d\nc,c\na,b\n')))).toEqual([
      'g.csv: 4 nodes in their order, 2 connections; left out: 1 node connected with itself, 1 connection that stood there before',
      'the network is in 2 pieces, which no connection joins: m-1 m-2 | m-3 m-4',
    ])
  })

  it.each([
    [', degree: 3', 'a,b\nc,d', /topology.degree: the file has the whole topology/],
    [', kind: ring', 'a,b\nc,d', /topology.kind: the file has the whole topology/],
    ['', 'a,b', /net.yaml:2:19: topology.file: g.csv: it has 2 nodes, and the network 4/],
    ['', 'a,b\nc,d,x', /topology.file: g.csv:2: "x" is no number/],
  ])('what contradicts it is refused: %s', (more, text, message) => {
    expect(() => spec(more, text)).toThrow(message)
  })
})
