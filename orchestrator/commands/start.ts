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
import type { ArgsOf, FlagsOf } from './command.ts'
import { giveOrder } from './orders.ts'
import { type NetworkRequest, readNetwork } from './request.ts'
import { live } from './up.ts'

export interface StartRequest extends NetworkRequest {
  /** A stopped network, or else a node of the network that is running. */
  readonly word: string | undefined
  /** Where the run of a network is recorded: the folder asked for. */
  readonly runDirectory: string | undefined
  /** More nodes than there is room for. */
  readonly force: boolean
}

export function read([word]: ArgsOf<'start'>, flags: FlagsOf<'start'>): StartRequest {
  return { word, runDirectory: flags.runDir, force: flags.force === true, ...readNetwork([], flags) }
}

export async function run(request: StartRequest): Promise<number> {
  const { word } = request
  const asked = word ?? request.network
  const stopped = knownNetworks().flatMap(({ network, alive, kept }) => (kept && !alive ? [network] : []))
  const named = asked === undefined ? stopped : stopped.filter(network => network === asked)
  const [network, ...others] = named
  if (network === undefined && word !== undefined) return await giveOrder('start', { ...request, node: word })
  if (network === undefined)
    throw new UserError(
      EXIT.usage,
      'no network is stopped',
      'netsplit ls lists them; netsplit start <node> starts a node',
    )
  if (others.length > 0)
    throw new UserError(EXIT.usage, `${named.length} networks are stopped`, `pick one: ${named.join(', ')}`)
  return await startNetwork(readKept(network) as KeptNetwork, request)
}

async function startNetwork(kept: KeptNetwork, request: StartRequest): Promise<number> {
  const { plan } = kept
  const { force, json } = request
  const signals = new EndSignals({ shownOnStderr: !json })
  const parent = parentOf(process)
  try {
    const directory = runDirectory(request.runDirectory, networkName(plan.network), Date.now())
    if (!parent) {
      const order = ['start', plan.network, ...(force ? ['--force'] : [])]
      return await launchInBackground({ order, plan, directory, json }, signals)
    }
    const network = await NetworkRun.open({
      ...kept,
      runDirectory: directory,
      again: true,
      force,
    })
    const view = openView(network.testnet, { page: network.page, person: false, alsoTo: parent.said })
    const told = { json, summary: undefined }
    return await live({ network, view, signals, told, until: undefined, onReady: () => parent.ready() })
  } catch (error) {
    parent?.failed(error)
    throw error
  } finally {
    signals.close()
  }
}
