// A real node in a process of its own, started from the bundle, asked over HTTP.

import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type {
  BitcoinHealth,
  LedgerHealth,
  NodeConfig,
  NodeEvent,
  NodeHealth,
  NodeReady,
} from '../../node/api.ts'
import { bundleFile } from '../../orchestrator/machine/paths.ts'
import { TOKEN } from './node-config.ts'
import { until } from './until.ts'

const HEADERS = { authorization: `Bearer ${TOKEN}` }

export interface NodeExit {
  readonly code: number | null
  readonly signal: string | null
}

export interface SpawnedNode {
  readonly process: ChildProcess
  readonly exited: Promise<NodeExit>
  /** What it has written to stderr so far. */
  log(): string
  /** Its first line on stdout; rejects with the log when it ends before. */
  readonly ready: Promise<NodeReady>
}

export interface SpawnOptions {
  /** Run in front of the node, for example `prlimit`. */
  readonly wrapper?: readonly string[]
  /** In the place of dist/node.cjs. */
  readonly bundle?: string
  /** Further descriptors of the child, from 3 on. */
  readonly descriptors?: readonly number[]
}

/** Starts a node with this configuration; it is killed when the test ends. */
export function spawnNode(
  config: NodeConfig,
  { wrapper = [], bundle = bundleFile('node.cjs'), descriptors = [] }: SpawnOptions = {},
): SpawnedNode {
  const configFile = join(config.tokenFile, '..', `${config.name}.json`)
  writeFileSync(configFile, JSON.stringify(config))
  const [command = '', ...args] = [...wrapper, process.execPath, bundle, '--config', configFile]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe', ...descriptors] })
  let log = ''
  let out = ''
  child.stderr?.on('data', chunk => {
    log += chunk
  })
  const exited = new Promise<NodeExit>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  const ready = new Promise<NodeReady>((resolve, reject) => {
    child.stdout?.on('data', chunk => {
      out += chunk
      if (out.includes('\n')) resolve(JSON.parse(out.slice(0, out.indexOf('\n'))))
    })
    exited.then(
      exit => reject(new Error(`ended before it was ready: ${JSON.stringify(exit)}\n${log}`)),
      reject,
    )
  })
  ready.catch(() => {})
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return { process: child, exited, ready, log: () => log }
}

/** A node that is ready, with what tests ask of it. */
export class RunningNode {
  readonly config: NodeConfig
  readonly spawned: SpawnedNode
  readonly ready: NodeReady

  private constructor(config: NodeConfig, spawned: SpawnedNode, ready: NodeReady) {
    this.config = config
    this.spawned = spawned
    this.ready = ready
  }

  static async start(config: NodeConfig, options?: SpawnOptions): Promise<RunningNode> {
    const spawned = spawnNode(config, options)
    return new RunningNode(config, spawned, await spawned.ready)
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.ready.control}${path}`, { ...init, headers: { ...HEADERS, ...init.headers } })
  }

  async rpc<T = unknown>(method: string, ...params: readonly unknown[]): Promise<T> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const answer = await (await this.fetch('/rpc', { method: 'POST', body })).json()
    const { result, error } = answer as { result: T; error?: { code: number; message: string } }
    if (error) throw new Error(`${method}: ${error.code} ${error.message}`)
    return result
  }

  /** All parts of it side by side. */
  async health(): Promise<NodeHealth & BitcoinHealth & LedgerHealth> {
    const health = (await (await this.fetch('/health')).json()) as NodeHealth
    const { bitcoin } = health.services
    return { ...health, ...bitcoin, ...bitcoin?.ledger } as NodeHealth & BitcoinHealth & LedgerHealth
  }

  /** All events that the node still holds. */
  async events(): Promise<NodeEvent[]> {
    const { boot } = await this.health()
    const abort = new AbortController()
    const response = await this.fetch(`/events?after=0&boot=${boot}`, { signal: abort.signal })
    const total = Number(/^netsplit_node_events_total (\d+)$/m.exec(await this.metrics())?.[1])
    const events: NodeEvent[] = []
    let rest = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) events.push(JSON.parse(line))
      if ((events.at(-1)?.seq ?? 0) >= total) break
    }
    abort.abort()
    return events
  }

  async metrics(): Promise<string> {
    return (await this.fetch('/metrics')).text()
  }

  /** Mines blocks at once and gives their hashes. */
  async mine(blocks: number): Promise<string[]> {
    return this.rpc<string[]>('generatetoaddress', blocks, await this.rpc('getnewaddress'))
  }

  async reaches(height: number, timeoutMs?: number): Promise<void> {
    const arrived = async () => ((await this.health()).height >= height ? true : undefined)
    await until(`${this.config.name} at height ${height}`, arrived, timeoutMs)
  }

  async kill(): Promise<void> {
    this.spawned.process.kill('SIGKILL')
    await this.spawned.exited
  }

  async stop(): Promise<NodeExit> {
    this.spawned.process.kill('SIGTERM')
    return this.spawned.exited
  }
}
