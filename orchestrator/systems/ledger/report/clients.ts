// Implementations beside each other, by client and version, where a run had several.

import { formatCount, formatShare } from '../../../format.ts'
import { areMixed, programPast } from '../../../observe/program-words.ts'
import { duration, escaped, section } from '../../../report/html/text.ts'
import type { NodeLine, Report } from '../../../report/model.ts'

/** Empty where all nodes are ours. */
export function clientsSection({ report }: Report): string {
  const programs = byProgram(report.nodes)
  const versions = new Set(report.nodes.flatMap(({ version }) => version ?? []))
  if (versions.size < 2 && !areMixed(report.nodes)) return ''
  const rows = [...programs].map(([client, nodes]) => row(client, nodes)).join('\n')
  const lead =
    'The nodes by whose program they are and which version it says that it is; an arrow: it became another during the run. Of others’ the blocks, the time until they had one and the reorganisations are as their spy saw them: a peer of ours with one connection, to the program. What one takes over a block is from when all of it is there until it is its own: of ours as they say, of others from the handing over to their telling the spy.'
  const head = ['client', 'nodes', 'blocks', 'stale', 'has a block after', 'takes over it', 'reorgs']
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
    duration(middle(nodes.flatMap(({ validationMs }) => validationMs ?? []))),
    formatCount(sum(node => node.reorgs)),
  ].map(text => `<td class="number">${text}</td>`)
  return `<tr><td>${escaped(client)}</td>${cells.join('')}</tr>`
}

function middle(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]
}

function byProgram(nodes: readonly NodeLine[]): Map<string, NodeLine[]> {
  const programs = new Map<string, NodeLine[]>()
  for (const node of nodes) {
    const words = programPast(node)
    programs.set(words, [...(programs.get(words) ?? []), node])
  }
  return programs
}
