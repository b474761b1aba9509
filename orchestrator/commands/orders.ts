// `netsplit start | stop | kill | pause | resume`: one order to one node of a running network.

import { RemoteTestnet } from '../control/client.ts'
import { EXIT, type ExitCode } from '../errors.ts'
import type { Options } from './command.ts'
import { print, waitingFor } from './say.ts'

type Order = 'start' | 'stop' | 'kill' | 'pause' | 'resume'

const DONE: { readonly [order in Order]: string } = {
  start: 'runs again',
  stop: 'has stopped',
  kill: 'was killed',
  pause: 'is frozen',
  resume: 'goes on',
}
const DOING: { readonly [order in Order]: string } = {
  start: 'starting …',
  stop: 'stopping in order …',
  kill: 'being killed …',
  pause: 'being frozen …',
  resume: 'going on …',
}
const NEXT: { readonly [order in Order]?: string } = { stop: 'start', kill: 'start', pause: 'resume' }

export async function giveOrder(order: Order, args: readonly string[], options: Options): Promise<ExitCode> {
  const node = args[0] ?? ''
  const testnet = await openNetwork(options)
  try {
    await waitingFor(`${node}: ${DOING[order]}`, testnet[order](node))
    const { network } = testnet.plan
    const next = NEXT[order]
    const hint = next === undefined ? '' : `; netsplit ${next} ${node} brings it back`
    print(options, { network, node, done: order }, () => [`${node} ${DONE[order]}${hint}`])
    return EXIT.ok
  } finally {
    testnet.close()
  }
}

/** The network that `--name` picks, or the only one. */
export function openNetwork(options: Options, name?: string): Promise<RemoteTestnet> {
  return RemoteTestnet.connect(name ?? (typeof options.name === 'string' ? options.name : undefined))
}
