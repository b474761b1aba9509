// The runtimes by name, and what watches a network beside each.

import { EXIT, UserError } from '../errors.ts'
import { LocalPrometheus } from '../observability/local.ts'
import type { Host as PrometheusHost } from '../observability/observability.ts'
import type { Plan } from '../spec/types.ts'
import type { Runtime, RuntimeOptions } from './runtime.ts'

/** A runtime, and how Prometheus runs beside it. */
export interface RuntimeMaker {
  readonly runtime: (options: RuntimeOptions) => Runtime
  readonly prometheus: (observer: ObserverAddress) => PrometheusHost
  /** Prometheus and Grafana come without being asked for. */
  readonly observed: boolean
}

interface ObserverAddress {
  readonly url: string
  readonly metrics: () => Promise<string>
}

/** A runtime's code is loaded when it is wanted: the engine's client alone would cost every start a quarter of a second. */
export async function runtimeMaker(name: Plan['runtime'], engine: string | undefined): Promise<RuntimeMaker> {
  if (name === 'process') {
    const { ProcessRuntime } = await import('./process.ts')
    return {
      runtime: options => new ProcessRuntime(options),
      prometheus: ({ url }) => new LocalPrometheus(url),
      observed: false,
    }
  }
  if (name === 'docker') return await dockerMaker(engine)
  throw new UserError(EXIT.usage, `the ${name} runtime is not part of this version`, 'use --runtime process')
}

async function dockerMaker(engine: string | undefined): Promise<RuntimeMaker> {
  const [{ DockerRuntime }, { ContainerObservability }] = await Promise.all([
    import('./docker/runtime.ts'),
    import('./docker/observability.ts'),
  ])
  let made: InstanceType<typeof DockerRuntime> | undefined
  return {
    runtime: options => {
      made = new DockerRuntime(options, { engine })
      return made
    },
    prometheus: ({ metrics }) => {
      if (!made) throw new Error('the runtime comes first')
      return new ContainerObservability(made, metrics)
    },
    observed: true,
  }
}
