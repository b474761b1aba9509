// The ledger's tiles: height, agreement, hash rate, stale blocks, propagation, transactions.

import { formatCount, formatDuration, formatRate, formatShare, plural } from '../../../format.ts'
import { brokenSides } from '../../../observe/sides.ts'
import type { Tile } from '../../../web/client/face.ts'
import type { Page } from '../../../web/page.ts'
import { deploymentFacts, ruleSplit, splitText } from '../deployment-words.ts'
import { powerBySide } from '../sides.ts'
import { doubleSpendsOf, doubleSpendText } from '../strategy-words.ts'
import { miningNote, refusalText } from '../words.ts'
import { hasMiners } from './powers.ts'

const duration = (ms: number | undefined) => (ms === undefined ? '–' : formatDuration(ms))
const parted = (page: Page) => {
  const split = ruleSplit(page)
  return split && splitText(split)
}
const isSplit = (page: Page) => page.nodes.some(node => node.side !== undefined)

export const TILES: readonly Tile[] = [
  {
    name: 'Height',
    value: ({ systems: { ledger } }) => formatCount(ledger.height),
    note: ({ systems: { ledger } }) => `wanted: every ${formatDuration(ledger.blockIntervalMs)}`,
  },
  {
    name: 'Agreement',
    value: ({ systems: { ledger } }) => (ledger.converged ? '● one tip' : `◆ ${plural(ledger.tips, 'tip')}`),
    note: page =>
      parted(page) ??
      (page.systems.ledger.refusing > 0
        ? refusalText(page.systems.ledger.refusing)
        : isSplit(page)
          ? 'split by a fault'
          : `deepest reorg ${plural(page.systems.ledger.totals.reorgMaxDepth, 'block')}`),
    tone: ({ systems: { ledger } }) => (ledger.converged ? 'good' : 'warn'),
  },
  {
    name: 'Hash rate',
    value: ({ systems: { ledger } }) => formatRate(ledger.hashRate.measuredHps),
    note: ({ systems: { ledger } }) =>
      `${formatRate(ledger.hashRate.askedHps)} asked${miningNote(ledger, ', ')}`,
    wanted: hasMiners,
  },
  {
    name: 'Hash power by side',
    value: ({ nodes }) => powerBySide(nodes),
    note: ({ nodes }) => brokenSides(nodes).join('; ') || 'each side hangs together',
    tone: ({ nodes }) => (brokenSides(nodes).length > 0 ? 'bad' : 'warn'),
    wanted: ({ nodes }) => powerBySide(nodes) !== '',
  },
  {
    name: 'Double spends',
    value: ({ systems: { ledger } }) => {
      const spends = doubleSpendsOf(ledger.strategies)
      return spends ? `${formatCount(spends.succeeded)} of ${formatCount(spends.tried)}` : '–'
    },
    note: ({ systems: { ledger } }) => {
      const spends = doubleSpendsOf(ledger.strategies)
      return spends ? doubleSpendText(spends) : ''
    },
    wanted: ({ systems: { ledger } }) => doubleSpendsOf(ledger.strategies) !== undefined,
  },
  {
    name: 'Deployments',
    value: ({ systems: { ledger } }) =>
      ledger.deployments.map(({ name, state }) => `${name} ${state.replace('_', ' ')}`).join(', '),
    note: ({ systems: { ledger } }) =>
      deploymentFacts(ledger.deployments)
        .map(([name, text]) => (ledger.deployments.length > 1 ? `${name}: ${text}` : text))
        .join('; '),
    wanted: ({ systems: { ledger } }) => ledger.deployments.length > 0,
  },
  {
    name: 'Stale blocks',
    value: ({
      systems: {
        ledger: { totals },
      },
    }) => formatShare(totals.blocks === 0 ? 0 : totals.staleBlocks / totals.blocks),
    note: ({
      systems: {
        ledger: { totals },
      },
    }) => `${formatCount(totals.staleBlocks)} of ${formatCount(totals.blocks)}`,
  },
  {
    name: '90 % reached in',
    value: ({ systems: { ledger } }) => duration(ledger.propagation.p90Ms),
    note: ({ systems: { ledger } }) =>
      `${within(ledger.propagation.errorMs)}of the nodes, by the middle block; half in ${duration(ledger.propagation.p50Ms)}, 99 % in ${duration(ledger.propagation.p99Ms)}`,
  },
  {
    name: 'Transactions',
    value: ({ systems: { ledger } }) => formatCount(ledger.totals.transactionsConfirmed),
    note: ({
      systems: {
        ledger: { totals },
      },
    }) =>
      `confirmed; ${formatCount(totals.transactionsSent)} sent, ${formatCount(totals.transactionsFailed)} failed`,
  },
]

/** How far the times can be wrong, where nodes have clocks of their own. */
function within(errorMs: number | undefined): string {
  return errorMs === undefined ? '' : `± ${formatDuration(errorMs)}, `
}
