// The ledger's answers at the head of a report: hash power, propagation, agreement; and what a fault did to it, in words.

import { formatCount, formatRate, formatShare, formatWithin, plural } from '../../../format.ts'
import type { FaultEffect } from '../../../report/effects.ts'
import type { Answer } from '../../../report/html/face.ts'
import { duration, escaped, percent } from '../../../report/html/text.ts'
import type { NodeLine, Report } from '../../../report/model.ts'
import { effectWords } from '../effect-words.ts'
import { refusalText } from '../words.ts'

const COLOURS = 8
/** Shares beyond are one. */
const MAX_SHARES = 8

export function ledgerAnswers(report: Report): readonly Answer[] {
  return [
    ['Who has the hash power?', ...power(report)],
    ['When do 90 % have a block?', ...speed(report)],
    ['Was the network split?', ...split(report)],
  ]
}

/** Who had less than it was asked for since it was not there. */
function absent(miners: readonly NodeLine[]): string {
  const [longest, ...others] = miners.filter(({ downMs }) => downMs > 0).sort((a, b) => b.downMs - a.downMs)
  if (!longest) return ''
  const more = others.length > 0 ? `, ${plural(others.length, 'other')} for less` : ''
  return ` ${escaped(longest.name)} was down for ${duration(longest.downMs)}${more}: that time counts as nothing.`
}

interface Share {
  readonly name: string
  readonly hps: number
  readonly blocks: number
}

function power({ report, hashRate }: Report): [string, string] {
  const shares = sharesOf(report)
  const asked = shares.reduce((sum, { hps }) => sum + hps, 0)
  const blocks = shares.reduce((sum, share) => sum + share.blocks, 0)
  const [first] = shares
  if (!first || asked === 0) return ['nobody', '<p>No node was asked to mine.</p>']
  const miners = report.nodes.filter(({ askedHps }) => askedHps > 0)
  const even = miners.length > 1 && miners.every(({ askedHps }) => askedHps === miners[0]?.askedHps)
  const down = miners.filter(({ downMs }) => downMs > 0).length
  const big = even
    ? `${formatCount(miners.length)} alike${down === 0 ? '' : `, ${formatCount(down)} down for a while`}`
    : `${escaped(first.name)} ${formatShare(first.hps / asked)}`
  const bar = (title: string, share: (share: Share) => number) => {
    const parts = shares.map(
      (part, i) =>
        `<i class="c${i % COLOURS}" style="width:${percent(share(part))}" title="${escaped(`${part.name}: ${formatShare(share(part))}`)}"></i>`,
    )
    return `<div class="share"><span>${title}</span><div>${parts.join('')}</div></div>`
  }
  const found = blocks === 0 ? '' : bar('found', part => part.blocks / blocks)
  const names = shares.map(({ name }, i) => `<span><i class="c${i % COLOURS}"></i>${escaped(name)}</span>`)
  return [
    big,
    `${bar('power', part => part.hps / asked)}${found}<p class="names">${names.join(' ')}</p>
<p>${formatRate(hashRate.measuredHps)} measured of ${formatRate(hashRate.askedHps)} asked; ${plural(blocks, 'block')} on the best chain.${absent(miners)}</p>`,
  ]
}

/** What it was asked for, over all the run: nothing while it was down. */
export function hpsOf(
  { askedHps, downMs }: NodeLine,
  { readyMs, startedMs, endMs }: Report['report'],
): number {
  if (downMs === 0) return askedHps
  const wholeMs = Math.max(1, endMs - (readyMs ?? startedMs))
  return askedHps * Math.max(0, 1 - downMs / wholeMs)
}

