// The process runtime: one child process a node on loopback.
//
// Each listening socket is opened here and handed to its child (as systemd's socket activation does). So every address is
// known before anything runs, all children start at once with complete dial lists and link tables, a dial to a peer that
// still starts waits in the kernel's backlog instead of failing, and no other process can take a port in between, nor while
// a node does not run: its socket is opened here again.

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { LinkTable, NodeConfig, NodeReady } from '../../node/api.ts'
import type { LogEntry } from '../../node/log-level.ts'
import type { FaultKind } from '../chaos/faults.ts'
import { howItEnded, type NodeEnd, remedyFor, saysMemory, stoppedFor } from '../endings.ts'
import { bundleFile } from '../machine/paths.ts'
import { identityOf } from '../machine/processes.ts'
import { type Pace, paceOf } from '../network/pace.ts'
import type { PlannedNode } from '../spec/types.ts'
import { Cgroups } from './cgroup.ts'
import { CpuDuty } from './cpu-duty.ts'
import { HeldPorts } from './held-ports.ts'
import { appendToLog } from './log-file.ts'
import { lastLines, tail } from './log-tail.ts'
import { nodeConfig } from './node-config.ts'
import { NodeLogs } from './node-logs.ts'
import { OomWatch } from './oom-watch.ts'
import { parseReady, ReadyLine } from './ready-line.ts'
import {
  type Addresses,
  type Dials,
  type NodeEndpoint,
  type RunLimits,
  type Runtime,
  RuntimeError,
  type RuntimeOptions,
} from './runtime.ts'
import { servicesOf } from './service-parts.ts'
import { Thaw } from './thaw.ts'

const HOST = '127.0.0.1'
/** The first handed-over socket's number in the child: after stdin, stdout and stderr. */
const LISTEN_FD = 3
const LAST_LINES = 50
/** As a node says it of others' program under it, and then ends itself. */
const PROGRAM_KILLED = 'ended (SIGKILL)'
const READY_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 5_000

/** A young generation of at most 1 MB per half: measured, 1.5 MB less memory a node, and no slower. */
const V8_FLAGS = ['--max-semi-space-size=1']

export interface ProcessRuntimeTuning {
  /** The node's bundle; dist/node.cjs. */
  readonly nodeFile?: string
  /** For a start, where few nodes run. */
  readonly readyTimeoutMs?: number
  /** Between SIGTERM and SIGKILL, there too. */
  readonly stopTimeoutMs?: number
}

interface Slot {
  readonly ports: HeldPorts
  child: ChildProcess | undefined
  /** Resolves when the child has gone, with how; undefined: there was none. */
  gone: Promise<NodeEnd | undefined>
  /** It was asked to stop. */
  expected: boolean
  /** Since it did not answer in time. */
  silent: boolean
  /** What it was limited to in this life. */
  limits: RunLimits
  /** Keeps it to its share of the processor where there are no control groups. */
  duty: CpuDuty | undefined
  /** Frozen, it goes on when we end. */
  thaw: Thaw | undefined
}

export class ProcessRuntime implements Runtime {
  readonly name = 'process'
  readonly joins = true
  readonly #options: RuntimeOptions
  readonly #logs: NodeLogs
  readonly #nodeFile: string
  readonly #pace: Pace
  readonly #readyTimeoutMs: number
  readonly #stopTimeoutMs: number
  readonly #slots = new Map<string, Slot>()
  readonly #tokenFile: string
  readonly #cgroups: Cgroups | undefined
  readonly #oom = new OomWatch()
  #destroyed = false

