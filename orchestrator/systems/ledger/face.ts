// The ledger in a terminal: chain, propagation, hash power and history as panels, and its facts wherever a network is told of.

import {
  formatCount,
  formatDuration,
  formatElapsed,
  formatRate,
  formatShare,
  formatWithin,
  plural,
  shortHash,
  sparkline,
} from '../../format.ts'
import type { NetworkState } from '../../observe/state.ts'
import { TONES } from '../../tui/colors.ts'
import { type Face, lines, type Panel, within } from '../../tui/face.ts'
import { deploymentFacts, deploymentText } from './deployment-words.ts'
import { runHps } from './observe/power.ts'
import { standsAt } from './observe/tips.ts'
import { chainPanel } from './panels/chain.ts'
import { historyPanel } from './panels/history.ts'
import { miningPanel } from './panels/mining.ts'
import { propagationPanel } from './panels/propagation.ts'
import { powerBySide } from './sides.ts'
import type { LedgerState } from './state.ts'
import { doubleSpendsOf, strategyFacts } from './strategy-words.ts'
import { agreement, hashRateText, miningNote, refusalText, staleShare } from './words.ts'

const panels: readonly Panel[] = [
  {
    ...{ id: 'chain', title: 'Chain', place: 20, column: 'left', narrow: true },
    least: height => within(3, Math.floor(height * 0.3), 7),
    want: lines(14),
    elastic: true,
    rank: 2,
    count: ({ systems }) => systems.ledger.blocks.length,
    draw: chainPanel,
  },
  {
    ...{ id: 'propagation', title: 'Propagation', place: 30, column: 'right', row: 20, narrow: true },
    least: lines(6),
    want: lines(12),
    elastic: true,
    rank: 4,
    count: ({ systems }) => systems.ledger.blocks.length,
    draw: propagationPanel,
  },
  {
    ...{ id: 'mining', title: 'Mining', place: 80, column: 'right', row: 10 },
    least: lines(4),
    want: ({ nodes, miners = nodes }) => (miners === 0 ? 0 : nodes + 2),
    rank: 5,
    draw: miningPanel,
  },
  {
    ...{ id: 'history', title: 'History', place: 90, column: 'right', row: 30 },
    least: lines(6),
    want: lines(6),
    rank: 7,
    count: () => 0,
    draw: historyPanel,
  },
]