/** By group where there are several, else by node; the rest together. */
function sharesOf(report: Report['report']): readonly Share[] {
  const { nodes } = report
  const miners = nodes.filter(({ askedHps, blocks }) => askedHps > 0 || blocks > 0)
  const groups = new Set(miners.map(({ group }) => group))
  const byName = new Map<string, Share>()
  for (const node of miners) {
    const name = groups.size > 1 && miners.length > MAX_SHARES ? node.group : node.name
    const { hps, blocks } = byName.get(name) ?? { hps: 0, blocks: 0 }
    byName.set(name, { name, hps: hps + hpsOf(node, report), blocks: blocks + node.blocks })
  }
  const sorted = [...byName.values()].sort((a, b) => b.hps - a.hps)
  const rest = sorted.slice(MAX_SHARES - 1)
  if (rest.length <= 1) return sorted
  const sum = (of: (share: Share) => number) => rest.reduce((total, share) => total + of(share), 0)
  const others = { name: `${rest.length} others`, hps: sum(({ hps }) => hps), blocks: sum(s => s.blocks) }
  return [...sorted.slice(0, MAX_SHARES - 1), others]
}

function speed({ propagation, report }: Report): [string, string] {
  const { p50Ms, p90Ms, p99Ms, errorMs } = propagation
  if (p90Ms === null) {
    const none = report.nodes.length > 1 ? short(report) : ''
    return none === '' ? ['no block travelled', ''] : ['never', `<p>${none.trim()}</p>`]
  }
  const apart =
    report.apartArrivals === 0
      ? ''
      : ` ${plural(report.apartArrivals, 'arrival')} after a cut or a pause ${report.apartArrivals === 1 ? 'is' : 'are'} not counted.`
  const clocks =
    errorMs === undefined
      ? ''
      : ` Each of these times is right within ± ${duration(errorMs)}: hosts have clocks of their own.`
  return [
    formatWithin(p90Ms, errorMs),
    `<p>The middle block: half of the running nodes had it within ${duration(p50Ms)}, 99 % within ${duration(p99Ms)}.${short(report)} The plan wants a block every ${duration(report.blockIntervalMs)}; it came every ${duration(report.intervals.count === 0 ? null : report.intervals.sumMs / report.intervals.count)}.${apart}${clocks}</p>`,
  ]
}

/** Blocks of the best chain that have no such time. */
function short({ blocks: { p90Ms, active } }: Report['report']): string {
  const count = p90Ms.filter((ms, i) => ms === null && active[i] === 1).length
  return count === 0 ? '' : ` ${plural(count, 'block')} did not reach 90 % of the nodes that ran.`
}

function split({
  tips,
  refusing = 0,
  converged,
  staleBlocks,
  blocks,
  reorgMaxDepth,
  report,
}: Report): [string, string] {
  const apartMs = report.disagreements.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)
  const longest = report.disagreements.reduce((most, { fromMs, toMs }) => Math.max(most, toMs - fromMs), 0)
  // A cut that somebody made, or one that came of itself and outlasted a few blocks.
  const cut = report.faults.some(({ sides }) => sides !== undefined) || longest > 2 * report.blockIntervalMs
  const agreed = converged || report.onItsWay
  const tip = converged ? 'one tip at the end' : 'a block was on its way at the end'
  const end = agreed
    ? `${cut ? 'yes' : 'no'}; ${tip}`
    : tips > 1
      ? `yes: ${plural(tips, 'tip')} at the end`
      : refusing > 0
        ? `one tip at the end, but ${refusalText(refusing)}`
        : 'not all nodes agreed at the end'
  const span = Math.max(1, report.endMs - report.startedMs)
  const how =
    apartMs === 0
      ? 'The nodes never stood apart for longer than a block travels.'
      : `Nodes stood on different tips for ${duration(apartMs)} in all (${formatShare(apartMs / span)} of the run), ${duration(longest)} at the longest.`
  const stale = `${formatCount(staleBlocks)} of ${plural(blocks, 'block')} went stale${reorgMaxDepth > 0 ? `; the deepest reorganisation took back ${plural(reorgMaxDepth, 'block')}` : ''}.`
  const tone = agreed ? 'good' : 'bad'
  return [`<span class="${tone}">${end}</span>`, `<p>${how} ${stale}</p>`]
}

/** What a fault did, in words; the run is over. */
export function sentence(fault: FaultEffect): string {
  const { text, trouble } = effectWords(fault, fault, true)
  return trouble === '' ? text : `${text} <b class="bad">${trouble}</b>`
}
