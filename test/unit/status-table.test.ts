// The tables that `netsplit status` and `netsplit ls` print: columns of the systems that are there.

import { describe, expect, it } from 'vitest'
import { type Listed, listOf } from '../../orchestrator/commands/ls.ts'
import { nodeTable } from '../../orchestrator/commands/status.ts'
import { PaperNetwork, paperPlan } from '../support/network-double.ts'

function tableOf(runs: readonly string[]): string[] {
  const plan = paperPlan(2)
  const paper = new PaperNetwork({ ...plan, nodes: plan.nodes.map(node => ({ ...node, runs })) })
  paper.launch()
  return nodeTable(paper.observer.state()).map(line => line.trimEnd())
}

const titles = ([head = '']: readonly string[]) => head.trim().split(/ {2,}/)

describe('the table of nodes', () => {
  it('of a ledger', () => {
    const lines = tableOf(['bitcoin'])
    const wanted = [
      'NODE',
      'PHASE',
      'HEIGHT',
      'TIP',
      'PEERS',
      'MEMPOOL',
      'HASH RATE',
      'MINED',
      'MEMORY',
      'PID',
    ]
    expect(titles(lines)).toEqual(wanted)
    expect(lines[1]).toMatch(
      /^● miners-1 +running +0 +\S+ +1 +\d+ +\S+ kH\/s of 200 kH\/s +0 +[\d.]+ MB +4000$/,
    )
  })

  it('of bare peers', () => {
    const lines = tableOf(['p2p'])
    expect(titles(lines)).toEqual(['NODE', 'PHASE', 'PEERS', 'MEMORY', 'PID'])
    expect(lines[2]).toMatch(/^● miners-2 +running +1 +[\d.]+ MB +4001$/)
  })
})

describe('the list of networks', () => {
  const live: Listed = {
    ...{ network: 'a', phase: 'running', runtime: 'process', nodes: 2, running: 2, height: 7 },
    ...{ seconds: 60, pid: 1, runDirectory: '/r' },
  }
  const dead: Listed = {
    ...{ network: 'd', phase: 'dead', runtime: null, nodes: null, running: null, height: null },
    ...{ seconds: null, pid: null, runDirectory: null },
  }
  const peers: Listed = { ...live, network: 'p', height: null }
  const heights = (...networks: Listed[]) => titles(listOf(networks)).includes('HEIGHT')

  it('has heights unless those that answer have no chain', () => {
    expect([
      heights(live),
      heights(dead),
      heights(live, peers),
      heights(peers),
      heights(dead, peers),
    ]).toEqual([...[true, true, true, false, false]])
    expect(listOf([live])[1]).toMatch(/^a {2,}running {2}process +2\/2 +7 +1:00 +\/r$/)
    expect(listOf([live, peers])[2]).toMatch(/2\/2 +– +1:00/)
    expect(listOf([peers])[1]).toMatch(/2\/2 +1:00/)
  })
})
