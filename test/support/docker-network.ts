// A network in containers, in this process, of whatever engines its plan or its test names.

import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Testnet } from '../../orchestrator/network/testnet.ts'
import { Observer } from '../../orchestrator/observe/observer.ts'
import { DockerRuntime } from '../../orchestrator/runtime/docker/runtime.ts'
import type { Plan } from '../../orchestrator/spec/types.ts'
import { temporaryDirectory } from './node-config.ts'

export interface DockerNetwork {
  readonly testnet: Testnet
  /** Once it is launched. */
  readonly runtime: () => DockerRuntime
  /** What was said of the engines. */
  readonly notes: readonly string[]
}

/** Not launched yet; down after the test. */
export function dockerNetwork(
  plan: Plan,
  {
    engine,
    token,
    heartbeatTimeoutMs,
  }: { readonly engine?: string; readonly token: string; readonly heartbeatTimeoutMs: number },
): DockerNetwork {
  const directory = temporaryDirectory()
  const notes: string[] = []
  let runtime: DockerRuntime | undefined
  const testnet = new Testnet(plan, {
    observer: new Observer({ plan, runtime: 'docker', clock: Date.now }),
    token,
    runDirectory: directory,
    makeRuntime: onExit => {
      runtime = new DockerRuntime(
        {
          ...{ plan, directory, logDirectory: join(directory, 'logs'), token, onExit, heartbeatTimeoutMs },
          onNote: (_level, message) => notes.push(message),
        },
        { engine },
      )
      return runtime
    },
  })
  onTestFinished(async () => void (await testnet.down('the test is over')))
  return { testnet, notes, runtime: () => runtime as DockerRuntime }
}
