// The ledger's sections of a report: its columns of the nodes, blocks on their way, forks.

import {
  formatBytes,
  formatCount,
  formatElapsed,
  formatRate,
  formatShare,
  plural,
  shortHash,
} from '../../../format.ts'
import type { Fork } from '../../../report/forks.ts'
import type { NodeTable } from '../../../report/html/face.ts'
import { duration, escaped, percent, section, shortened } from '../../../report/html/text.ts'
import type { NodeLine, Report } from '../../../report/model.ts'
import type { Hop, Travel } from '../../../report/travel.ts'
import { hpsOf } from './answers.ts'

const MAX_FORKS_DRAWN = 24
const MAX_BLOCKS_DRAWN = 24

export function nodeTable({ report }: Report): NodeTable {
  const { nodes } = report
  const power = nodes.reduce((sum, node) => sum + hpsOf(node, report), 0)
  const down = nodes.some(({ downMs }) => downMs > 0)
  const blocks = nodes.reduce((sum, node) => sum + node.blocks, 0)
  const share = (part: number, whole: number) => (whole === 0 ? '–' : formatShare(part / whole))
  const cells = (node: NodeLine) => [
    formatCount(node.height),
    node.askedHps === 0 ? '–' : formatRate(node.askedHps),
    node.askedHps === 0 ? '–' : formatRate(node.measuredHps),
    node.askedHps === 0 ? '–' : share(hpsOf(node, report), power),
    node.askedHps === 0 ? '–' : share(node.blocks, blocks),
    formatCount(node.blocks),
    node.askedHps === 0 ? '–' : node.expectedBlocks.toFixed(1),
    formatCount(node.staleBlocks),
    duration(node.p50Ms),
    formatCount(node.reorgs),
    ...(down ? [duration(node.downMs)] : []),
  ]
  const number = true
  const columns = [
    { title: 'height', number },
    { title: 'asked', number },
    { title: 'measured', number },
    { title: 'of the power', number },
    { title: 'of the blocks', number },
    { title: 'blocks', number },
    { title: 'expected', number },
    { title: 'stale', number },
    { title: 'has a block after', number },
    { title: 'reorgs', number },
    ...(down ? [{ title: 'down', number }] : []),
  ]
  const lead =
    'Blocks count on the best chain. Expected: of all that were found, by its share of the hash power that ran then. “Has a block after”: the middle of its arrival times.'
  return { lead, columns, cells }
}

export function travelSection({ report }: Report): string {
  const { slowest } = report
  if (slowest.length === 0) return ''
  const lead =
    'Who sent each block to whom, and when it was there. The slowest of the run, by 90 % of the running nodes.'
  return section('travel', 'The slowest blocks', lead, slowest.map(travel).join('\n'))
}

function travel(block: Travel, index: number): string {
  const { hash, height, miner, bytes, transactions, hops } = block
  const spanMs = Math.max(1, ...hops.map(({ atMs }) => atMs))
  const atOf = new Map(hops.map(({ node, atMs }) => [node, atMs]))
  const title = `block ${formatCount(height)} <code>${shortHash(hash)}</code> by ${escaped(miner ?? 'an unknown miner')}`
  const within = block.errorMs === undefined ? '' : `, each ± ${duration(block.errorMs)}`
  const facts = `${duration(block.p90Ms)} until 90 %, ${duration(block.p50Ms)} until half${within}; ${formatBytes(bytes)}, ${plural(Math.max(0, transactions - 1), 'payment')}`
  const rows = hops.map(hop => hopRow(hop, spanMs, atOf))
  return `<details${index === 0 ? ' open' : ''}><summary>${title} <span class="quiet">${facts}</span></summary>
<div class="travel"><div class="scale"><span>0</span><span>${duration(spanMs / 2)}</span><span>${duration(spanMs)}</span></div>${rows.join('')}</div></details>`
}

