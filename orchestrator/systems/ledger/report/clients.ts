// Implementations beside each other, where a run had several.

import { formatCount, formatShare } from '../../../format.ts'
import { duration, escaped, section } from '../../../report/html/text.ts'
import type { NodeLine, Report } from '../../../report/model.ts'

/** What our own is called beside others. */
const OURS = 'netsplit'

/** Empty where all nodes are ours. */
export function clientsSection({ report }: Report): string {
  const groups = byClient(report.nodes)
  if ([...groups.keys()].every(client => client === OURS)) return ''
  const rows = [...groups].map(([client, nodes]) => row(client, nodes)).join('\n')
  const lead =
    'The nodes by whose program they are. Of others’ the blocks, the time until they had one and the reorganisations are as their spy saw them: a peer of ours with one connection, to the program.'
  const head = ['client', 'nodes', 'blocks', 'stale', 'has a block after', 'reorgs']
    .map((title, i) => `<th${i > 0 ? ' class="number"' : ''}>${title}</th>`)
    .join('')
  return section(
    'clients',
    'Implementations',
    lead,
    `<table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table>`,
  )
}

function row(client: string, nodes: readonly NodeLine[]): string {
  const sum = (of: (node: NodeLine) => number) => nodes.reduce((total, node) => total + of(node), 0)
  const blocks = sum(node => node.blocks)
  const stale = sum(node => node.staleBlocks)
  const found = blocks + stale
  const cells = [
    formatCount(nodes.length),
    formatCount(blocks),
    found === 0 ? '–' : `${formatCount(stale)} (${formatShare(stale / found)})`,
    duration(middle(nodes.flatMap(({ p50Ms }) => p50Ms ?? []))),
    formatCount(sum(node => node.reorgs)),
  ].map(text => `<td class="number">${text}</td>`)
  return `<tr><td>${escaped(client)}</td>${cells.join('')}</tr>`
}

function middle(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]
}

function byClient(nodes: readonly NodeLine[]): Map<string, NodeLine[]> {
  const groups = new Map<string, NodeLine[]>()
  for (const node of nodes) {
    const { client = OURS } = node
    groups.set(client, [...(groups.get(client) ?? []), node])
  }
  return groups
}