  constructor(options: RuntimeOptions, tuning: ProcessRuntimeTuning = {}) {
    this.#options = options
    this.#nodeFile = tuning.nodeFile ?? bundleFile('node.cjs')
    this.#readyTimeoutMs = tuning.readyTimeoutMs ?? READY_TIMEOUT_MS
    this.#stopTimeoutMs = tuning.stopTimeoutMs ?? STOP_TIMEOUT_MS
    this.#pace = paceOf(options.plan)
    this.#tokenFile = join(options.directory, 'token')
    this.#cgroups = Cgroups.open(options.plan.network)
    mkdirSync(options.logDirectory, { recursive: true })
    this.#logs = new NodeLogs(options.logDirectory)
    mkdirSync(join(options.directory, 'nodes'), { recursive: true, mode: 0o700 })
    writeFileSync(this.#tokenFile, `${options.token}\n`, { mode: 0o600 })
  }

  cannot(kind: FaultKind): string | undefined {
    if (kind !== 'memory' || this.#cgroups) return undefined
    return 'processes can be limited in memory only where this user may make control groups (cgroup v2); use --runtime docker'
  }

  async reserve(name: string, services: readonly string[]): Promise<Addresses> {
    const slot = this.#slots.get(name) ?? newSlot()
    this.#slots.set(name, slot)
    if (this.#destroyed) slot.ports.close()
    return await slot.ports.reserve(services)
  }

  // Who dials meanwhile waits: in the kernel's backlog, or accepted here, until the child has the socket.
  async start(node: PlannedNode, dials: Dials, links: LinkTable): Promise<NodeEndpoint> {
    await this.reserve(node.name, servicesOf(node))
    const slot = this.#slot(node.name)
    if (slot.child) throw new Error(`${node.name} already runs`)
    if (this.#destroyed) throw new Error('the network is going down')
    await slot.ports.reopen(node.name)
    const file = node.program === undefined ? this.#nodeFile : programFile(node.name, node.program)
    const child = this.#spawn(node, slot, this.#config(node, slot, dials, links), file)
    this.#watch(node.name, slot, child)
    const startedMs = performance.now()
    const ready = await this.#ready(node.name, slot, child)
    this.#pace.took(performance.now() - startedMs)
    return { name: node.name, control: ready.control, addresses: slot.ports.addresses, pid: child.pid }
  }

  async stop(name: string, how: 'term' | 'kill'): Promise<void> {
    const slot = this.#slot(name)
    if (!slot.child) return
    slot.expected = true
    await slot.duty?.end()
    if (how === 'term') slot.child?.kill('SIGTERM')
    else killGroup(slot.child, 'SIGKILL')
    killGroup(slot.child, 'SIGCONT') // a frozen process sees SIGTERM only when it goes on
    const timer = setTimeout(() => killGroup(slot.child, 'SIGKILL'), this.#pace.ms(this.#stopTimeoutMs))
    await slot.gone
    clearTimeout(timer)
  }

  async freeze(name: string, frozen: boolean): Promise<void> {
    const slot = this.#slot(name)
    await slot.duty?.end()
    slot.duty = undefined
    slot.thaw?.end()
    slot.thaw = undefined
    killGroup(slot.child, frozen ? 'SIGSTOP' : 'SIGCONT')
    if (frozen && slot.child?.pid !== undefined) slot.thaw = new Thaw(slot.child.pid)
    if (!frozen) await this.#onDuty(slot)
  }

  async limit(name: string, limits: RunLimits | undefined): Promise<RunLimits> {
    const slot = this.#slot(name)
    const pid = slot.child?.pid
    if (limits === undefined || pid === undefined) return this.#cgroups?.read(name) ?? slot.limits
    slot.limits = limits
    if (this.#cgroups) return this.#cgroups.limit(name, pid, limits)
    await slot.duty?.end()
    slot.duty = undefined
    await this.#onDuty(slot)
    return limits
  }

  note(name: string, entry: LogEntry): void {
    this.#logs.note(name, entry)
  }

  logs(name: string, lines: number, follow: AbortSignal | undefined): AsyncIterable<string> {
    this.#slot(name)
    return tail(this.#logFile(name), lines, follow)
  }

  async destroy(keep = false): Promise<void> {
    this.#destroyed = true
    for (const slot of this.#slots.values()) slot.ports.close()
    await Promise.all([...this.#slots.keys()].map(name => this.stop(name, 'term')))
    if (!keep) await rm(join(this.#options.directory, 'nodes'), { recursive: true, force: true })
    await rm(this.#tokenFile, { force: true })
    this.#oom.close()
    this.#logs.close()
  }

  /** Without control groups its share is kept by a helper. */
  async #onDuty(slot: Slot): Promise<void> {
    const { cpus } = slot.limits
    if (this.#cgroups || cpus === undefined || cpus >= 1 || slot.child?.pid === undefined) return
    slot.duty = new CpuDuty(slot.child.pid, cpus)
    await slot.duty.begun
  }

  #spawn(node: PlannedNode, slot: Slot, config: NodeConfig, file: string): ChildProcess {
    const folder = this.#folder(node.name)
    const configFile = join(folder, 'config.json')
    mkdirSync(folder, { recursive: true })
    writeFileSync(configFile, JSON.stringify(config), { mode: 0o600 })
    // The child writes its log itself: what it says survives us, and it never meets a broken pipe.
    const log = openSync(this.#logFile(node.name), 'a')
    try {
      const bundle = file.endsWith('.cjs') ? [bundleFile('warm.cjs'), file] : [file]
      return spawn(process.execPath, [...V8_FLAGS, ...bundle, '--config', configFile], {
        // Nothing is ever written to its input: it ends when we do, and the node with it.
        stdio: ['pipe', 'pipe', log, ...slot.ports.descriptors],
        // A group of its own: the terminal's Ctrl-C reaches the controller, which takes the nodes down in order.
        detached: true,
        env: environment(node),
      })
    } finally {
      closeSync(log)
      slot.ports.handOver()
    }
  }

  #watch(name: string, slot: Slot, child: ChildProcess): void {
    slot.child = child
    slot.expected = false
    slot.silent = false
    slot.gone = new Promise(resolve => {
      const ended = (code: number | null, signal: string | null) => {
        if (slot.child !== child) return
        const memory = this.#memoryOf(name, slot, code, signal)
        slot.child = undefined
        void slot.duty?.end()
        slot.duty = undefined
        slot.thaw?.end()
        slot.thaw = undefined
        slot.limits = UNLIMITED
        this.#cgroups?.remove(name)
        slot.ports.hold()
        const lines = lastLines(this.#logFile(name), LAST_LINES)
        const { expected } = slot
        const end = expected
          ? { code, signal, ...(slot.silent && { cause: 'silent' as const }) }
          : { code, signal, ...stoppedFor(code, lines), ...memory(lines) }
        resolve(end)
        this.#options.onExit({ name, ...end, expected, lastLines: lines })
      }
      child.once('exit', ended)
      // It could not even be started (no memory, no process to be had).
      child.once('error', error => {
        appendToLog(this.#logFile(name), `${error.message}\n`)
        if (child.pid === undefined) ended(null, null)
      })
    })
    if (child.pid === undefined) return
    // What gc needs to end a node that outlived its controller.
    const file = join(this.#folder(name), 'process.json')
    writeFileSync(file, JSON.stringify(identityOf(child.pid)), { mode: 0o600 })
    expend(child.pid)
  }

  /** What tells, given what it said last, that memory ran out: asked before its control group is gone. */
  #memoryOf(name: string, { limits: { memoryBytes } }: Slot, code: number | null, signal: string | null) {
    const limited = memoryBytes !== undefined && { limitBytes: memoryBytes, limitedByFault: true as const }
    const byLimit = (this.#cgroups?.takenForMemory(name) ?? 0) > 0
    const taking = byLimit || this.#oom.rose
    return (lastLines: readonly string[]): Partial<NodeEnd> => {
      const taken = taking && (signal === 'SIGKILL' || lastLines.some(line => line.includes(PROGRAM_KILLED)))
      if (!taken && (code === 0 || !saysMemory(lastLines))) return {}
      return { cause: 'memory', ...((byLimit || !taken) && limited) }
    }
  }

  /** Waits for the line on the child's stdout that says it can be used. */
  async #ready(name: string, slot: Slot, child: ChildProcess): Promise<NodeReady> {
    const stop = new AbortController()
    try {
      return await new Promise<NodeReady>((resolve, reject) => {
        const fail = (code: 'node-died' | 'node-timeout', what: string, hint?: string) =>
          reject(new RuntimeError(code, `${name} ${what}`, lastLines(this.#logFile(name), LAST_LINES), hint))
        const patienceMs = this.#pace.ms(this.#readyTimeoutMs)
        const late = `did not answer for ${patienceMs / 1000} s`
        const timer = setTimeout(() => fail('node-timeout', late), patienceMs)
        stop.signal.addEventListener('abort', () => clearTimeout(timer))
        void slot.gone.then(end => {
          if (slot.expected || !end) return fail('node-died', 'was stopped before it was ready')
          if (child.pid === undefined) return fail('node-died', 'could not be started', remedyFor(end))
          fail('node-died', `ended before it was ready (${howItEnded(end)})`, remedyFor(end))
        })
        this.#listenTo(name, child, resolve)
      })
    } catch (error) {
      slot.silent = error instanceof RuntimeError && error.code === 'node-timeout'
      await this.stop(name, 'kill')
      throw error
    } finally {
      stop.abort()
    }
  }

  /** The ready message goes to `onReady`; whatever else a node prints belongs into its log. */
  #listenTo(name: string, child: ChildProcess, onReady: (ready: NodeReady) => void): void {
    const isReady = ({ ready, p2p, control }: Partial<NodeReady>) =>
      ready === true && typeof p2p === 'string' && typeof control === 'string'
    const said = new ReadyLine(
      line => parseReady<NodeReady>(line, isReady),
      onReady,
      text => appendToLog(this.#logFile(name), text),
    )
    child.stdout?.setEncoding('utf8').on('data', (text: string) => said.push(text))
    child.stdout?.once('end', () => said.end())
  }

  readonly cookieFile = (name: string): string => join(this.#data(name), '.cookie')

  #config(node: PlannedNode, slot: Slot, dials: Dials, links: LinkTable): NodeConfig {
    const { plan, heartbeatTimeoutMs } = this.#options
    return nodeConfig(plan, node, dials, links, {
      listen: service => slot.ports.listenOf(service, LISTEN_FD),
      control: { host: HOST, port: 0 },
      tokenFile: this.#tokenFile,
      dataDirectory: this.#data(node.name),
      heartbeatTimeoutMs,
      lifeline: true,
    })
  }

  #slot(name: string): Slot {
    const slot = this.#slots.get(name)
    if (!slot) throw new RuntimeError('no-such-node', `no node is named ${name}`)
    return slot
  }

  #data(name: string): string {
    return join(this.#folder(name), 'data')
  }

  #folder(name: string): string {
    return join(this.#options.directory, 'nodes', name)
  }

  #logFile(name: string): string {
    return this.#logs.fileOf(name)
  }
}

const UNLIMITED: RunLimits = { cpus: undefined, memoryBytes: undefined }

function newSlot(): Slot {
  return {
    ports: new HeldPorts(HOST),
    child: undefined,
    gone: Promise.resolve(undefined),
    expected: false,
    silent: false,
    limits: UNLIMITED,
    duty: undefined,
    thaw: undefined,
  }
}

/** Where memory runs out, the kernel is to take one of ours and no other program of this user's (proc_pid_oom_score_adj(5)). */
function expend(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '500')
  } catch {
    // there is no such thing here, or it has ended
  }
}

/** Of another build: its dist folder, or the bundle in it. Throws RuntimeError where there is none. */
function programFile(name: string, program: string): string {
  const file = program.endsWith('.cjs') ? program : join(program, 'node.cjs')
  if (existsSync(file)) return resolve(file)
  throw new RuntimeError(
    'no-program',
    `${name}: there is no ${file}`,
    [],
    'program is the dist folder of a netsplit',
  )
}

function environment({ client }: PlannedNode): NodeJS.ProcessEnv {
  // glibc keeps a heap a thread; nodes are many and their threads allocate little.
  const all = { ...process.env, MALLOC_ARENA_MAX: '2' }
  // Node reads these at its start (30 ms for Debian's); a node of ours never speaks TLS. Others' programs are as they are.
  return client ? all : { ...all, NODE_EXTRA_CA_CERTS: undefined }
}

/** The node and whatever runs under it: each is a group of its own. */
function killGroup(child: ChildProcess | undefined, signal: NodeJS.Signals): void {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    child.kill(signal)
  }
}