function hopRow(
  { node, from, depth, atMs, apart }: Hop,
  spanMs: number,
  atOf: ReadonlyMap<string, number>,
): string {
  const fromMs = Math.min(atMs, (from === undefined ? undefined : atOf.get(from)) ?? atMs)
  const way = from === undefined ? '' : ` from ${from}`
  const title = `${node}${way}, ${duration(atMs)}${apart ? ', after a cut or a pause' : ''}`
  return `<div class="hop${apart ? ' late' : ''}" title="${escaped(title)}"><span style="padding-left:${Math.min(depth, 12) * 0.8}em">${depth > 0 ? '└ ' : ''}${escaped(node)}</span><div><i style="left:${percent(fromMs / spanMs)};width:${percent((atMs - fromMs) / spanMs)}"></i><b style="left:${percent(atMs / spanMs)}"></b></div><em>${duration(atMs)}</em></div>`
}

export function forksSection({ report, staleBlocks }: Report): string {
  const { forks, startedMs } = report
  if (forks.length === 0) return section('forks', 'Forks', 'The chain never forked: no block went stale.', '')
  // The longest say most.
  const shown = [...forks]
    .sort((a, b) => b.lost.length - a.lost.length || a.fromMs - b.fromMs)
    .slice(0, MAX_FORKS_DRAWN)
    .sort((a, b) => a.fromMs - b.fromMs)
  const more = forks.length - shown.length
  const lead = `${plural(forks.length, 'fork')}, ${plural(staleBlocks, 'stale block')}.${more > 0 ? ` The ${shown.length} longest are drawn.` : ''} A filled circle made it, an empty one did not; each names its miner where one is pointed at.`
  const figures = shown.map(fork => forkFigure(fork, startedMs)).join('\n')
  return section('forks', 'Forks', lead, `<div class="forks">${figures}</div>`)
}

const STEP = 34

function forkFigure({ height, fromMs, lost, kept }: Fork, startedMs: number): string {
  const x = (at: number) => 20 + (at - height) * STEP
  const keptShown = kept.slice(0, MAX_BLOCKS_DRAWN)
  const lostShown = lost.slice(0, MAX_BLOCKS_DRAWN)
  const last = Math.max(height, ...keptShown.map(b => b.height), ...lostShown.map(b => b.height))
  const title = (block: Fork['lost'][number]) =>
    `<title>${escaped(`${block.height} ${shortHash(block.hash)} by ${block.miner ?? 'an unknown miner'}, ${formatElapsed(block.timeMs - startedMs)}`)}</title>`
  const line = (y: number, blocks: Fork['lost']) => {
    const end = blocks.at(-1)
    return end
      ? `<path class="way" d="M${x(height)} 16${y === 16 ? '' : `Q${x(height)} ${y} ${x(height + 1)} ${y}`}H${x(end.height)}"/>`
      : ''
  }
  const circles = [
    `<circle class="kept" cx="${x(height)}" cy="16" r="6"><title>${height}: the last that both have</title></circle>`,
    ...keptShown.map(b => `<circle class="kept" cx="${x(b.height)}" cy="16" r="6">${title(b)}</circle>`),
    ...lostShown.map(b => `<circle class="lost" cx="${x(b.height)}" cy="44" r="6">${title(b)}</circle>`),
  ]
  const width = x(last) + 20
  const losers = [...new Set(lost.map(({ miner }) => miner ?? 'unknown'))].join(', ')
  const cut = lost.length > lostShown.length ? ` (${lostShown.length} drawn)` : ''
  const words = `${formatElapsed(fromMs - startedMs)} above height ${formatCount(height)}: ${plural(lost.length, 'block')} lost${cut}, by ${shortened(losers)}`
  return `<figure class="fork${lostShown.length > 7 ? ' long' : ''}"><figcaption>${escaped(words)}</figcaption><div class="scroll"><svg width="${width}" height="60" viewBox="0 0 ${width} 60" role="img" aria-label="${escaped(words)}">${line(16, keptShown)}${line(44, lostShown)}${circles.join('')}</svg></div></figure>`
}
