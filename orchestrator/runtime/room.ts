// How many nodes this machine has room for: what doctor says, and what decides before a launch. A machine without memory
// kills programs of others, and a network that has taken it all can hardly be told to end.

import { readFileSync } from 'node:fs'
import { freemem } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import { EXIT, UserError } from '../errors.ts'
import { plural } from '../format.ts'
import type { Plan, RuntimeName } from '../spec/types.ts'
import { MAX_HOSTS } from './docker/subnets.ts'

/** What the machine has to give right now; infinite where it does not say. */
export interface Machine {
  readonly memoryBytes: number
  /** Of this process: where simulated nodes live. */
  readonly heapBytes: number
  /** That this process may hold open. */
  readonly openFiles: number
  /** Threads that may still be started. */
  readonly threads: number
}

export interface Room {
  readonly nodes: number
  /** What there is least of. */
  readonly because: string
}

/** What nodes take, as measured, and a little more: with a store, a miner and the connections of its controller. */
const NEEDS: { readonly [runtime in RuntimeName]: { readonly [what in keyof Machine]?: number } } = {
  process: { memoryBytes: 75e6, openFiles: 6, threads: 14 },
  // Their processes are the engine's to count.
  docker: { memoryBytes: 50e6, openFiles: 4 },
  sim: { memoryBytes: 0.25e6, heapBytes: 0.25e6 },
}
/** What the controller, or a simulation without nodes, needs itself. */
const OWN: { readonly [what in keyof Machine]: number } = {
  memoryBytes: 200e6,
  heapBytes: 200e6,
  openFiles: 100,
  threads: 20,
}
/** Never refused: it cannot take a machine down. */
const SMALL = 10

const WORDS: { readonly [what in keyof Machine]: (free: number) => string } = {
  memoryBytes: free => `${(free / 1e9).toFixed(1)} GB of memory are free`,
  heapBytes: free => `${(free / 1e9).toFixed(1)} GB are what Node takes (NODE_OPTIONS=--max-old-space-size)`,
  openFiles: free => `${free} files may be open (ulimit -n)`,
  threads: free => `${free} more threads may run (ulimit -u, or the control group's pids.max)`,
}

export function roomFor(runtime: RuntimeName, machine: Machine = readMachine()): Room {
  const rooms = (Object.entries(NEEDS[runtime]) as [keyof Machine, number][]).map(([what, each]) => ({
    nodes: Math.max(0, Math.floor((machine[what] - OWN[what]) / each)),
    because: WORDS[what](machine[what]),
  }))
  if (runtime === 'docker') rooms.push({ nodes: MAX_HOSTS - 2, because: 'a subnet has no more addresses' })
  return rooms.reduce((least, room) => (room.nodes < least.nodes ? room : least))
}

/** Of another machine, where an engine has so much memory: what else runs there, only a look at it tells. */
export function roomOn(memoryBytes: number): Room {
  const { POSITIVE_INFINITY: endless } = Number
  return roomFor('docker', { memoryBytes, heapBytes: endless, openFiles: endless, threads: endless })
}

interface Peopled {
  readonly runtime: RuntimeName
  readonly nodes: readonly { readonly host?: string }[]
  readonly hosts?: Plan['hosts']
}

/** UserError (exit 4) with the figure, unless it is forced. */
export function checkRoom(plan: Peopled, force: boolean, machine: Machine = readMachine()): void {
  const { runtime, nodes } = plan
  if (force || nodes.length <= SMALL) return
  // The memory of other machines is not this one's.
  const elsewhere = { ...machine, memoryBytes: Number.POSITIVE_INFINITY }
  const asked = [
    { count: nodesHere(plan), room: roomFor(runtime, machine) },
    { count: nodes.length, room: roomFor(runtime, elsewhere) },
  ]
  const tooMany = asked.find(({ count, room }) => count > room.nodes)
  if (!tooMany) return
  const { count, room } = tooMany
  const instead = runtime === 'sim' ? '' : '--runtime sim has room for thousands, '
  throw new UserError(
    EXIT.environment,
    `${count} nodes are too many here: there is room for about ${plural(room.nodes, 'node')}, as ${room.because}`,
    `launch fewer; ${instead}--force tries it all the same`,
  )
}

/** An engine behind a socket of this machine is on it. */
function nodesHere({ runtime, nodes, hosts }: Peopled): number {
  if (runtime !== 'docker' || !hosts) return nodes.length
  const here = new Set(hosts.flatMap(({ name, engine }) => (engine.startsWith('unix:') ? [name] : [])))
  return nodes.filter(({ host }) => host !== undefined && here.has(host)).length
}

export function readMachine(): Machine {
  return {
    memoryBytes: freeMemoryBytes(),
    heapBytes: getHeapStatistics().heap_size_limit,
    openFiles: limitOf('Max open files'),
    threads: freeThreads(),
  }
}

/** Without what a control group keeps from us, where Node knows. An engine elsewhere (in a virtual machine) has its own. */
function freeMemoryBytes(): number {
  return process.availableMemory?.() ?? freemem()
}

/** The soft limit of this process; proc_pid_limits(5). */
function limitOf(name: string): number {
  const line = read('/proc/self/limits')
    .split('\n')
    .find(each => each.startsWith(name))
  const soft = Number(line?.slice(name.length).trim().split(/\s+/)[0])
  return Number.isNaN(soft) ? Number.POSITIVE_INFINITY : soft
}

/** By the user's limit, the kernel's, and that of the control group; each counts threads. */
function freeThreads(): number {
  const running = Number(/^\S+ \S+ \S+ \d+\/(\d+)/.exec(read('/proc/loadavg'))?.[1] ?? 0)
  const kernel = Math.min(numberIn('/proc/sys/kernel/threads-max'), numberIn('/proc/sys/kernel/pid_max'))
  // It does not bind root (getrlimit(2)), and what the user runs already is not worth a look at every process.
  const user = process.geteuid?.() === 0 ? Number.POSITIVE_INFINITY : limitOf('Max processes')
  return Math.max(0, Math.min(kernel - running, user, freeInGroup()))
}

/** cgroup v2, and v1's controller of its own: kernel.org/doc/html/latest/admin-guide/cgroup-v2.html#pid. */
function freeInGroup(): number {
  const groups = read('/proc/self/cgroup')
  const v2 = /^0::(\/.*)$/m.exec(groups)?.[1]
  const v1 = /^\d+:pids:(\/.*)$/m.exec(groups)?.[1]
  const folders = [
    ...(v2 === undefined ? [] : [`/sys/fs/cgroup${v2}`]),
    ...(v1 === undefined ? [] : [`/sys/fs/cgroup/pids${v1}`]),
  ]
  const free = folders.map(
    folder => numberIn(`${folder}/pids.max`) - (Number(read(`${folder}/pids.current`)) || 0),
  )
  return Math.min(Number.POSITIVE_INFINITY, ...free)
}

/** Infinite where there is none. */
function numberIn(file: string): number {
  const text = read(file).trim()
  return /^\d+$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
