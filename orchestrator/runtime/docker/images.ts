// Images that a spec names: looked for once a network, pulled where they are not there, and what of them matters here.

import type Docker from 'dockerode'
import { launchOf } from '../../clients/client.ts'
import type { Plan } from '../../spec/types.ts'
import { engineError } from './engine.ts'
import { ensureImage } from './image.ts'

export interface NamedImage {
  readonly name: string
  readonly entrypoint: readonly string[]
  /** Where it expects to keep what lasts. */
  readonly volumes: readonly string[]
}

export class NamedImages {
  readonly #docker: Docker
  readonly #say: (message: string) => void
  readonly #signal: AbortSignal
  readonly #found = new Map<string, Promise<NamedImage>>()

  readonly #obtain: ((name: string) => Promise<void>) | undefined

  /** `obtain`: from where it is had before it is pulled. */
  constructor(
    docker: Docker,
    say: (message: string) => void,
    signal: AbortSignal,
    obtain?: (name: string) => Promise<void>,
  ) {
    this.#obtain = obtain
    this.#docker = docker
    this.#say = say
    this.#signal = signal
  }

  /** RuntimeError `no-image` when it cannot be had. */
  get(name: string): Promise<NamedImage> {
    const found = this.#found.get(name) ?? this.#find(name)
    this.#found.set(name, found)
    found.catch(() => this.#found.delete(name))
    return found
  }

  async #find(name: string): Promise<NamedImage> {
    const remedy = `docker pull ${name}, or build it under that name; docker images shows what is there`
    await this.#obtain?.(name)
    await ensureImage(this.#docker, name, this.#say, { signal: this.#signal, remedy })
    try {
      const { Config } = await this.#docker.getImage(name).inspect()
      const { Entrypoint, Volumes } = Config
      const entrypoint = typeof Entrypoint === 'string' ? [Entrypoint] : (Entrypoint ?? [])
      return { name, entrypoint, volumes: Object.keys(Volumes ?? {}) }
    } catch (error) {
      throw engineError(`the image ${name} cannot be looked at`, error)
    }
  }
}

/** Those that the nodes of a plan are made from, beside our own. */
export function imagesIn({ nodes }: Pick<Plan, 'nodes'>): readonly string[] {
  return [...new Set(nodes.flatMap(({ image, client }) => image ?? launchOf(client)?.image ?? []))]
}
