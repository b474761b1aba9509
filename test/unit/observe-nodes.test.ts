// What the state knows of a node that comes, goes and comes again.

import { describe, expect, it } from 'vitest'
import { launched, PaperNetwork, paperPlan } from '../support/network-double.ts'

const NAME = 'miners-1'
const of = (paper: PaperNetwork) => {
  const node = paper.observer.state().nodes.find(({ name }) => name === NAME)
  if (!node) throw new Error(`no ${NAME}`)
  return node
}
const exit = (paper: PaperNetwork, node = NAME, expected = true) =>
  paper.testnet({ type: 'node-exited', node, code: 0, signal: null, expected, lastLines: [] })
const peer = (paper: PaperNetwork, id: number) =>
  paper.node(NAME, {
    type: 'peer-up',
    peer: id,
    address: `10.0.0.${id}:1`,
    inbound: false,
    userAgent: '/x/',
  })

describe('a node', () => {
  it('has as many peers as came and did not go, and never fewer than none', () => {
    const paper = launched(2)
    const { peers } = of(paper)
    peer(paper, 1)
    peer(paper, 2)
    expect(of(paper).peers).toBe(peers + 2)
    const down = { type: 'peer-down', peer: 1, address: '10.0.0.1:1', inbound: false, why: 'closed' } as const
    paper.node(NAME, down)
    expect(of(paper).peers).toBe(peers + 1)
    for (let id = 2; id < peers + 5; id++) paper.node(NAME, { ...down, peer: id, address: `10.0.0.${id}:1` })
    expect(of(paper).peers).toBe(0)
  })

  it('that is down has no peers, nothing in its mempool and no tip that it stands on', () => {
    const paper = launched(2)
    peer(paper, 1)
    paper.block({ miner: NAME })
    paper.node(NAME, { type: 'tx-accepted', txid: 'ab', bytes: 1, feeSat: 1, from: 1 })
    expect(of(paper).systems.ledger.tipSinceMs).toBeDefined()
    exit(paper)
    expect(of(paper)).toMatchObject({
      ...{ phase: 'stopped', peers: 0 },
      systems: { ledger: { mempool: 0, measuredHps: 0 } },
    })
    expect(of(paper).systems.ledger.tipSinceMs).toBeUndefined()
  })

  it('is where it said when it came up, and holds nothing before', () => {
    const paper = new PaperNetwork(paperPlan(2))
    expect(of(paper)).toMatchObject({ phase: 'planned', p2p: undefined, rssBytes: 0, peers: 0 })
    paper.launch()
    expect(of(paper)).toMatchObject({ phase: 'running', p2p: '127.0.0.1:20000', pid: 4000 })
  })

  it('that died is failed, not stopped', () => {
    const paper = launched(2)
    exit(paper, NAME, false)
    expect(of(paper).phase).toBe('failed')
  })

  it('has the peers and the memory that it told last, and runs again when it answers, unless it is paused', () => {
    const paper = launched(2)
    const sampled = (peers: number, rssBytes: number, groupBytes?: number) => {
      const told = { height: 0, tip: 'aa', mempool: 0, measuredHps: 1, hashes: 1 }
      paper.testnet({ type: 'node-sampled', node: NAME, ...told, peers, rssBytes, groupBytes })
      return of(paper)
    }
    const unreachable = () => paper.testnet({ type: 'node-unreachable', node: NAME, detail: 'no answer' })
    expect(sampled(7, 1000)).toMatchObject({ phase: 'running', peers: 7, rssBytes: 1000 })
    unreachable()
    expect(of(paper).phase).toBe('unreachable')
    expect(sampled(3, 2000, 900)).toMatchObject({
      ...{ phase: 'running', peers: 3, rssBytes: 2000, groupBytes: 900 },
    })
    paper.testnet({ type: 'node-paused', node: NAME })
    unreachable()
    expect(sampled(3, 2000).phase).toBe('paused')
    paper.testnet({ type: 'node-resumed', node: NAME })
    expect(of(paper).phase).toBe('running')
  })
})

describe('the network', () => {
  it('is stopped when it goes down and the last of its nodes is down, and not before', () => {
    const paper = launched(2)
    const phase = () => paper.observer.state().phase
    exit(paper)
    expect(phase()).toBe('running')
    paper.testnet({ type: 'network-stopping', why: 'the test is over' })
    expect(phase()).toBe('stopping')
    exit(paper, 'miners-2')
    expect(phase()).toBe('stopped')
  })

  it('counts how long blocks took in these bins', () => {
    const { buckets } = launched(2).observer.state().systems.ledger.propagationHistogram
    expect(buckets.map(({ leMs }) => leMs)).toEqual([
      ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
      ...[10_000, 20_000, 60_000],
    ])
  })
})
