// `netsplit status`: how a network stands, node by node.

import type { ControllerFile } from '../control/api.ts'
import { EXIT, type ExitCode } from '../errors.ts'
import { formatBytes, formatCount, formatRate, shortHash, table } from '../format.ts'
import { documentOf } from '../observe/document.ts'
import { PHASE_GLYPHS, phaseWord } from '../observe/phases.ts'
import type { NetworkState, NodeState } from '../observe/state.ts'
import { statusLine } from '../tui/status.ts'
import { isPrivate, pageWords } from '../web/printed.ts'
import { openNetwork } from './orders.ts'
import { type NetworkRequest, readNamedNetwork } from './request.ts'
import { print } from './say.ts'

const COLUMNS = [
  { title: '  NODE' },
  { title: 'PHASE' },
  { title: 'HEIGHT', align: 'right' },
  { title: 'TIP' },
  { title: 'PEERS', align: 'right' },
  { title: 'MEMPOOL', align: 'right' },
  { title: 'HASH RATE', align: 'right' },
  { title: 'MINED', align: 'right' },
  { title: 'MEMORY', align: 'right' },
  { title: 'PID', align: 'right' },
] as const

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
    ...table(COLUMNS, state.nodes.map(row)),
    ...state.nodes.flatMap(whyDown),
    '',
    `web page: ${pageWords(state.network, page, isPrivate(process.stdout))}`,
    `record:   ${runDirectory}`,
  ]
}

function row(node: NodeState): string[] {
  return [
    `${PHASE_GLYPHS[node.phase]} ${node.name}`,
    phaseWord(node),
    String(node.systems.ledger.height),
    node.systems.ledger.tip === undefined ? '–' : shortHash(node.systems.ledger.tip),
    String(node.peers),
    formatCount(node.systems.ledger.mempool),
    node.systems.ledger.askedHps === 0
      ? '–'
      : `${formatRate(node.systems.ledger.measuredHps)} of ${formatRate(node.systems.ledger.askedHps)}`,
    String(node.systems.ledger.blocksMined),
    node.rssBytes === 0 ? '–' : formatBytes(node.rssBytes),
    node.pid === undefined ? '–' : String(node.pid),
  ]
}

/** Why a node failed, and what to do about it. */
function whyDown({ name, phase, exit }: NodeState): string[] {
  if (phase !== 'failed' || !exit) return []
  const how = exit.signal ?? `exit code ${exit.code}`
  return [
    '',
    `${name} ended by itself (${how}); netsplit start ${name} brings it back`,
    ...exit.lastLines.slice(-5).map(line => `  | ${line}`),
  ]
}
