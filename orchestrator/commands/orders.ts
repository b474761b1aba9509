// `netsplit start | stop | kill | pause | resume`: one order to one node of a running network.

import { RemoteTestnet } from '../control/client.ts'
import { EXIT, type ExitCode } from '../errors.ts'
import type { NetworkRequest, NodeRequest } from './request.ts'
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

export async function giveOrder(order: Order, request: NodeRequest): Promise<ExitCode> {
  const { node } = request
  const testnet = await openNetwork(request)
  try {
    await waitingFor(`${node}: ${DOING[order]}`, testnet[order](node))
    const { network } = testnet.plan
    const next = NEXT[order]
    const hint = next === undefined ? '' : `; netsplit ${next} ${node} brings it back`
    print(request, { network, node, done: order }, () => [`${node} ${DONE[order]}${hint}`])
    return EXIT.ok
  } finally {
    testnet.close()
  }
}

/** The network that was asked for, or the only one. */
export function openNetwork({ network }: Pick<NetworkRequest, 'network'>): Promise<RemoteTestnet> {
  return RemoteTestnet.connect(network)
}
