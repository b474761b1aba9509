// `netsplit down`: ends a network in order and waits until nothing of it is left but the record of the run.

import { EXIT, type ExitCode } from '../errors.ts'
import { endOrphans } from '../gc.ts'
import { readKept } from '../kept.ts'
import type { Options } from '../main.ts'
import { type KnownNetwork, knownNetworks, remove } from '../networks.ts'
import { summaryLines } from '../tui/words.ts'
import { openNetwork } from './orders.ts'
import { print, say } from './say.ts'

export async function run(args: readonly string[], options: Options): Promise<ExitCode> {
  const stopped = findStopped(args[0] ?? options.name)
  if (stopped) return await removeStopped(stopped, options)
  const testnet = await openNetwork(options, args[0])
  try {
    say(`${testnet.plan.network} goes down`)
    const summary = await testnet.down('asked by netsplit down')
    print(options, summary, () => summaryLines(summary))
    return EXIT.ok
  } finally {
    testnet.close()
  }
}

/** A network that is stopped: there is no controller to ask. */
function findStopped(name: unknown): KnownNetwork | undefined {
  return knownNetworks().find(({ network, alive, kept }) => network === name && kept && !alive)
}

async function removeStopped(known: KnownNetwork, options: Options): Promise<ExitCode> {
  const { network } = known
  const kept = readKept(network)
  await endOrphans(network)
  remove(known)
  if (kept?.plan.runtime === 'docker') {
    const { sweepEngine } = await import('../runtime/docker/gc.ts')
    const { stuck } = await sweepEngine({ engine: kept.engine, dryRun: false, images: false, network })
    for (const { kind, why } of stuck) say(`the engine keeps the ${kind} ${why}; netsplit gc tries again`)
  }
  print(options, { network, removed: true }, () => [`${network} and its chain are removed`])
  return EXIT.ok
}
