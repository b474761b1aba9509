// `netsplit status`: how a network stands, node by node.

import type { ControllerFile } from '../control/api.ts'
import { howItEnded, remedyFor } from '../endings.ts'
import { EXIT, type ExitCode } from '../errors.ts'
import { formatBytes, formatDuration, table } from '../format.ts'
import { documentOf } from '../observe/document.ts'
import { hostLines } from '../observe/host-words.ts'
import { PHASE_GLYPHS, phaseWord } from '../observe/phases.ts'
import { areMixed, programWords } from '../observe/program-words.ts'
import type { NetworkState, NodeState } from '../observe/state.ts'
import { strangerLines } from '../observe/stranger-words.ts'
import type { NodeColumn } from '../tui/face.ts'
import { facesIn } from '../tui/faces.ts'
import { statusLine } from '../tui/status.ts'
import { isPrivate, pageWords } from '../web/printed.ts'
import { openNetwork } from './orders.ts'
import { type NetworkRequest, readNamedNetwork } from './request.ts'
import { print } from './say.ts'

export const read = readNamedNetwork

export async function run(request: NetworkRequest): Promise<ExitCode> {
  const testnet = await openNetwork(request)
  try {
    const state = testnet.state()
    print(request, documentOf(state), () => describe(state, testnet.controller))
    return EXIT.ok
  } finally {
    testnet.close()
  }
}

function describe(state: NetworkState, { page, runDirectory }: ControllerFile): string[] {
  return [
    `${state.network} (${state.runtime}, seed ${state.seed}, ${state.phase})  ${statusLine(state)}`,
    '',
    ...nodeTable(state),
    ...strangerLines(state.nodes),
    ...hostLines(state),
    ...state.nodes.flatMap(whyDown),
    ...recentFaults(state),
    '',
    `web page: ${pageWords(state.network, page, isPrivate(process.stdout))}`,
    `record:   ${runDirectory}`,
  ]
}

/** The table of nodes, as it is printed. */
export function nodeTable(state: NetworkState): string[] {
  const columns = columnsOf(state)
  const rows = state.nodes.map(node => columns.map(({ text }) => text(node)))
  return table(columns, rows)
}

/** What is told of every node, and between it what the systems tell that are there. */
function columnsOf(state: NetworkState): readonly NodeColumn[] {
  const systems = facesIn(state).flatMap(({ columns }) => columns ?? [])
  return [
    { title: '  NODE', text: ({ phase, name }) => `${PHASE_GLYPHS[phase]} ${name}` },
    { title: 'PHASE', text: phaseWord },
    ...(areMixed(state.nodes) ? [{ title: 'CLIENT', text: programWords }] : []),
    ...(state.hosts ? [{ title: 'HOST', text: ({ host = '' }: NodeState) => host }] : []),
    ...systems.flatMap(({ standing }) => standing),
    { title: 'PEERS', align: 'right', text: ({ peers }) => String(peers) },
    ...systems.flatMap(({ doing }) => doing),
    {
      title: 'MEMORY',
      align: 'right',
      text: ({ rssBytes }) => (rssBytes === 0 ? '–' : formatBytes(rssBytes)),
    },
    ...(state.nodes.some(({ groupBytes }) => groupBytes !== undefined)
      ? [{ title: 'CGROUP', align: 'right' as const, text: chargedText }]
      : []),
    { title: 'PID', align: 'right', text: ({ pid }) => (pid === undefined ? '–' : String(pid)) },
  ]
}

/** What its limit is held against: resident memory that others have, too, is charged to the first. */
function chargedText({ groupBytes }: NodeState): string {
  return groupBytes === undefined ? '–' : formatBytes(groupBytes)
}

const SHOWN_FAULTS = 5

/** The last faults, those in force first, and what each did. */
function recentFaults({ faults, nowMs, network }: NetworkState): string[] {
  if (faults.length === 0) return []
  const inForce = faults.filter(({ toMs }) => toMs === undefined)
  const over = faults.filter(({ toMs }) => toMs !== undefined)
  const shown = [...inForce.reverse(), ...over.reverse()].slice(0, SHOWN_FAULTS)
  const more = faults.length - shown.length
  return [
    '',
    ...shown.flatMap(({ id, kind, target, fromMs, toMs, did }) => {
      const lasted = formatDuration((toMs ?? nowMs) - fromMs)
      const state = toMs === undefined ? `in force for ${lasted}` : `ended after ${lasted}`
      const line = `fault ${id}: ${kind} of ${target}, ${state}`
      return did === undefined ? [line] : [line, `  ${did}`]
    }),
    ...(more > 0 ? [`${more} more: netsplit faults --name ${network}`] : []),
  ]
}

/** Why a node failed, and what to do about it. */
function whyDown({ name, phase, exit }: NodeState): string[] {
  if (phase !== 'failed' || !exit) return []
  const itself = exit.cause === undefined || exit.cause === 'memory' ? ' by itself' : ''
  return [
    '',
    `${name} ended${itself} (${howItEnded(exit)}); ${remedyFor(exit) ?? `netsplit start ${name} brings it back`}`,
    ...exit.lastLines.slice(-5).map(line => `  | ${line}`),
  ]
}
