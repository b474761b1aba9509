// `netsplit ls`: the networks of this machine, live and dead.

import type { ControllerFile } from '../control/api.ts'
import { EXIT, type ExitCode } from '../errors.ts'
import { formatElapsed, table } from '../format.ts'
import { HttpClient } from '../machine/http.ts'
import { type KnownNetwork, knownNetworks } from '../machine/networks.ts'
import type { NetworkState } from '../observe/state.ts'
import { type Answered, readAnswered } from './request.ts'
import { print, say } from './say.ts'

const ASK_TIMEOUT_MS = 2_000

export interface Listed {
  readonly network: string
  /** The network's own phase, or: its controller does not answer, or has died. Without a controller, `stopped`: it can be started. */
  readonly phase: NetworkState['phase'] | 'silent' | 'dead'
  readonly runtime: string | null
  readonly nodes: number | null
  readonly running: number | null
  /** Of its chain, where it has one. */
  readonly height: number | null
  readonly seconds: number | null
  readonly pid: number | null
  readonly runDirectory: string | null
}

const HEIGHT = { title: 'HEIGHT', align: 'right' } as const

const COLUMNS = [
  { title: 'NETWORK' },
  { title: 'PHASE' },
  { title: 'RUNTIME' },
  { title: 'NODES', align: 'right' },
  HEIGHT,
  { title: 'UP', align: 'right' },
  { title: 'RECORD' },
] as const

export const read = readAnswered

export async function run(request: Answered): Promise<ExitCode> {
  const networks = await Promise.all(knownNetworks().map(look))
  print(request, networks, () => (networks.length === 0 ? [] : listOf(networks)))
  if (request.json) return EXIT.ok
  if (networks.length === 0) say('no network is running; netsplit up starts one')
  for (const { network } of networks.filter(({ phase, pid }) => phase === 'stopped' && pid === null))
    say(`${network} is stopped; netsplit start ${network} brings it up again`)
  if (networks.some(({ phase }) => phase === 'dead')) say('netsplit gc sweeps what dead networks left')
  return EXIT.ok
}

/** Without heights where networks answer and none of them has a chain. */
export function listOf(networks: readonly Listed[]): string[] {
  const answering = networks.filter(({ nodes }) => nodes !== null)
  const flat = answering.length > 0 && answering.every(({ height }) => height === null)
  const left = COLUMNS.flatMap((column, i) => (flat && column === HEIGHT ? [] : [[column, i] as const]))
  const rows = networks.map(row).map(cells => left.map(([, i]) => cells[i] ?? ''))
  return table(
    left.map(([column]) => column),
    rows,
  )
}

async function look({ network, controller, alive, kept }: KnownNetwork): Promise<Listed> {
  const state = alive && controller ? await askState(controller) : undefined
  return {
    network,
    phase: state?.phase ?? (alive ? 'silent' : kept ? 'stopped' : 'dead'),
    runtime: controller?.runtime ?? null,
    nodes: state?.nodes.length ?? null,
    running: state ? state.nodes.filter(node => node.phase === 'running').length : null,
    height: state?.runs.includes('ledger') ? state.systems.ledger.height : null,
    seconds: state ? Math.round((state.nowMs - state.startedMs) / 1000) : null,
    pid: controller?.pid ?? null,
    runDirectory: controller?.runDirectory ?? null,
  }
}

async function askState(controller: ControllerFile): Promise<NetworkState | undefined> {
  const http = new HttpClient(controller.url, controller.token)
  try {
    const answer = await http.ask({ method: 'GET', path: '/state', timeoutMs: ASK_TIMEOUT_MS })
    return answer.status === 200 ? (JSON.parse(answer.body) as NetworkState) : undefined
  } catch {
    return undefined
  } finally {
    http.close()
  }
}

function row({ network, phase, runtime, nodes, running, height, seconds, runDirectory }: Listed): string[] {
  return [
    network,
    phase,
    runtime ?? '–',
    nodes === null ? '–' : `${running}/${nodes}`,
    height === null ? '–' : String(height),
    seconds === null ? '–' : formatElapsed(seconds * 1000),
    runDirectory ?? '–',
  ]
}
