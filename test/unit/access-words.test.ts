// A node's line to the network where a user looks: in the state as planned and as it is, and in words on the screens.

import { expect, it } from 'vitest'
import { lineText } from '../../orchestrator/observe/access-words.ts'
import { documentOf } from '../../orchestrator/observe/document.ts'
import { detailLines } from '../../orchestrator/tui/detail.ts'
import { wiresOf, wireText } from '../../orchestrator/web/client/wires.ts'
import { pageOf } from '../../orchestrator/web/page.ts'
import { PaperNetwork, paperPlan } from '../support/network-double.ts'

const MBIT = 1e6

function network(): PaperNetwork {
  const plan = paperPlan(3)
  const nodes = plan.nodes.map((node, i) =>
    i === 0 ? { ...node, access: { upBps: 10 * MBIT, downBps: 50 * MBIT } } : node,
  )
  const paper = new PaperNetwork({ ...plan, nodes })
  paper.launch()
  return paper
}

const lines = (paper: PaperNetwork) =>
  paper.observer.state().nodes.map(node => [node.plannedAccess, node.access, lineText(node)])

it('the state has it as it was planned and as faults have it; a newcomer has its own', () => {
  const paper = network()
  const planned = { upBps: 10 * MBIT, downBps: 50 * MBIT }
  const none = [undefined, undefined, undefined]
  expect(lines(paper)).toEqual([[planned, planned, 'up 10 Mbit/s, down 50 Mbit/s'], none, none])

  const thin = { upBps: 1.5 * MBIT, downBps: 50 * MBIT }
  paper.testnet({ type: 'line-changed', node: 'miners-1', line: thin })
  paper.testnet({ type: 'line-changed', node: 'miners-2', line: { upBps: 0, downBps: 1000 } })
  paper.testnet({ type: 'node-added', node: 'late', group: 'late', access: thin, askedHps: 0 })
  expect(lines(paper)).toEqual([
    [planned, thin, 'up 1.5 Mbit/s, down 50 Mbit/s (planned: up 10 Mbit/s, down 50 Mbit/s)'],
    [undefined, { upBps: 0, downBps: 1000 }, 'down 1 kbit/s (planned: unlimited)'],
    none,
    [thin, thin, 'up 1.5 Mbit/s, down 50 Mbit/s'],
  ])
  expect(JSON.parse(JSON.stringify(documentOf(paper.observer.state()))).nodes[0]).toMatchObject({
    access: thin,
    plannedAccess: planned,
  })

  paper.testnet({ type: 'line-changed', node: 'miners-1', line: planned })
  paper.testnet({ type: 'line-changed', node: 'miners-2', line: { upBps: 0, downBps: 0 } })
  expect(lines(paper).slice(0, 3)).toEqual([[planned, planned, 'up 10 Mbit/s, down 50 Mbit/s'], none, none])
})

it('the screen and the page tell it of a node, and the page of a connection at each end that has one', () => {
  const paper = network()
  const state = paper.observer.state()
  const told = (name: string) => {
    const node = state.nodes.find(node => node.name === name)
    if (!node) throw new Error(`no ${name}`)
    return detailLines(state, node, 100, 30).map(line => line.map(({ text }) => text).join(''))
  }
  expect(told('miners-1').filter(line => /^ line/.test(line))).toEqual([
    ' line        up 10 Mbit/s, down 50 Mbit/s',
  ])
  expect(told('miners-2').filter(line => /^ line/.test(line))).toEqual([])

  const page = pageOf(state, [
    ['miners-1', 'miners-2'],
    ['miners-2', 'miners-3'],
  ])
  const link = {
    ...{ from: 'miners-1', to: 'miners-2', blocked: false },
    conditions: { latencyMs: 300, jitterMs: 0, bandwidthBps: 10 * MBIT, loss: 0, blocked: false },
  }
  const texts = (links: (typeof link)[]) => wiresOf({ ...page, links }, new Set()).map(wireText)
  expect(texts([])).toEqual([
    'miners-1 – miners-2: not connected\nminers-1: line up 10 Mbit/s, down 50 Mbit/s',
    'miners-2 – miners-3: not connected',
  ])
  expect(texts([link])[0]).toBe(
    'miners-1 → miners-2: 300 ms, 10 Mbit/s\nminers-1: line up 10 Mbit/s, down 50 Mbit/s',
  )
})
