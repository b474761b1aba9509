// A node of the ledger: how it looks in the picture of the network, and what there is to tell of it. Pure.

import { formatDuration, formatRate, formatShare, plural, shortHash } from '../../../format.ts'
import type { NodeState } from '../../../observe/state.ts'
import type { Look, NodeAccount } from '../../../web/client/face.ts'
import type { Page } from '../../../web/page.ts'
import { standsAt, tipGroups } from '../observe/tips.ts'

const LATE_BLOCKS = 8

/** Who stands on one tip is of one party; who has the most hash power is the largest. */
export function looksOf({ nodes, systems }: Page): (node: NodeState) => Look {
  const groups = tipGroups(nodes)
  const most = Math.max(1, ...nodes.map(node => node.systems.ledger.askedHps))
  return node => {
    const { height, tip } = standsAt(node)
    const { ledger } = node.systems
    return {
      party: groups.get(tip),
      split: systems.ledger.tips > 1,
      weight: ledger.askedHps / most,
      standing: tip === undefined ? 'no tip' : `height ${height} ${shortHash(tip)}`,
      doing: formatRate(ledger.measuredHps),
    }
  }
}

export function accountOf(node: NodeState, page: Page): NodeAccount {
  if (node.systems.ledger.absent) return { facts: [], lists: [] }
  const { height, tip, refused, measuredHps, askedHps, blocksMined, reorgs, mempool } = node.systems.ledger
  const all = page.nodes.reduce((sum, other) => sum + other.systems.ledger.askedHps, 0)
  const share = all > 0 ? ` (${formatShare(Math.round((askedHps / all) * 100) / 100)} of the network's)` : ''
  return {
    facts: [
      ['height', String(height)],
      ['tip', tip],
      ['refused, with more work', refused && `height ${refused.height} ${refused.tip}`],
      ['hash rate', `${formatRate(measuredHps)} measured, ${formatRate(askedHps)} asked${share}`],
      ['mined', plural(blocksMined, 'block')],
      ['reorgs', String(reorgs)],
      ['mempool', plural(mempool, 'transaction')],
    ],
    lists: [{ title: 'Last blocks here', items: blocksAt(node, page) }],
  }
}

function blocksAt({ name }: NodeState, { systems }: Page): string[] {
  return systems.ledger.blocks
    .slice(-LATE_BLOCKS)
    .reverse()
    .map(block => {
      const ms = block.receivedMs[name]
      if (block.miner === name) return `${block.height}  mined it itself`
      const how = ms === undefined ? 'not here' : `after ${formatDuration(ms)}`
      const from = block.sources[name]
      return `${block.height}  ${how}${from === undefined ? '' : ` from ${from}`}${block.active ? '' : ', stale'}`
    })
}
