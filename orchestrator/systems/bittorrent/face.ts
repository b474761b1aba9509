// BitTorrent in a terminal: peers with their pieces, swarms over time and who gave what as panels, and its facts wherever a network is
// told of.

import { formatBytes, formatCount, formatDuration, formatElapsed, plural } from '../../format.ts'
import type { NetworkState, NodeState } from '../../observe/state.ts'
import { TONES } from '../../tui/colors.ts'
import { type Face, type FactLine, lines, type Panel, within } from '../../tui/face.ts'
import { contentsPanel } from './panels/contents.ts'
import { givenPanel } from './panels/given.ts'
import { peersPanel } from './panels/peers.ts'
import type { HeldContent } from './state.ts'
import type { SwarmSummary } from './summary.ts'
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
} from './words.ts'

const panels: readonly Panel[] = [
  {
    ...{ id: 'pieces', title: 'Pieces', place: 120, column: 'left', row: 22, narrow: true, rank: 4 },
    least: height => within(4, Math.floor(height * 0.3), 8),
    want: ({ nodes }) => nodes + 3,
    draw: peersPanel,
  },
  {
    ...{ id: 'swarms', title: 'Swarms', place: 130, column: 'right', row: 12, rank: 4 },
    least: lines(7),
    want: lines(9),
    elastic: true,
    count: ({ systems: { bittorrent } }) => 2 * bittorrent.contents.length + bittorrent.bans.length,
    draw: contentsPanel,
  },
  {
    ...{ id: 'given', title: 'Who got what from whom', place: 140, column: 'right', row: 16, rank: 8 },
    least: lines(5),
    want: ({ nodes }) => nodes + 2,
    draw: givenPanel,
  },
]

const peer = (text: (node: NodeState) => string) => (node: NodeState) =>
  node.systems.bittorrent.peer ? text(node) : '–'

const held = ({ systems }: NodeState) => Object.values(systems.bittorrent.contents)

/** Of one content its pieces, of several how many it has whole. */
function piecesText(node: NodeState): string {
  const all = held(node)
  const [first] = all
  if (!first) return '–'
  return all.length > 1
    ? `${all.filter(({ complete }) => complete).length} of ${all.length}`
    : first.complete
      ? 'all'
      : formatCount(first.pieces)
}

export const bittorrentFace: Face = {
  system: 'bittorrent',
  panels,
  columns: {
    standing: [{ title: 'PIECES', align: 'right', text: peer(piecesText) }],
    doing: [
      { title: 'DOWN', align: 'right', text: peer(({ systems }) => rateText(systems.bittorrent.downBps)) },
      { title: 'UP', align: 'right', text: peer(({ systems }) => rateText(systems.bittorrent.upBps)) },
    ],
  },
  standing: ({ systems: { bittorrent } }) => {
    const { complete, wanted, copies, contents } = bittorrent
    return [
      {
        label: 'complete',
        value: `${formatCount(complete)} of ${formatCount(wanted)}`,
        tone: wanted > 0 && complete === wanted ? TONES.good : TONES.warn,
      },
      ...(contents.length === 0
        ? []
        : [{ label: 'copies', value: copiesText(copies), ...(copies < 1 && { tone: TONES.bad }) }]),
    ]
  },
  speed: ({ systems: { bittorrent } }) => [
    { label: 'has', value: percentText(bittorrent.progress), brief: { label: '' } },
    { label: 'down', value: rateText(bittorrent.downBps) },
    ...(bittorrent.bans.length === 0
      ? []
      : [
          {
            label: '',
            value: bansText(bittorrent.bans),
            tone: bittorrent.bans.some(({ honest }) => honest) ? TONES.bad : TONES.warn,
            brief: { value: plural(bittorrent.bans.length, 'ban') },
          },
        ]),
  ],
  status: ({ systems: { bittorrent } }) => [
    standingText(bittorrent),
    bittorrent.contents.length === 0 ? '' : `${copiesText(bittorrent.copies)} copies`,
    bittorrent.downBps === 0 ? '' : `down ${rateText(bittorrent.downBps)}`,
    bittorrent.bans.length === 0 ? '' : bansText(bittorrent.bans),
  ],
  summary: ({ systems }) => summaryLines(systems.bittorrent as SwarmSummary),
  detail: (state, node) => {
    if (!node.systems.bittorrent.peer) return { standing: [], holds: [], doing: [] }
    const { contents, connections, dhtNodes, sentBytes, receivedBytes, strategy } = node.systems.bittorrent
    const all = state.systems.bittorrent.contents
    return {
      standing: Object.entries(contents).flatMap(([content, has]) => heldLines(state, content, has)),
      holds: [hasText(contents, all)].map(text => `content ${text}`),
      doing: [
        ['swarm', `${plural(connections, 'connection')}, knows ${formatCount(dhtNodes)} of the DHT`],
        ['traffic', `received ${formatBytes(receivedBytes)}, sent ${formatBytes(sentBytes)}`],
        ...(strategy === undefined ? [] : [['dishonest', strategy, TONES.warn] as const]),
      ],
    }
  },
}

function heldLines({ nowMs, systems }: NetworkState, content: string, has: HeldContent): FactLine[] {
  const of = systems.bittorrent.contents.find(each => each.content === content)
  if (!of) return []
  const took =
    has.role === 'wants' && has.completeMs !== undefined
      ? `, after ${formatDuration(has.completeMs - has.sinceMs)}`
      : has.complete
        ? ''
        : `, since ${formatElapsed(nowMs - has.sinceMs)}`
  const tone = has.stuck === undefined ? undefined : TONES.bad
  return [
    [
      of.name,
      `${roleText(has)}, ${percentText(shareOf(has, of))}${took}   down ${rateText(has.downBps)}   up ${rateText(has.upBps)}`,
      tone,
    ],
    [
      '',
      `${plural(has.connections, 'connection')}, got ${formatBytes(has.downBytes)} (${wasteText(has.wastedBytes, has.verifiedBytes)}), gave ${formatBytes(has.upBytes)}${has.stuck === undefined ? '' : `; cannot write: ${has.stuck}`}`,
      TONES.label,
    ],
  ]
}

function summaryLines(swarm: SwarmSummary): readonly (readonly [string, string])[] {
  const { peers, complete, wanted, seconds, bound, verifiedBytes, wastedBytes, bans } = swarm
  const time = (value: number) => formatDuration(1000 * value)
  const banned = bans.honest + bans.dishonest + bans.strangers
  return [
    ['peers', `${plural(peers, 'peer')}, ${formatCount(complete)} of ${formatCount(wanted)} complete`],
    ...(complete === 0
      ? []
      : [
          [
            'seconds',
            `${time(seconds.p50)} (50 %)  ${time(seconds.p90)} (90 %)  ${time(seconds.max)} (last)${bound === null ? '' : `, bound ${time(bound)}`}`,
          ] as const,
        ]),
    ['verified', `${formatBytes(verifiedBytes)}, ${wasteText(wastedBytes, verifiedBytes)}`],
    ...(banned === 0
      ? []
      : [
          [
            'bans',
            `${formatCount(bans.dishonest)} of the dishonest, ${formatCount(bans.honest)} of the honest, ${formatCount(bans.strangers)} of strangers`,
          ] as const,
        ]),
  ]
}
