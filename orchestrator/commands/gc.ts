// `netsplit gc`: sweeps what dead networks left behind, in the state directory and in the container engine, or lists it
// with --dry-run. Old node images only with --images.

import { EXIT, type ExitCode } from '../errors.ts'
import { plural } from '../format.ts'
import { distrusted, type Leftover, leftovers, sweep } from '../machine/gc.ts'
import { networksOnHosts } from '../machine/used-hosts.ts'
import { ENGINE_ANSWER_MS, findEngine, isEngineLikely } from '../runtime/docker/discover.ts'
import type { EngineSweep, Swept as HostSwept } from '../runtime/docker/gc.ts'
import { isLost } from '../runtime/docker/lost.ts'
import { type Orphan, orphanOf } from '../runtime/docker/orphan.ts'
import { stuckLines, unaskedLines } from '../runtime/docker/stuck.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { type Answered, readAnswered } from './request.ts'
import { print } from './say.ts'

export interface GcRequest extends Answered {
  /** Only listed. */
  readonly dryRun: boolean
  /** Old node images, too. */
  readonly images: boolean
  readonly engine: string | undefined
}

export function read(_args: ArgsOf<'gc'>, flags: FlagsOf<'gc'>): GcRequest {
  const { dryRun, images, engine } = flags
  return { dryRun: dryRun === true, images: images === true, engine, ...readAnswered([], flags) }
}

export async function run(request: GcRequest): Promise<ExitCode> {
  const orphan = orphanOf(process.env)
  if (orphan) return await sweepForWarden(orphan)
  const { dryRun } = request
  // The engine first: what tells a dead network's containers is that its claim is dead, too.
  const [engine, hosts] = await Promise.all([sweepContainers(request), sweepOtherHosts(request)])
  const removed = dryRun ? leftovers() : sweep()
  const leftAlone = distrusted()
  const { unasked } = engine
  const found = [engine, ...hosts].flatMap(each => each.found)
  const stuck = [engine, ...hosts].flatMap(each => each.stuck)
  const away = hosts.flatMap(({ host, unasked }) => (unasked === undefined ? [] : { host, unasked }))
  const outcome = {
    dryRun,
    removed,
    engine: found,
    stuck,
    unasked,
    ...(away.length > 0 && { away }),
    ...(leftAlone.length > 0 && { leftAlone }),
  }
  print(request, outcome, () => {
    const verb = dryRun ? 'would remove' : 'removed'
    const kept = new Set(stuck.map(({ id }) => id))
    const gone = found.filter(each => !kept.has(each.id))
    const lines = [
      ...removed.map(each => `${verb} ${describe(each)}`),
      ...gone.map(each => `${verb} the ${each.kind} ${each.name}`),
      ...leftAlone.map(why => `left alone: ${why}`),
      ...stuckLines(stuck),
      ...unaskedLines(away),
    ]
    if (unasked !== undefined) return [...lines, `what the engine holds is not known: ${unasked}`]
    return lines.length === 0 ? ['nothing was left behind'] : lines
  })
  if (unasked !== undefined && (isAsked(request) || removed.some(({ runtime }) => runtime === 'docker')))
    return EXIT.environment
  // What nothing but the engine's own restart removes was told, and is no failure of this sweep, nor of every one to come.
  if (!stuck.every(isLost)) return EXIT.failure
  return away.length === 0 ? EXIT.ok : EXIT.environment
}

/** This process is what a warden has become. */
async function sweepForWarden(orphan: Orphan): Promise<ExitCode> {
  const { sweepOrphan } = await import('../runtime/docker/warden.ts')
  await sweepOrphan(orphan)
  return EXIT.ok
}

const isAsked = ({ engine, images }: GcRequest) => engine !== undefined || images

interface Swept extends EngineSweep {
  /** Why an engine that may hold something was not asked what. */
  readonly unasked?: string
}

/** Where there is no engine, there is nothing of ours in it; of one that is there and does not answer nobody knows. */
async function sweepContainers(request: GcRequest): Promise<Swept> {
  const { engine: asked, dryRun, images } = request
  try {
    const { address } = await findEngine(asked, ENGINE_ANSWER_MS)
    const { sweepEngine } = await import('../runtime/docker/gc.ts')
    return await sweepEngine({ engine: address, dryRun, images })
  } catch (error) {
    const unasked = error instanceof Error ? error.message : String(error)
    const nothing = { found: [], stuck: [] }
    return isAsked(request) || isEngineLikely(asked) ? { ...nothing, unasked } : nothing
  }
}

/** Those that networks of ours have used: each is asked, wherever it is. */
async function sweepOtherHosts({ dryRun }: GcRequest): Promise<readonly HostSwept[]> {
  if (networksOnHosts().length === 0) return []
  const { sweepHosts } = await import('../runtime/docker/gc.ts')
  return await sweepHosts({ dryRun })
}

function describe({ network, directory, nodes }: Leftover): string {
  const what = network === undefined ? directory : `${network} (${directory})`
  return nodes.length === 0 ? what : `${what} and ${plural(nodes.length, 'node')} still running`
}