export const ledgerFace: Face = {
  system: 'ledger',
  panels,
  columns: {
    standing: [
      { title: 'HEIGHT', align: 'right', text: node => String(standsAt(node).height) },
      {
        title: 'TIP',
        text: node => {
          const { tip } = standsAt(node)
          return tip === undefined ? '–' : shortHash(tip)
        },
      },
    ],
    doing: [
      {
        title: 'MEMPOOL',
        align: 'right',
        text: ({ systems: { ledger } }) => (ledger.absent ? '–' : formatCount(ledger.mempool)),
      },
      {
        title: 'HASH RATE',
        align: 'right',
        text: ({ systems: { ledger } }) =>
          ledger.askedHps === 0 ? '–' : `${formatRate(ledger.measuredHps)} of ${formatRate(ledger.askedHps)}`,
      },
      {
        title: 'MINED',
        align: 'right',
        text: ({ systems: { ledger } }) => (ledger.absent ? '–' : String(ledger.blocksMined)),
      },
    ],
  },
  standing: state => {
    const { ok, text } = agreement(state)
    const { totals, height, deployments } = state.systems.ledger
    const stale = formatShare(staleShare(totals))
    return [
      { label: 'height', value: formatCount(height) },
      { label: '', value: `${ok ? '●' : '◆'} ${text}`, tone: ok ? TONES.good : TONES.warn },
      { label: 'mining', value: hashRateText(state), brief: { value: briefHashRate(state) } },
      {
        label: 'stale',
        value: `${formatCount(totals.staleBlocks)} of ${formatCount(totals.blocks)} (${stale})`,
        brief: { value: `${formatCount(totals.staleBlocks)} (${stale})` },
      },
      ...deployments.map(tally => ({
        label: tally.name,
        value: deploymentText(tally),
        brief: { value: tally.state.replace('_', ' ') },
      })),
    ]
  },
  speed: ({ nodes, systems }) => {
    const { propagation, totals } = systems.ledger
    const sides = powerBySide(nodes)
    const spends = doubleSpendsOf(systems.ledger.strategies)
    const time = (ms: number | undefined) => (ms === undefined ? '–' : formatWithin(ms, propagation.errorMs))
    const brief = (ms: number | undefined) => ({ value: ms === undefined ? '–' : formatDuration(ms) })
    return [
      ...(sides === '' ? [] : [{ label: 'power', value: sides, tone: TONES.warn, brief: { label: '' } }]),
      {
        label: '50 % reached in',
        value: time(propagation.p50Ms),
        brief: { label: '50 % in', ...brief(propagation.p50Ms) },
      },
      { label: '90 %', value: time(propagation.p90Ms), brief: brief(propagation.p90Ms) },
      ...(spends
        ? [
            {
              label: 'double spends',
              value: `${formatCount(spends.succeeded)} of ${formatCount(spends.tried)}`,
            },
          ]
        : []),
      { label: 'tx', value: transactionText(totals), brief: { label: '', value: briefTransactions(totals) } },
    ]
  },
  status: state => {
    const { height, totals, propagation } = state.systems.ledger
    return [
      `height ${height}`,
      agreement(state).text,
      hashRateText(state),
      powerBySide(state.nodes),
      `${formatCount(totals.staleBlocks)} stale`,
      ...strategyFacts(state.systems.ledger.strategies).map(([name, text]) => `${name}: ${text}`),
      ...deploymentFacts(state.systems.ledger.deployments).map(([name, text]) => `${name}: ${text}`),
      propagation.p50Ms === undefined
        ? ''
        : `half reached in ${formatWithin(propagation.p50Ms, propagation.errorMs)}`,
      totals.transactionsSent > 0
        ? `${formatCount(totals.transactionsConfirmed)}/${formatCount(totals.transactionsSent)} tx`
        : '',
    ]
  },
  summary: ({ height, converged, tips, refusing, blocks, staleBlocks, reorgMaxDepth, ...summary }) => {
    const { propagation, transactions, hashRate } = summary
    const ms = (value: number | null) => (value === null ? '–' : formatDuration(value))
    const stale = formatShare(blocks === 0 ? 0 : staleBlocks / blocks)
    const facts: (readonly [string, string])[] = [
      ['chain', `height ${height}, ${converged ? 'all nodes agree' : plural(tips, 'tip')}`],
      ...(refusing ? [['refused', refusalText(refusing)] as const] : []),
      [
        'blocks',
        `${formatCount(blocks)}, ${formatCount(staleBlocks)} stale (${stale}), deepest reorg ${plural(reorgMaxDepth, 'block')}`,
      ],
      ['hash rate', `${formatRate(hashRate.measuredHps)} measured, ${formatRate(hashRate.askedHps)} asked`],
      [
        'propagation',
        `${ms(propagation.p50Ms)} (50 %)  ${ms(propagation.p90Ms)} (90 %)  ${ms(propagation.p99Ms)} (99 % of the nodes)${eachWithin(propagation.errorMs)}`,
      ],
    ]
    const { sent, confirmed, failed } = transactions
    facts.push(...strategyFacts(summary.strategies ?? []))
    facts.push(...deploymentFacts(summary.deployments ?? []))
    if (sent + failed > 0)
      facts.push([
        'transactions',
        `${formatCount(sent)} sent, ${formatCount(confirmed)} confirmed, ${formatCount(failed)} failed`,
      ])
    return facts
  },
  detail: ({ nowMs, systems }, { systems: { ledger: node } }) => {
    if (node.absent) return { standing: [], holds: [], doing: [] }
    const { blocks } = systems.ledger.totals
    const since = (ms: number | undefined) => (ms === undefined ? '–' : formatElapsed(nowMs - ms))
    const share = blocks > 0 ? ` (${formatShare(node.blocksMined / blocks)})` : ''
    const { hashing } = node
    const average = hashing.seconds > 0 ? formatRate(runHps(node, nowMs)) : '–'
    return {
      standing: [
        ['tip', `${node.height}  ${node.tip ?? '–'}`],
        ['', `on it for ${since(node.tipSinceMs)}, ${plural(node.reorgs, 'reorg')}`, TONES.label],
      ],
      holds: [`mempool ${formatCount(node.mempool)}`],
      doing: [
        ['mined', `${plural(node.blocksMined, 'block')}${share}`],
        [
          'hash rate',
          `${formatRate(node.measuredHps)} now   ${average} on average   ${formatRate(node.askedHps)} asked`,
        ],
        ['', sparkline(node.hashRateHistory, 60).trimStart(), TONES.chart],
      ],
    }
  },
}

/** What is measured, or that nothing is. */
function briefHashRate({ systems }: NetworkState): string {
  const { ledger } = systems
  return `${formatRate(ledger.hashRate.measuredHps)}${miningNote(ledger, ' (', ')')}`
}

function briefTransactions({ transactionsSent, transactionsConfirmed }: LedgerState['totals']): string {
  return `${formatCount(transactionsConfirmed)}/${formatCount(transactionsSent)} tx`
}

function transactionText({ transactionsSent, transactionsConfirmed }: LedgerState['totals']): string {
  const sent = transactionsSent > 0 ? `${formatCount(transactionsSent)} sent, ` : ''
  return `${sent}${formatCount(transactionsConfirmed)} confirmed`
}

/** How far each of some times can be wrong, where nodes have clocks of their own. */
function eachWithin(errorMs: number | undefined): string {
  return errorMs === undefined ? '' : `, each ± ${formatDuration(errorMs)}`
}
