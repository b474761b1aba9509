// `netsplit gc`: sweeps what dead networks left behind, in the state directory and in the container engine, or lists it
// with --dry-run. Old node images only with --images.

import { EXIT, type ExitCode } from '../errors.ts'
import { plural } from '../format.ts'
import { type Leftover, leftovers, sweep } from '../gc.ts'
import type { Options } from '../main.ts'
import { ENGINE_ANSWER_MS, findEngine } from '../runtime/docker/discover.ts'
import type { EngineSweep } from '../runtime/docker/gc.ts'
import { RuntimeError } from '../runtime/runtime.ts'
import { print, say } from './say.ts'

export async function run(_args: readonly string[], options: Options): Promise<ExitCode> {
  const dryRun = options.dryRun === true
  // The engine first: what tells a dead network's containers is that its claim is dead, too.
  const engine = await sweepContainers(options, dryRun)
  const removed = dryRun ? leftovers() : sweep()
  print(options, { dryRun, removed, engine: engine.found, stuck: engine.stuck }, () => {
    const verb = dryRun ? 'would remove' : 'removed'
    const stuck = new Set(engine.stuck.map(({ id }) => id))
    const lines = [
      ...removed.map(each => `${verb} ${describe(each)}`),
      ...engine.found
        .filter(each => !stuck.has(each.id))
        .map(each => `${verb} the ${each.kind} ${each.name}`),
      ...engine.stuck.map(each => `could not remove the ${each.kind} ${each.why}`),
    ]
    return lines.length === 0 ? ['nothing was left behind'] : lines
  })
  return engine.stuck.length === 0 ? EXIT.ok : EXIT.failure
}

/** Where there is no engine, there is nothing of ours in it. */
async function sweepContainers(options: Options, dryRun: boolean): Promise<EngineSweep> {
  const asked = typeof options.engine === 'string' ? options.engine : undefined
  try {
    const { address } = await findEngine(asked, ENGINE_ANSWER_MS)
    const { sweepEngine } = await import('../runtime/docker/gc.ts')
    return await sweepEngine({ engine: address, dryRun, images: options.images === true })
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error
    if (asked !== undefined || options.images === true) say(error.message)
    return { found: [], stuck: [] }
  }
}

function describe({ network, directory, nodes }: Leftover): string {
  const what = network === undefined ? directory : `${network} (${directory})`
  return nodes.length === 0 ? what : `${what} and ${plural(nodes.length, 'node')} still running`
}
