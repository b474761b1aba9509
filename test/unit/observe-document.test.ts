// The state as programs read it: fields of before there were systems, and a part a system.

import { expect, it } from 'vitest'
import { documentOf } from '../../orchestrator/observe/document.ts'
import { launched } from '../support/network-double.ts'

interface Document {
  readonly [key: string]: unknown
  readonly nodes: readonly { readonly [key: string]: unknown; readonly systems: object }[]
  readonly systems: { readonly [system: string]: object }
}

it('has the ledger at its top, as ever, and below systems', () => {
  const paper = launched(2)
  paper.block({ miner: 'miners-1' })
  const document = documentOf(paper.observer.state()) as Document
  expect(document).toMatchObject({ height: 1, tips: 1, converged: true, totals: { blocks: 1 } })
  expect(document.systems).toMatchObject({ ledger: { height: 1, tips: 1, converged: true } })
  const [first] = document.nodes
  expect(first).toMatchObject({ name: 'miners-1', height: 1, blocksMined: 1, askedHps: 200_000 })
  expect(first?.systems).toMatchObject({ ledger: { height: 1, blocksMined: 1 } })
})

it('has no part of a system that no node runs', () => {
  const document = documentOf({ ...launched(2).observer.state(), runs: [] }) as Document
  expect(document.systems).toEqual({})
  expect(document.nodes.map(({ systems }) => systems)).toEqual([{}, {}])
})
