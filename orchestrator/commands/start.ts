// `netsplit start`: starts a stopped node again, with its data and its address; or a whole network that was stopped, with its
// chain, in the background.

import { launchInBackground, parentOf } from '../control/background.ts'
import { EXIT, UserError } from '../errors.ts'
import { type KeptNetwork, readKept } from '../machine/kept.ts'
import { knownNetworks } from '../machine/networks.ts'
import { networkName } from '../machine/paths.ts'
import { EndSignals } from '../machine/signals.ts'
import { NetworkRun } from '../run/run.ts'
import { runDirectory } from '../run/run-directory.ts'
import { openView } from '../run/view.ts'
import type { Options } from './command.ts'
import { giveOrder } from './orders.ts'
import { live } from './up.ts'

export async function run(args: readonly string[], options: Options): Promise<number> {
  const asked = args[0] ?? options.name
  const stopped = knownNetworks().flatMap(({ network, alive, kept }) => (kept && !alive ? [network] : []))
  const named = typeof asked === 'string' ? stopped.filter(network => network === asked) : stopped
  const [network, ...others] = named
  if (network === undefined && args.length > 0) return await giveOrder('start', args, options)
  if (network === undefined)
    throw new UserError(
      EXIT.usage,
      'no network is stopped',
      'netsplit ls lists them; netsplit start <node> starts a node',
    )
  if (others.length > 0)
    throw new UserError(EXIT.usage, `${named.length} networks are stopped`, `pick one: ${named.join(', ')}`)
  return await startNetwork(readKept(network) as KeptNetwork, options)
}

async function startNetwork(kept: KeptNetwork, options: Options): Promise<number> {
  const { plan } = kept
  const signals = new EndSignals({ shownOnStderr: options.json !== true })
  const parent = parentOf(process)
  try {
    const folder = typeof options.runDir === 'string' ? options.runDir : undefined
    const directory = runDirectory(folder, networkName(plan.network), Date.now())
    if (!parent) {
      const passed = {
        ...(options.json === true && { json: true }),
        ...(options.force === true && { force: true }),
      }
      return await launchInBackground([plan.network], passed, plan, directory, signals, 'start')
    }
    const network = await NetworkRun.open({
      ...kept,
      runDirectory: directory,
      again: true,
      force: options.force === true,
    })
    const view = openView(network.testnet, { page: network.page, person: false, alsoTo: parent.said })
    return await live({ network, view, signals, options, until: undefined, onReady: () => parent.ready() })
  } catch (error) {
    parent?.failed(error)
    throw error
  } finally {
    signals.close()
  }
}
