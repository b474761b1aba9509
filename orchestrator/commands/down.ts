// `netsplit down`: ends a network in order and waits until nothing of it is left but the record of the run.

import { EXIT } from '../errors.ts'
import { endOrphans } from '../machine/gc.ts'
import { readKept } from '../machine/kept.ts'
import { type KnownNetwork, knownNetworks, remove } from '../machine/networks.ts'
import { summaryLines } from '../tui/status.ts'
import { openNetwork } from './orders.ts'
import { recordedOr } from './recorded.ts'
import { type NetworkRequest, readNamedNetwork } from './request.ts'
import { print, say } from './say.ts'

export const read = readNamedNetwork

export async function run(request: NetworkRequest): Promise<number> {
  const lifeless = findLifeless(request.network)
  if (lifeless) return await removeLifeless(lifeless, request)
  const testnet = await openNetwork(request)
  try {
    say(`${testnet.plan.network} goes down`)
    const summary = await testnet.down('asked by netsplit down')
    print(request, summary, () => summaryLines(summary))
    return recordedOr(EXIT.ok, [summary])
  } finally {
    testnet.close()
  }
}

/** A network without a controller to ask: stopped, or its controller was killed. Without a name, the only one there is. */
function findLifeless(name: string | undefined): KnownNetwork | undefined {
  const known = knownNetworks()
  const found = known.find(({ network }) => network === name)
  const [only, ...others] = known
  const wanted = found ?? (name === undefined && others.length === 0 && !only?.kept ? only : undefined)
  return wanted?.alive || wanted?.foreign !== undefined ? undefined : wanted
}

async function removeLifeless(known: KnownNetwork, request: NetworkRequest): Promise<number> {
  const { network, controller } = known
  const kept = readKept(network)
  await endOrphans(network)
  remove(known)
  if ((kept?.plan.runtime ?? controller?.runtime) === 'docker') {
    const [{ sweepNetwork }, { stuckLines, unaskedLines }] = await Promise.all([
      import('../runtime/docker/gc.ts'),
      import('../runtime/docker/stuck.ts'),
    ])
    const sweeps = await sweepNetwork(network, kept?.engine)
    for (const line of [...stuckLines(sweeps.flatMap(({ stuck }) => stuck)), ...unaskedLines(sweeps)])
      say(line)
  }
  print(request, { network, removed: true }, () => [
    kept
      ? `${network} and its chain are removed`
      : `the controller of ${network} had died; what it left is removed`,
  ])
  return EXIT.ok
}
