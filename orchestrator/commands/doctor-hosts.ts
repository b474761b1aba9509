// `netsplit doctor --hosts`: what some engines can do together, tried; exit 4 when no network can span them.

import { EXIT, type ExitCode } from '../errors.ts'
import { findingLines } from '../finding.ts'
import { formatBytes, table } from '../format.ts'
import { examineHosts } from '../runtime/docker/host-doctor.ts'
import { findingsOf, type HostReport } from '../runtime/docker/host-findings.ts'
import type { AskedHost } from './hosts-asked.ts'
import type { Answered } from './request.ts'
import { print, say, waitingFor } from './say.ts'

export async function examine(
  hosts: readonly AskedHost[],
  asked: Answered & { readonly images: boolean },
): Promise<ExitCode> {
  const report = await waitingFor('trying the hosts …', examineHosts(hosts, asked.images ? say : undefined))
  const findings = findingsOf(report)
  const ok = findings.every(({ verdict }) => verdict !== 'fail')
  print(asked, { ok, ...report, findings }, () => [
    ...table(COLUMNS, report.hosts.map(row)),
    '',
    ...findings.flatMap(findingLines),
  ])
  return ok ? EXIT.ok : EXIT.environment
}

const COLUMNS = [
  { title: 'HOST' },
  { title: 'ANSWERS', align: 'right' },
  { title: 'VERSION' },
  { title: 'API' },
  { title: 'CGROUP' },
  { title: 'CORES', align: 'right' },
  { title: 'MEMORY', align: 'right' },
  { title: 'ROOM FOR', align: 'right' },
  { title: 'MTU', align: 'right' },
  { title: 'CLOCK', align: 'right' },
  { title: 'IMAGE' },
  { title: 'SWARM' },
  { title: 'ADDRESS' },
] as const

function row(host: HostReport): string[] {
  const { name, reachedMs, memoryBytes, freeBytes, room, clock, image } = host
  const memory = freeBytes ?? memoryBytes
  return [
    name,
    reachedMs === null ? 'no' : `${reachedMs} ms`,
    ...[host.version, host.apiVersion, host.cgroup && `v${host.cgroup}`].map(each => each ?? '–'),
    String(host.cores ?? '–'),
    memory === undefined ? '–' : `${formatBytes(memory)}${freeBytes === undefined ? '' : ' free'}`,
    room ? `${room.nodes}` : '–',
    String(host.mtu ?? '–'),
    clock ? `${clock.offsetMs < 0 ? '−' : '+'}${Math.abs(clock.offsetMs)} ±${clock.errorMs} ms` : '–',
    image === undefined ? '–' : image ? 'there' : 'not yet',
    host.swarm ?? '–',
    host.address ?? '–',
  ]
}
