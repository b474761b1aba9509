// The hosts of a network as screens show them: what is on which, and their clocks.

import { formatDuration, plural } from '../format.ts'
import type { HostState, NetworkState } from './state.ts'

/** `12 ms ahead ± 0.8 ms`; undefined before the clock was asked. */
export function clockText({ clock }: HostState): string | undefined {
  if (!clock) return undefined
  const { offsetMs, errorMs } = clock
  return `${formatDuration(Math.abs(offsetMs))} ${offsetMs < 0 ? 'behind' : 'ahead'} ± ${formatDuration(errorMs)}`
}

/** One a host: its name, how many nodes are on it and how many of them run, its clock. */
export function hostLines({ hosts = [], nodes }: NetworkState): string[] {
  return hosts.map(host => {
    const own = nodes.filter(node => node.host === host.name)
    const running = own.filter(({ phase }) => phase === 'running').length
    const clock = clockText(host)
    return `host ${host.name}: ${running} of ${plural(own.length, 'node')} up${clock === undefined ? '' : `, its clock ${clock}`}`
  })
}

/** In the order in which hosts come first; within one, as they were. */
export function byHost<N extends { readonly host?: string | undefined }>(nodes: readonly N[]): readonly N[] {
  const hosts = [...new Set(nodes.map(({ host }) => host))]
  if (hosts.length < 2) return nodes
  return hosts.flatMap(host => nodes.filter(node => node.host === host))
}
