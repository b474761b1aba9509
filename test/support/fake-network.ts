// Networks of fake nodes: plans by hand and a runtime that starts test/support/fake-node.mjs.

import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { Testnet } from '../../orchestrator/network/testnet.ts'
import { Observer } from '../../orchestrator/observe/observer.ts'
import { ProcessRuntime, type ProcessRuntimeTuning } from '../../orchestrator/runtime/process.ts'
import type { NodeExit } from '../../orchestrator/runtime/runtime.ts'
import type { Plan } from '../../orchestrator/spec/types.ts'
import { EASY_CHAIN, TOKEN, temporaryDirectory } from './node-config.ts'

const FAKE_NODE = join(import.meta.dirname, 'fake-node.mjs')

/** Nodes of these names in a chain: each dials the next. */
export function planOf(names: readonly string[]): Plan {
  const edges = names.slice(1).map((to, i) => ({ from: names[i] as string, to, link: PERFECT_LINK }))
  const degree = (name: string) => edges.filter(edge => edge.from === name || edge.to === name).length
  return {
    schemaVersion: 1,
    network: 'fakes',
    seed: 1,
    runtime: 'process',
    chain: EASY_CHAIN,
    nodes: names.map((name, index) => ({
      name,
      group: 'fakes',
      index,
      seed: '00'.repeat(32),
      mining: { mode: 'off', hashRateHps: 0, threads: 1 },
    })),
    topology: {
      kind: 'explicit',
      edges,
      wantedPeers: Object.fromEntries(names.map(name => [name, degree(name)])),
    },
    relay: 'compact',
    blockBytes: 0,
    defaultLink: PERFECT_LINK,
    load: { txPerSecond: 0 },
    limits: { memoryBytes: 512e6, cpus: 1, pids: 128 },
    durationMs: 0,
  }
}

/** A runtime whose nodes and files are gone after the test. */
export function fakeRuntime(
  plan: Plan,
  onExit: (exit: NodeExit) => void = () => {},
  tuning: ProcessRuntimeTuning = {},
): ProcessRuntime {
  const directory = temporaryDirectory()
  const logDirectory = join(directory, 'logs')
  const options = { plan, directory, logDirectory, token: TOKEN, heartbeatTimeoutMs: 0, onExit }
  const runtime = new ProcessRuntime(options, { nodeFile: FAKE_NODE, stopTimeoutMs: 20_000, ...tuning })
  onTestFinished(() => runtime.destroy())
  return runtime
}

/** A network of fakes that is down after the test. */
export function fakeTestnet(plan: Plan, tuning: ProcessRuntimeTuning = {}): Testnet {
  const testnet = new Testnet(plan, {
    observer: new Observer({ plan, runtime: 'process', clock: Date.now }),
    token: TOKEN,
    runDirectory: '/nowhere',
    makeRuntime: onExit => fakeRuntime(plan, onExit, tuning),
  })
  onTestFinished(async () => {
    await testnet.down('the test is over')
  })
  return testnet
}
