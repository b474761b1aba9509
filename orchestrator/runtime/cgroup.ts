// Limits for processes through control groups (cgroup v2, kernel.org/doc/html/latest/admin-guide/cgroup-v2.html), where
// this user may make some: each node gets a group of its own beside ours, which goes with it.

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { RunLimits } from './runtime.ts'

const ROOT = '/sys/fs/cgroup'
const PERIOD_US = 100_000

export class Cgroups {
  readonly #parent: string
  readonly #prefix: string

  /** Undefined where there is no cgroup v2, its controllers are not ours to use, or processes may not be moved. */
  static open(network: string, root = ROOT, membership = '/proc/self/cgroup'): Cgroups | undefined {
    const own = /^0::(\/.*)$/m.exec(readOrNothing(membership))?.[1]
    if (own === undefined || !existsSync(join(root, 'cgroup.controllers'))) return undefined
    // Groups with processes have no groups with limits below them, so ours are siblings.
    const groups = new Cgroups(join(root, own === '/' ? own : dirname(own)), network)
    return groups.#usable() ? groups : undefined
  }

  private constructor(parent: string, network: string) {
    this.#parent = parent
    this.#prefix = `netsplit-${network}-`
  }

  /** Limits the process; gives what the kernel holds it to. */
  limit(name: string, pid: number, { cpus, memoryBytes }: RunLimits): RunLimits {
    const group = this.#group(name)
    mkdirSync(group, { recursive: true })
    writeFileSync(
      join(group, 'cpu.max'),
      cpus === undefined ? `max ${PERIOD_US}` : `${Math.round(cpus * PERIOD_US)} ${PERIOD_US}`,
    )
    writeFileSync(join(group, 'memory.max'), memoryBytes === undefined ? 'max' : `${Math.round(memoryBytes)}`)
    // Not onto the disk instead.
    if (existsSync(join(group, 'memory.swap.max')))
      writeFileSync(join(group, 'memory.swap.max'), memoryBytes === undefined ? 'max' : '0')
    writeFileSync(join(group, 'cgroup.procs'), `${pid}`)
    return this.read(name)
  }

  read(name: string): RunLimits {
    const group = this.#group(name)
    const [quota = 'max', period = '1'] = readOrNothing(join(group, 'cpu.max')).trim().split(' ')
    const memory = readOrNothing(join(group, 'memory.max')).trim()
    return {
      cpus: quota === 'max' || quota === '' ? undefined : Number(quota) / Number(period),
      memoryBytes: memory === 'max' || memory === '' ? undefined : Number(memory),
    }
  }

  /** So many of its processes the kernel has taken for its limit; 0 without one. */
  takenForMemory(name: string): number {
    const told = readOrNothing(join(this.#group(name), 'memory.events'))
    return Number(/^oom_kill (\d+)$/m.exec(told)?.[1] ?? 0)
  }

  /** Its process has gone. */
  remove(name: string): void {
    try {
      rmdirSync(this.#group(name))
    } catch {
      // it never had one
    }
  }

  #group(name: string): string {
    return join(this.#parent, `${this.#prefix}${name}`)
  }

  /** Tries what a limit needs: a group with both controllers, and a place to take processes from. */
  #usable(): boolean {
    const group = this.#group(`probe-${process.pid}`)
    try {
      mkdirSync(group)
      writeFileSync(join(this.#parent, 'cgroup.procs'), '', { flag: 'a' })
      return existsSync(join(group, 'cpu.max')) && existsSync(join(group, 'memory.max'))
    } catch {
      return false
    } finally {
      this.remove(`probe-${process.pid}`)
    }
  }
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
