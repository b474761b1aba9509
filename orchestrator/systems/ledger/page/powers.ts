// Who has the hash power, and what came of it. Many miners are summed by group. Pure.

import type { Page } from '../../../web/page.ts'
import { expectedBlocks } from '../observe/power.ts'

/** Bars that a panel has room for. */
const MOST = 14

export interface Power {
  readonly name: string
  readonly askedHps: number
  readonly measuredHps: number
  readonly blocks: number
  /** As many as it was to find while it ran. */
  readonly expected: number
}

const mines = ({ systems: { ledger } }: Page['nodes'][number]) =>
  ledger.askedHps > 0 || ledger.blocksMined > 0

/** Without them there is no hash power to show. */
export function hasMiners({ nodes }: Page): boolean {
  return nodes.some(mines)
}

/** Miners, the strongest first; groups where there are too many of them. */
export function powersOf({
  nodes,
  systems,
}: Pick<Page, 'nodes'> & { readonly systems: Pick<Page['systems'], 'ledger'> }): Power[] {
  const miners = nodes.filter(mines)
  const byGroup = miners.length > MOST
  const powers = new Map<string, Power>()
  for (const node of miners) {
    const name = byGroup ? node.group : node.name
    const sum = powers.get(name) ?? { name, askedHps: 0, measuredHps: 0, blocks: 0, expected: 0 }
    powers.set(name, {
      name,
      askedHps: sum.askedHps + node.systems.ledger.askedHps,
      measuredHps: sum.measuredHps + node.systems.ledger.measuredHps,
      blocks: sum.blocks + node.systems.ledger.blocksMined,
      expected: sum.expected + expectedBlocks(node.systems.ledger, systems.ledger),
    })
  }
  return [...powers.values()].sort((a, b) => b.askedHps - a.askedHps).slice(0, MOST)
}
