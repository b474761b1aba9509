// The hosts of a run: what is on which, their clocks, and how fast blocks went within and between them.

import { formatWithin, plural } from '../../format.ts'
import { clockText } from '../../observe/host-words.ts'
import type { Deliveries } from '../../systems/ledger/observe/hosts.ts'
import type { Report } from '../model.ts'
import { escaped, htmlTable, section } from './text.ts'

export function hostsSection({ report: { hosts, nodes } }: Report): string {
  if (!hosts) return ''
  const rows = hosts.list.map(host => [
    escaped(host.name),
    escaped(host.labels.join(', ') || '–'),
    String(nodes.filter(node => node.host === host.name).length),
    clockText(host) ?? '–',
  ])
  const columns = [
    { title: 'host' },
    { title: 'labels' },
    { title: 'nodes', number: true },
    { title: 'its clock beside ours', number: true },
  ]
  return section('hosts', 'Hosts', lead(hosts), `${htmlTable(columns, rows)}${pairs(hosts)}`)
}

function lead({ within, between }: NonNullable<Report['report']['hosts']>): string {
  const half = (what: string, of: Deliveries | undefined) =>
    of
      ? [
          `${what} in ${formatWithin(of.p50Ms, of.errorMs || undefined)} (${plural(of.count, 'delivery', 'deliveries')})`,
        ]
      : []
  const both = [...half('within a host', within), ...half('between hosts', between)]
  if (both.length === 0) return ''
  return `Half of the newest blocks’ deliveries came ${both.join(', ')}. Times between hosts are right within the errors of both clocks.`
}

/** A table of from and to. */
function pairs({ list, byPair }: NonNullable<Report['report']['hosts']>): string {
  if (byPair.length === 0) return ''
  const cell = (from: string, to: string) => {
    const pair = byPair.find(each => each.from === from && each.to === to)
    return pair ? escaped(formatWithin(pair.p50Ms, pair.errorMs || undefined)) : '–'
  }
  const columns = [
    { title: 'half of the blocks mined on … reached' },
    ...list.map(({ name }) => ({ title: name, number: true })),
  ]
  const rows = list.map(({ name: from }) => [escaped(from), ...list.map(({ name: to }) => cell(from, to))])
  return htmlTable(columns, rows)
}
