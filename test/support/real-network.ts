// Networks of real nodes from a spec in YAML, gone after the test: in processes, or in containers where the vitest project
// `docker` runs the very same suites.

import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Testnet } from '../../orchestrator/network/testnet.ts'
import { Observer } from '../../orchestrator/observe/observer.ts'
import { DockerRuntime, type DockerRuntimeTuning } from '../../orchestrator/runtime/docker/runtime.ts'
import { ProcessRuntime } from '../../orchestrator/runtime/process.ts'
import type { RuntimeOptions } from '../../orchestrator/runtime/runtime.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { TOKEN, temporaryDirectory } from './node-config.ts'

/** Set by vitest's project; the process runtime elsewhere. */
export const RUNTIME = process.env.NETSPLIT_TEST_RUNTIME ?? 'process'

/** On a busy machine an engine takes its time to start a gateway anew: nodes are not to take that for the controller's end. */
const HEARTBEAT_MS = 60_000

/** A block a second, found by little work, over links without delay. */
export const QUICK = `
runtime: process
mining: { hashRate: 100kH/s }
chain: { blockInterval: 1s, maturity: 3 }
links: { latency: 0ms, jitter: 0ms }
load: { tx: 0/s }
`

export interface RealNetwork {
  readonly testnet: Testnet
  readonly logDirectory: string
}

/** Not launched yet. */
export function realNetwork(yaml: string, tuning: DockerRuntimeTuning = {}): RealNetwork {
  const plan = makePlan(parseSpec(yaml, 'the test', { runtime: RUNTIME }))
  const directory = temporaryDirectory()
  const logDirectory = join(directory, 'logs')
  const observer = new Observer({ plan, runtime: plan.runtime, clock: Date.now })
  const testnet = new Testnet(plan, {
    observer,
    token: TOKEN,
    runDirectory: directory,
    makeRuntime: onExit => {
      const options: RuntimeOptions = {
        ...{ plan, directory, logDirectory, token: TOKEN, heartbeatTimeoutMs: HEARTBEAT_MS, onExit },
        onNote: (level, message) => observer.observe(undefined, { type: 'note', level, message }),
      }
      return RUNTIME === 'docker' ? new DockerRuntime(options, tuning) : new ProcessRuntime(options)
    },
  })
  onTestFinished(async () => {
    await testnet.down('the test is over')
  })
  return { testnet, logDirectory }
}

export async function launchReal(yaml: string): Promise<Testnet> {
  const { testnet } = realNetwork(yaml)
  await testnet.launch()
  return testnet
}

/** What is known of a node of it. */
export function nodeOf(testnet: Testnet, name: string) {
  return testnet.state().nodes.find(node => node.name === name)
}

/** The top of its chain, as far as it has been heard of. */
export function heightOf(testnet: Testnet, name: string): number {
  return nodeOf(testnet, name)?.systems.ledger.height ?? 0
}

/** What is noted of it from now on. */
export function notesOf(testnet: Testnet): readonly string[] {
  const notes: string[] = []
  testnet.tap(({ event }) => {
    if (event.type === 'note') notes.push(event.message)
  })
  return notes
}
