// The sides of a partition: what hash power each has, the pieces that one has fallen into, and networks that are in pieces from the start.

import { describe, expect, it } from 'vitest'
import { remarksOn } from '../../orchestrator/network/remarks.ts'
import { brokenSides, piecesOf } from '../../orchestrator/observe/sides.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { powerBySide } from '../../orchestrator/systems/ledger/sides.ts'
import { headerLines } from '../../orchestrator/tui/header.ts'
import { statusLine } from '../../orchestrator/tui/status.ts'
import { launched } from '../support/network-double.ts'
import { nodeWith } from '../support/partial-state.ts'

describe('pieces', () => {
  const wires: Record<string, string[]> = { a: ['b'], b: ['a', 'c'], c: ['b'], d: ['e'], e: ['d'], f: [] }
  const of = (...names: string[]) => piecesOf(names, name => wires[name] ?? [])

  it('hang together by chains of neighbours, the largest first', () => {
    expect(of('f', 'e', 'd', 'c', 'b', 'a')).toEqual([['c', 'b', 'a'], ['e', 'd'], ['f']])
    expect(of('a', 'c')).toEqual([['a'], ['c']])
    expect(of()).toEqual([])
  })

  it('are found among ten thousand in a ring', () => {
    const names = Array.from({ length: 10_000 }, (_, i) => String(i))
    const ring = (name: string) => [1, -1].map(step => String((Number(name) + step + 10_000) % 10_000))
    expect(piecesOf(names, ring)).toHaveLength(1)
  })
})

describe('sides', () => {
  const node = (
    name: string,
    side: number | undefined,
    askedHps: number,
    peerNames: string[],
    phase = 'running',
  ) => nodeWith({ name, side, askedHps, peerNames, phase })

  it('have their shares of the hash power of those who run', () => {
    const nodes = [
      node('a', 0, 40, []),
      node('b', 1, 50, []),
      node('c', 1, 10, []),
      node('d', 0, 60, [], 'stopped'),
    ]
    expect(powerBySide(nodes)).toBe('A 40 % | B 60 %')
    expect(powerBySide([node('a', 0, 0, []), node('b', 1, 0, [])])).toBe('')
    expect(powerBySide([node('a', undefined, 5, [])])).toBe('')
  })

  it('that fell apart are said, with those who are alone', () => {
    const nodes = [
      node('a', 0, 1, ['b']),
      node('b', 0, 1, []),
      node('c', 0, 1, ['d']),
      node('d', 1, 1, ['c', 'e']),
      node('e', 1, 1, ['d']),
    ]
    expect(brokenSides(nodes)).toEqual(['side A in 2 pieces: c alone'])
    expect(brokenSides(nodes.map(each => ({ ...each, side: undefined })))).toEqual([])
    const scattered = ['p', 'q', 'r', 's', 't', 'u'].map(name => node(name, 1, 1, []))
    expect(brokenSides(scattered)).toEqual(['side B in 6 pieces: q, r, s and 2 more alone'])
  })

  it('are on the screen and in the line of plain output while they last', () => {
    const paper = launched(3)
    const text = () =>
      headerLines(paper.observer.state(), 140)
        .flat()
        .map(span => span.text)
        .join('')
    expect(text()).not.toContain('| B')
    const sides = [['miners-1'], ['miners-2', 'miners-3']]
    paper.testnet({ type: 'fault-started', id: 'x', kind: 'partition', target: 'a | b', detail: '', sides })
    expect(text()).toContain('A 33.3 % | B 66.7 %')
    expect(statusLine(paper.observer.state())).toContain('A 33.3 % | B 66.7 %')
    paper.testnet({ type: 'fault-ended', id: 'x' })
    expect(text()).not.toContain('| B')
  })
})

describe('before anything runs', () => {
  const said = (yaml: string) => remarksOn(makePlan(parseSpec(yaml, 'test', {})))

  it('a network in pieces and one without miners are told', () => {
    expect(said('nodes: { m: { count: 4, share: 100% } }')).toEqual([])
    expect(
      said(
        'nodes: { m: { count: 5, share: 100% } }\ntopology: { kind: explicit, edges: [[m-1, m-2], [m-3, m-4]] }',
      ),
    ).toEqual(['the network is in 3 pieces, which no connection joins: m-1 m-2 | m-3 m-4 | m-5'])
    expect(said('nodes: { m: { count: 3 } }')).toEqual(['nobody mines: no block will be found'])
    expect(said('nodes: { p: { count: 3, runs: p2p } }')).toEqual([])
    const swarm =
      's: { count: 1, runs: bittorrent }, p: { count: 2, runs: bittorrent }, t: { count: 1, runs: tracker }'
    const content = 'bittorrent: { content: [{ name: film, size: 1MB, pieceLength: 64KiB, on: s }] }'
    expect(said(`nodes: { ${swarm} }\n${content}\ntopology: { kind: full }`)).toEqual([])
    expect(said('nodes: { p: { count: 30, runs: p2p } }\ntopology: { kind: discovered }')).toEqual([])
  })
})
