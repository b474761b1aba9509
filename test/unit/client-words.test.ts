// Whose program a node is, as the state, the screen, the status and the report have it.

import { expect, test } from 'vitest'
import { nodeTable } from '../../orchestrator/commands/status.ts'
import { programPast, programWords } from '../../orchestrator/observe/program-words.ts'
import type { Report } from '../../orchestrator/report/model.ts'
import { clientsSection } from '../../orchestrator/systems/ledger/report/clients.ts'
import { screenLines } from '../../orchestrator/tui/screen.ts'
import { FIRST_VIEW } from '../../orchestrator/tui/view.ts'
import { PaperNetwork, paperPlan } from '../support/network-double.ts'

/** The second of three nodes is another program. */
function mixed() {
  const plan = paperPlan(3)
  const nodes = plan.nodes.map((node, i) =>
    i === 1 ? { ...node, client: { name: 'bitcoind', wallet: true } } : node,
  )
  const paper = new PaperNetwork({ ...plan, nodes } as never)
  paper.launch()
  const said = (version: string) =>
    paper.testnet({ type: 'program-said', node: 'miners-2', userAgent: `/Satoshi:${version}/`, version })
  return { paper, said, node: () => paper.observer.state().nodes[1] }
}

test('a node keeps what its program says that it is, and what it said before', () => {
  const { said, node } = mixed()
  said('27.2')
  expect(node()).toMatchObject({ client: 'bitcoind', version: '27.2', userAgent: '/Satoshi:27.2/' })
  expect(node()?.earlierVersions).toBeUndefined()
  said('27.2')
  said('28.1.0')
  expect(node()).toMatchObject({ version: '28.1.0', earlierVersions: ['27.2'] })
  expect(programWords(node() as never)).toBe('bitcoind 28.1.0')
  expect(programPast(node() as never)).toBe('bitcoind 27.2 → 28.1.0')
  expect([programWords({}), programPast({ client: 'x' })]).toEqual(['netsplit', 'x'])
})

test('the tables of nodes have a column for it where there are others, and are searched by it', () => {
  const { paper, said } = mixed()
  said('28.1.0')
  const state = paper.observer.state()
  expect(nodeTable(state).join('\n')).toMatch(/CLIENT[\s\S]*miners-2.* bitcoind 28\.1\.0 /)
  const screen = (view: object, columns = 140) =>
    screenLines({ state, view: { ...FIRST_VIEW, ...view }, logs: [], columns, rows: 40 })
      .map(spans => spans.map(({ text }) => text).join(''))
      .join('\n')
  expect(screen({})).toMatch(/state +client[\s\S]*miners-2 +\S+ running +bitcoind 28\.1\.0/)
  expect(screen({}, 70)).not.toContain('bitcoind')
  const found = screen({ filter: 'bitcoind' })
  expect(found).toContain('miners-2')
  expect(found.split('Mining')[0]).not.toMatch(/miners-1 +\S+ running/)

  const ours = new PaperNetwork(paperPlan(3))
  ours.launch()
  expect(nodeTable(ours.observer.state()).join('\n')).not.toContain('CLIENT')
})

test('the report puts implementations beside each other by client and version', () => {
  const line = (name: string, said: object) => ({
    ...{ name, blocks: 4, staleBlocks: 1, reorgs: 0, p50Ms: 10 },
    ...said,
  })
  const section = (nodes: readonly object[]) => clientsSection({ report: { nodes } } as unknown as Report)
  const core = { client: 'bitcoind' }
  const text = section([
    line('ours-1', { version: '0.1.0' }),
    line('core27-1', { ...core, version: '27.2' }),
    line('core28-1', { ...core, version: '28.1.0' }),
    line('core28-2', { ...core, version: '28.1.0', earlierVersions: ['27.2'] }),
  ])
  const rows = [...text.matchAll(/<tr><td>(.*?)<\/td><td class="number">(\d+)</g)].map(([, ...row]) => row)
  expect(rows).toEqual([
    ['netsplit 0.1.0', '1'],
    ['bitcoind 27.2', '1'],
    ['bitcoind 28.1.0', '1'],
    ['bitcoind 27.2 → 28.1.0', '1'],
  ])
  expect(section([line('a', { version: '0.1.0' }), line('b', {})])).toBe('')
  expect(section([line('a', { version: '0.1.0' }), line('b', { version: '0.2.0' })])).toContain(
    'netsplit 0.2.0',
  )
})
