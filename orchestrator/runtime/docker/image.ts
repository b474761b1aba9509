// The node image: tagged by the hash of what it is made of, built when that tag is missing, and never otherwise.

import { Readable } from 'node:stream'
import type Docker from 'dockerode'
import { packageRoot } from '../../machine/paths.ts'
import { RuntimeError } from '../runtime.ts'
import { baseImage, DOCKERFILE, readContext, tagOf } from './context.ts'
import { engineError, statusOf } from './engine.ts'
import { LABEL } from './labels.ts'

const MAKE_BASES = 'docker/base-images.sh makes the base images without a registry'

export interface ImageState {
  readonly tag: string
  readonly present: boolean
  /** What it is built upon. */
  readonly base: string
  readonly basePresent: boolean
}

export async function imageState(docker: Docker): Promise<ImageState> {
  const root = packageRoot()
  const [tag, base] = [tagOf(readContext(root)), baseImage(root)]
  const [present, basePresent] = await Promise.all([hasImage(docker, tag), hasImage(docker, base)])
  return { tag, present, base, basePresent }
}

/** Builds the image if it is missing; `say` is told of what takes time. Returns its tag. */
export async function ensureNodeImage(
  docker: Docker,
  say: (message: string) => void,
  signal?: AbortSignal,
): Promise<string> {
  const root = packageRoot()
  const context = readContext(root)
  const tag = tagOf(context)
  if (await hasImage(docker, tag)) return tag
  await ensureImage(docker, baseImage(root), say, { signal })
  say(`building the image ${tag}`)
  const startedMs = performance.now()
  try {
    const stream = await docker.buildImage(Readable.from([context.tar]), {
      t: tag,
      dockerfile: DOCKERFILE,
      rm: true,
      forcerm: true,
      labels: { [LABEL.role]: 'image' },
      ...(signal && { abortSignal: signal }),
    })
    const sayStep = (step: Step) => {
      const line = step.stream?.trim()
      if (line?.startsWith('Step ')) say(line)
    }
    await finished(docker, stream, sayStep, signal)
  } catch (error) {
    throw engineError(`the image ${tag} cannot be built`, signal?.aborted ? givenUp() : error)
  }
  say(`built ${tag} in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
  return tag
}

/** Pulls an image that is not there. RuntimeError `no-image` says what else can be done. */
export async function ensureImage(
  docker: Docker,
  image: string,
  say: (message: string) => void,
  {
    signal,
    remedy = MAKE_BASES,
  }: { readonly signal?: AbortSignal | undefined; readonly remedy?: string } = {},
): Promise<void> {
  if (await hasImage(docker, image)) return
  say(`pulling ${image}`)
  try {
    const stream = await docker.pull(tagged(image), signal && { abortSignal: signal })
    await finished(docker, stream, () => {}, signal)
  } catch (error) {
    const why = signal?.aborted ? givenUp() : error
    throw new RuntimeError('no-image', engineError(`${image} cannot be pulled`, why).message, [], remedy)
  }
}

/** Whether the engine has begun to answer by then or not. */
function givenUp(): Error {
  return new Error('nobody waits for it any more')
}

/** Without a tag an engine would fetch all that there are. */
function tagged(image: string): string {
  return /[:@][^/]*$/.test(image) ? image : `${image}:latest`
}

export async function hasImage(docker: Docker, image: string): Promise<boolean> {
  try {
    await docker.getImage(image).inspect()
    return true
  } catch (error) {
    if (statusOf(error) === 404) return false
    throw engineError(`the image ${image} cannot be looked up`, error)
  }
}

interface Step {
  readonly stream?: string
  readonly error?: string
}

/** Reads a build or a pull to its end. The call itself succeeds even when the work fails: its lines say so. */
function finished(
  docker: Docker,
  stream: NodeJS.ReadableStream,
  onStep: (step: Step) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(givenUp())
    if (signal?.aborted) giveUp()
    signal?.addEventListener('abort', giveUp, { once: true })
    let failure: string | undefined
    const lines: string[] = []
    docker.modem.followProgress(
      stream,
      error => {
        if (error) reject(error)
        else if (failure === undefined) resolve()
        else reject(new Error([failure, ...lines.slice(-20).map(line => `  | ${line}`)].join('\n')))
      },
      (step: Step) => {
        if (step.stream?.trim()) lines.push(step.stream.trim())
        failure ??= step.error
        onStep(step)
      },
    )
  })
}
