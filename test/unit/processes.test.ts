// Who a process is: known again whatever the clock says, never taken for another, and nothing is done to what is not proven.
// Real processes; the clock of the machine is set by standing between us and what tells the time.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { ControllerFile } from '../../orchestrator/control/api.ts'
import { distrusted, leftovers, sweep } from '../../orchestrator/machine/gc.ts'
import { claim, findNetwork, knownNetworks } from '../../orchestrator/machine/networks.ts'
import { networkDirectory, stateRoot } from '../../orchestrator/machine/paths.ts'
import { identityOf, readIdentity, standingOf } from '../../orchestrator/machine/processes.ts'
import { controllerFile, DIED, eachHasItsOwnState } from '../support/state-home.ts'
import { until } from '../support/until.ts'

/** How far the machine's clock was set ahead; the kernel then tells another time of its boot, too. */
const clock = vi.hoisted(() => ({ aheadSeconds: 0 }))

vi.mock('node:fs', async original => {
  const fs = await original<typeof import('node:fs')>()
  const readFileSync = (...args: Parameters<typeof fs.readFileSync>) => {
    const read = fs.readFileSync(...args)
    if (args[0] !== '/proc/stat' || typeof read !== 'string') return read
    return read.replace(/^btime (\d+)$/m, (_, seconds) => `btime ${Number(seconds) + clock.aheadSeconds}`)
  }
  return { ...fs, default: fs, readFileSync }
})

eachHasItsOwnState()

afterEach(() => {
  clock.aheadSeconds = 0
  vi.useRealTimers()
})

function setClock(aheadSeconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + aheadSeconds * 1000 })
  clock.aheadSeconds = aheadSeconds
}

function sleeper(...command: string[]): ChildProcess & { readonly pid: number } {
  const [program = process.execPath, ...args] =
    command.length > 0 ? command : [process.execPath, '-e', 'setInterval(() => {}, 1000)']
  const child = spawn(program, args, { stdio: 'ignore' })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child as ChildProcess & { readonly pid: number }
}

test('a process is known by its pid and its start, and by no time of day', () => {
  const self = identityOf(process.pid)
  expect(self.start).toBeDefined()
  expect(standingOf(self)).toBe('alive')
  expect(standingOf({ ...self, ...DIED })).toBe('gone')
  expect(standingOf({ ...self, pid: 2 ** 22 + 1 })).toBe('gone')
  expect(identityOf(sleeper().pid).start).not.toBe(self.start)
  for (const aheadSeconds of [3_600, -3_600, 86_400 * 400]) {
    setClock(aheadSeconds)
    expect(identityOf(process.pid)).toEqual(self)
    expect(standingOf(self)).toBe('alive')
    vi.useRealTimers()
  }
})

test.skipIf(!existsSync('/bin/ps'))(
  'where there is no /proc, ps tells one process from another',
  async () => {
    const { platform } = process
    Object.defineProperty(process, 'platform', { value: 'darwin' })
    onTestFinished(() => void Object.defineProperty(process, 'platform', { value: platform }))
    const child = sleeper()
    const identity = identityOf(child.pid)
    expect(identity.start).toMatch(/\d\d:\d\d:\d\d/)
    expect(standingOf(identity)).toBe('alive')
    expect(standingOf({ ...identity, ...DIED })).toBe('gone')
    vi.stubEnv('TZ', 'Asia/Tokyo')
    vi.stubEnv('LC_ALL', 'de_DE.UTF-8')
    expect(identityOf(child.pid)).toEqual(identity)
    vi.unstubAllEnvs()
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(standingOf(identity)).toBe('gone')
  },
)

test('one that has ended is gone, though its parent has not taken note', async () => {
  const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  onTestFinished(() => void parent.kill('SIGKILL'))
  const [said] = await once(parent.stdout, 'data')
  const identity = identityOf(Number(said))
  expect(standingOf(identity)).toBe('alive')
  process.kill(identity.pid, 'SIGKILL')
  await until('it has ended', () => standingOf(identity) === 'gone')
  process.kill(identity.pid, 0) // and still has its pid
})

test('a step of the clock makes no living network a dead one: nothing of it is swept, its name is not taken', () => {
  const file = controllerFile()
  const directory = claim(file)
  mkdirSync(join(directory, 'nodes', 'miners-1'), { recursive: true })
  const node = sleeper()
  writeFileSync(join(directory, 'nodes', 'miners-1', 'process.json'), JSON.stringify(identityOf(node.pid)))
  for (const aheadSeconds of [7, 3_600, -86_400]) {
    setClock(aheadSeconds)
    expect(knownNetworks()).toMatchObject([{ network: 'demo', alive: true }])
    expect(sweep()).toEqual([])
    expect(findNetwork('demo')).toEqual(file)
    expect(() => claim(controllerFile())).toThrow('already running')
    vi.useRealTimers()
  }
  expect(standingOf(identityOf(node.pid))).toBe('alive')
})

