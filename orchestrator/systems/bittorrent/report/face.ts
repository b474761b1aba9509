// BitTorrent in a run's report: answers, charts over time, each content with its completion curve, who has what, who gave what, bans.

import { formatBytes, formatCount, formatDuration, formatElapsed, plural } from '../../../format.ts'
import type { Answer, NodeTable, ReportFace } from '../../../report/html/face.ts'
import { escaped, htmlTable, section } from '../../../report/html/text.ts'
import type { Report } from '../../../report/model.ts'
import type { ReportedPeer, ReportedSwarms } from '../reported.ts'
import type { SwarmSummary } from '../summary.ts'
import { BAN_REASONS, bansText, wasteText } from '../words.ts'
import { historyCharts } from './charts.ts'
import { contentsSection } from './contents.ts'
import { givenSection, piecesSection } from './pictures.ts'

const summaryIn = ({ systems }: Pick<Report, 'systems'>) => systems.bittorrent as SwarmSummary
const swarmsIn = ({ report }: Pick<Report, 'report'>) =>
  report.systems?.bittorrent as ReportedSwarms | undefined
const time = (seconds: number) => formatDuration(1000 * seconds)

const completeText = ({ complete, wanted }: Pick<SwarmSummary, 'complete' | 'wanted'>) =>
  `${formatCount(complete)} of ${plural(wanted, 'peer')} complete`

export const bittorrentReportFace: ReportFace = {
  system: 'bittorrent',
  standing: report => [completeText(summaryIn(report))],
  answers,
  charts: (report, x) => {
    const swarms = report.systems?.bittorrent as ReportedSwarms | undefined
    return swarms ? historyCharts(swarms, x) : []
  },
  nodes: nodeTable,
  sections: report => {
    const swarms = swarmsIn(report)
    if (!swarms) return []
    return [
      contentsSection(swarms),
      piecesSection(swarms),
      givenSection(swarms),
      bansSection(swarms, report.report.startedMs),
    ]
  },
  facts: report => {
    const { contents } = summaryIn(report)
    return contents.map(({ name, bytes, pieces, content }) => [
      `content ${name}`,
      `${formatBytes(bytes)} in ${plural(pieces, 'piece')}, ${content}`,
    ])
  },
  figures: [
    { title: 'peers complete', text: report => completeText(summaryIn(report)) },
    {
      title: 'until the last',
      text: report => {
        const { complete, seconds, bound } = summaryIn(report)
        if (complete === 0) return '–'
        return bound === null ? time(seconds.max) : `${time(seconds.max)}, bound ${time(bound)}`
      },
    },
    {
      title: 'wasted',
      text: report => wasteText(summaryIn(report).wastedBytes, summaryIn(report).verifiedBytes),
    },
  ],
}

function answers(report: Report): readonly Answer[] {
  const swarm = summaryIn(report)
  const { complete, wanted, seconds, bound, wastedBytes, verifiedBytes, bans } = swarm
  const bounded =
    bound === null
      ? 'No line of the network limits it.'
      : `No network with these lines does it in less than ${time(bound)}: the last took ${(seconds.max / bound).toFixed(2)} × that.`
  const times =
    complete === 0
      ? 'Nobody who wanted it has all of it.'
      : `Half of those that have it had it after ${time(seconds.p50)}, the last after ${time(seconds.max)}. ${bounded}`
  const banned = swarmsIn(report)?.bans ?? []
  return [
    [
      'Did everybody get it?',
      wanted === 0
        ? 'nobody wanted anything'
        : complete === wanted
          ? 'yes'
          : `${formatCount(complete)} of ${formatCount(wanted)}`,
      escaped(`${times} ${wasteText(wastedBytes, verifiedBytes)}.`),
    ],
    ...(bans.honest + bans.dishonest + bans.strangers === 0
      ? []
      : [
          [
            'Who was banned?',
            plural(bans.honest + bans.dishonest + bans.strangers, 'ban'),
            escaped(`${bansText(banned)}.`),
          ] as const,
        ]),
  ]
}

function nodeTable(report: Report): NodeTable {
  const peers = new Map((swarmsIn(report)?.peers ?? []).map(each => [each.node, each]))
  const number = true
  const cell = (of: (peer: ReportedPeer) => string) => (name: string) => {
    const peer = peers.get(name)
    return peer ? of(peer) : '–'
  }
  const cells = [
    cell(({ strategy }) => escaped(strategy ?? 'honest')),
    cell(({ contents, complete }) => (contents === 0 ? '–' : `${complete} of ${contents}`)),
    cell(({ tookSeconds }) => (tookSeconds === null ? '–' : time(tookSeconds))),
    cell(({ downBytes }) => formatBytes(downBytes)),
    cell(({ upBytes }) => formatBytes(upBytes)),
    cell(({ downBytes, upBytes }) => (downBytes === 0 ? '–' : (upBytes / downBytes).toFixed(2))),
    cell(({ wastedBytes }) => formatBytes(wastedBytes)),
  ]
  return {
    lead: 'Got and gave: blocks, over all its lives. Ratio: of what it gave to what it got.',
    columns: [
      { title: 'is' },
      { title: 'complete', number },
      { title: 'after', number },
      { title: 'got', number },
      { title: 'gave', number },
      { title: 'ratio', number },
      { title: 'wasted', number },
    ],
    cells: ({ name }) => cells.map(of => of(name)),
  }
}

function bansSection({ bans }: ReportedSwarms, startedMs: number): string {
  if (bans.length === 0) return ''
  const rows = bans.map(({ by, node, honest, why, timeMs }) => [
    formatElapsed(timeMs - startedMs),
    escaped(by),
    `${escaped(node)}${honest ? ' <span class="bad">honest</span>' : ''}`,
    escaped(BAN_REASONS[why]),
  ])
  const columns = [{ title: 'at', number: true }, { title: 'peer' }, { title: 'bans' }, { title: 'because' }]
  return section('bans', 'Bans', '', htmlTable(columns, rows))
}
