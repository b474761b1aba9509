// Which runtime a network gets when nobody said: docker where an engine answers and the image can be had at once, else
// processes. The look must not be felt, so it loads no client until there is something to build.

import { packageRoot } from '../machine/paths.ts'
import type { RuntimeName } from '../spec/types.ts'
import { baseImage, readContext, tagOf } from './docker/context.ts'
import { askEngine, type EnginePlace, findEngine } from './docker/discover.ts'
import { RuntimeError } from './runtime.ts'

/** An engine on this machine answers within milliseconds; a busy one takes longer, and one that is not there costs nothing. */
const LOOK_MS = 3_000
/** A first build takes seconds where the base image is there; nobody who did not ask for containers waits longer. */
const BUILD_MS = 30_000

/** `say` is told why it is not docker, and what takes time; when `signal` aborts, it rejects with the reason. */
export async function chooseRuntime(
  asked: RuntimeName | undefined,
  engine: string | undefined,
  say: (message: string) => void,
  signal?: AbortSignal,
): Promise<RuntimeName> {
  if (asked !== undefined) return asked
  try {
    const place = await findEngine(engine, LOOK_MS)
    const obstacle = await imageObstacle(place, say, signal)
    if (obstacle === undefined) return 'docker'
    say(`nodes run as processes: ${obstacle}`)
  } catch (error) {
    signal?.throwIfAborted()
    say(`nodes run as processes: ${error instanceof Error ? error.message : String(error)}`)
  }
  return 'process'
}

/** Why the node image cannot be had without a wait; undefined when it is there now. */
async function imageObstacle(
  { address }: EnginePlace,
  say: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const root = packageRoot()
  const base = baseImage(root)
  const ask = (path: string) => askEngine(address, path, LOOK_MS)
  const has = async (image: string) => (await ask(`/images/${encodeURIComponent(image)}/json`)).status === 200
  if (/^libpod/i.test((await ask('/_ping')).server))
    return 'the engine is podman, where peers may not reach each other; --runtime docker tries it'
  if (await has(tagOf(readContext(root)))) return undefined
  if (!(await has(base))) return `the engine has no ${base} yet; --runtime docker fetches it`
  return await built(address, say, signal)
}

async function built(
  address: string,
  say: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const late = AbortSignal.timeout(BUILD_MS)
  const [{ connectEngine }, { ensureNodeImage }] = await Promise.all([
    import('./docker/engine.ts'),
    import('./docker/image.ts'),
  ])
  try {
    const { docker } = await connectEngine(address)
    await ensureNodeImage(docker, say, signal ? AbortSignal.any([signal, late]) : late)
    return undefined
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof RuntimeError) return error.message
    throw error
  }
}