describe('what an earlier version wrote', () => {
  /** A time of day in its place. */
  function old(pid: number, startedMs: number): void {
    const { start: _start, ...rest } = controllerFile()
    claim({ ...rest, pid, startedMs } as ControllerFile)
  }

  test('is alive while its clock fits', () => {
    old(process.pid, Math.round(performance.timeOrigin))
    expect(knownNetworks()).toMatchObject([{ alive: true }])
  })

  test('is not swept when the clock was set since, as long as a netsplit has its pid', () => {
    const controller = sleeper(process.execPath, '-e', 'setInterval(() => {}, 1000)', 'netsplit.js')
    old(controller.pid, Date.now())
    setClock(3_600)
    expect(knownNetworks()).toMatchObject([{ alive: true }])
    expect(sweep()).toEqual([])
  })

  test('is dead when somebody else has its pid, or nobody', () => {
    const other = sleeper('sleep', '60')
    old(other.pid, 1)
    expect(leftovers()).toMatchObject([{ network: 'demo' }])
  })

  test('ends no node that its clock does not prove', () => {
    const directory = claim(controllerFile(DIED))
    const node = sleeper()
    mkdirSync(join(directory, 'nodes', 'miners-1'), { recursive: true })
    const file = join(directory, 'nodes', 'miners-1', 'process.json')
    writeFileSync(file, JSON.stringify({ pid: node.pid, startedMs: Date.now() }))
    expect(leftovers()[0]?.nodes).toEqual([{ name: 'miners-1', pid: node.pid }])
    setClock(3_600)
    expect(leftovers()[0]?.nodes).toEqual([])
  })
})

test('what is no identity is none: no group of processes, no text', () => {
  for (const pid of [0, -1, -process.pid, 1.5, '1', null, undefined, Number.NaN])
    expect(readIdentity({ pid, start: 'x 1' })).toBeUndefined()
  for (const value of [null, undefined, 'text', 7, []]) expect(readIdentity(value)).toBeUndefined()
})

describe.skipIf(process.geteuid === undefined)('files that somebody else may have written', () => {
  /** A dead network with a node that still runs, in folders that others may enter. */
  function open(): { directory: string; file: string; node: ChildProcess & { readonly pid: number } } {
    const directory = claim(controllerFile(DIED))
    const folder = join(directory, 'nodes', 'miners-1')
    mkdirSync(folder, { recursive: true })
    chmodSync(directory, 0o755)
    const node = sleeper()
    const file = join(folder, 'process.json')
    writeFileSync(file, JSON.stringify(identityOf(node.pid)), { mode: 0o600 })
    return { directory, file, node }
  }

  const nodes = () => leftovers().flatMap(each => each.nodes.map(({ pid }) => pid))

  test('are no reason for a signal', () => {
    const { directory, file, node } = open()
    expect(nodes()).toEqual([node.pid])
    for (const [path, mode] of [
      [file, 0o600],
      [join(directory, 'nodes', 'miners-1'), 0o755],
      [join(directory, 'nodes'), 0o755],
    ] as const) {
      chmodSync(path, mode | 0o022)
      expect(nodes()).toEqual([])
      chmodSync(path, mode)
    }
    expect(nodes()).toEqual([node.pid])
  })

  test('are not followed to where they point', () => {
    const { directory, file, node } = open()
    const folder = join(directory, 'nodes', 'miners-2')
    mkdirSync(folder)
    symlinkSync(file, join(folder, 'process.json'))
    expect(nodes()).toEqual([node.pid])
  })

  test('leave a whole network alone, and it is named', () => {
    const { directory } = open()
    chmodSync(directory, 0o777)
    expect(leftovers()).toEqual([])
    expect(sweep()).toEqual([])
    expect(distrusted()).toEqual([`${directory} may be written by others`])
    const refused = expect.objectContaining({
      exitCode: 4,
      message: expect.stringContaining('written by others'),
    })
    expect(() => claim(controllerFile())).toThrow(refused)
    expect(() => findNetwork('demo')).toThrow(refused)
    expect(readdirSync(stateRoot())).toEqual(['demo'])
    chmodSync(networkDirectory('demo'), 0o700)
    expect(sweep()).toHaveLength(1)
    expect(readdirSync(stateRoot())).toEqual([])
  })
})
