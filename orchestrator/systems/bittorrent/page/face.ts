// BitTorrent on the page: its sections, and what it adds to everybody's.

import { formatBytes, formatCount, formatDuration, plural } from '../../../format.ts'
import type { NodeState } from '../../../observe/state.ts'
import { setText } from '../../../web/client/dom.ts'
import type { PageFace } from '../../../web/client/face.ts'
import type { Page } from '../../../web/page.ts'
import type { SwarmNode } from '../state.ts'
import {
  bansText,
  copiesText,
  hasText,
  percentText,
  rateText,
  roleText,
  shareOf,
  standingText,
  wasteText,
} from '../words.ts'
import { LANES } from './lanes.ts'
import type { ContentPage } from './part.ts'
import { VIEWS } from './views.ts'

const text = (of: (swarm: SwarmNode) => string) => (cell: Element, node: NodeState) =>
  setText(cell, node.systems.bittorrent.peer ? of(node.systems.bittorrent) : '–')

/** Columns are shown after they were told of which nodes; of contents a node knows no sizes. */
const has = ({ contents }: SwarmNode) => {
  const held = Object.values(contents)
  const whole = held.filter(({ complete }) => complete).length
  const [first] = held
  if (!first) return '–'
  return held.length > 1
    ? `${whole} of ${held.length}`
    : first.complete
      ? 'all'
      : plural(first.pieces, 'piece')
}

const sum = ({ contents }: SwarmNode, of: 'downBytes' | 'upBytes') =>
  Object.values(contents).reduce((all, held) => all + held[of], 0)

export const bittorrentPageFace: PageFace = {
  system: 'bittorrent',
  tiles: [
    {
      name: 'Complete',
      value: ({ systems: { bittorrent } }) =>
        `${formatCount(bittorrent.complete)} of ${formatCount(bittorrent.wanted)}`,
      note: ({ systems: { bittorrent } }) => `${percentText(bittorrent.progress)} of all bytes`,
      tone: ({ systems: { bittorrent } }) =>
        bittorrent.wanted > 0 && bittorrent.complete === bittorrent.wanted ? 'good' : '',
    },
    {
      name: 'Copies',
      value: ({ systems: { bittorrent } }) => copiesText(bittorrent.copies),
      note: ({ systems: { bittorrent } }) => copiesNote(bittorrent.contents),
      tone: ({ systems: { bittorrent } }) =>
        bittorrent.contents.length > 0 && bittorrent.copies < 1 ? 'bad' : '',
    },
    {
      name: 'Received',
      value: ({ systems: { bittorrent } }) => rateText(bittorrent.downBps),
      note: ({ systems: { bittorrent } }) =>
        `${formatBytes(bittorrent.verifiedBytes)} verified, ${wasteText(bittorrent.wastedBytes, bittorrent.verifiedBytes)}`,
    },
    {
      name: 'Bans',
      value: ({ systems: { bittorrent } }) => formatCount(bittorrent.bans.length),
      note: ({ systems: { bittorrent } }) => bansText(bittorrent.bans),
      tone: ({ systems: { bittorrent } }) => (bittorrent.bans.some(({ honest }) => honest) ? 'bad' : 'warn'),
      wanted: ({ systems: { bittorrent } }) => bittorrent.bans.length > 0,
    },
  ],
  views: VIEWS,
  lanes: LANES,
  title: ({ systems }) => percentText(systems.bittorrent.progress),
  label: ({ systems }) => standingText(systems.bittorrent),
  columns: () => ({
    take: () => {},
    standing: [{ title: 'Has', className: 'number', show: text(has) }],
    doing: [
      { title: 'Down', className: 'number', show: text(({ downBps }) => rateText(downBps)) },
      { title: 'Up', className: 'number', show: text(({ upBps }) => rateText(upBps)) },
      {
        title: 'Got',
        className: 'number roomy',
        show: text(swarm => formatBytes(sum(swarm, 'downBytes'))),
      },
      {
        title: 'Gave',
        className: 'number roomy',
        show: text(swarm => formatBytes(sum(swarm, 'upBytes'))),
      },
    ],
  }),
  looks: ({ nodes, systems }) => {
    const { contents } = systems.bittorrent
    const most = Math.max(1, ...nodes.map(node => node.systems.bittorrent.upBps))
    return ({ systems: { bittorrent } }) => ({
      weight: bittorrent.upBps / most,
      standing: bittorrent.peer ? `has ${hasText(bittorrent.contents, contents)}` : '',
      doing: bittorrent.peer ? `down ${rateText(bittorrent.downBps)}, up ${rateText(bittorrent.upBps)}` : '',
    })
  },
  account: accountOf,
}

/** Where something splits the network, copies on each side of it. */
function copiesNote(contents: readonly ContentPage[]): string {
  const sides = contents.find(({ copiesBySide }) => copiesBySide)?.copiesBySide
  if (!sides) return 'of the rarest piece'
  return sides
    .map((copies, side) => `${String.fromCharCode(65 + (side % 26))} ${copiesText(copies)}`)
    .join(', ')
}

function accountOf({ systems: { bittorrent } }: NodeState, { systems }: Page) {
  if (!bittorrent.peer) return { facts: [], lists: [] }
  const { connections, dhtNodes, sentBytes, receivedBytes, strategy, contents } = bittorrent
  const items = systems.bittorrent.contents.flatMap(of => {
    const held = contents[of.content]
    if (!held) return []
    const took =
      held.role === 'wants' && held.completeMs !== undefined
        ? ` after ${formatDuration(held.completeMs - held.sinceMs)}`
        : ''
    const stuck = held.stuck === undefined ? '' : `; cannot write: ${held.stuck}`
    return [
      `${of.name}  ${roleText(held)}, ${percentText(shareOf(held, of))}${took}; got ${formatBytes(held.downBytes)}, gave ${formatBytes(held.upBytes)}, ${wasteText(held.wastedBytes, held.verifiedBytes)}${stuck}`,
    ]
  })
  return {
    facts: [
      ['swarm', `${plural(connections, 'connection')}, knows ${formatCount(dhtNodes)} of the DHT`],
      ['rates', `down ${rateText(bittorrent.downBps)}, up ${rateText(bittorrent.upBps)}`],
      ['traffic', `received ${formatBytes(receivedBytes)}, sent ${formatBytes(sentBytes)}`],
      ['dishonest', strategy],
    ] as const,
    lists: [{ title: 'Contents', items }],
  }
}
