// Names of live networks on the disk: claimed by one, found, released, swept. Real files, real processes.

import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import type { ControllerFile } from '../../orchestrator/control/api.ts'
import { leftovers, sweep } from '../../orchestrator/machine/gc.ts'
import { claim, findNetwork, knownNetworks, release } from '../../orchestrator/machine/networks.ts'
import { networkDirectory, stateRoot } from '../../orchestrator/machine/paths.ts'
import { identityOf } from '../../orchestrator/machine/processes.ts'
import { controllerFile, DIED, eachHasItsOwnState } from '../support/state-home.ts'

eachHasItsOwnState()

const fileOf = (network: string, changes: Partial<ControllerFile> = {}) =>
  controllerFile({ network, ...changes })

/** A controller that has died: this pid, but of another life. */
const dead = (network: string) => fileOf(network, DIED)

test('a claimed network is found by its name, and alone without one', () => {
  const file = fileOf('demo')
  claim(file)
  expect(findNetwork('demo')).toEqual(file)
  expect(findNetwork(undefined)).toEqual(file)
  claim(fileOf('other'))
  expect(() => findNetwork(undefined)).toThrow('2 networks are running')
  release(file)
  expect(existsSync(networkDirectory('demo'))).toBe(false)
  expect(findNetwork(undefined).network).toBe('other')
})

test('what a claim writes is for its owner only', () => {
  const directory = claim(fileOf('demo'))
  expect(statSync(directory).mode & 0o777).toBe(0o700)
  expect(statSync(join(directory, 'controller.json')).mode & 0o777).toBe(0o600)
})

test('a name that is alive is refused with exit 2 and leaves no trace of the attempt', () => {
  claim(fileOf('demo'))
  expect(() => claim(fileOf('demo'))).toThrow(
    expect.objectContaining({ exitCode: 2, hint: expect.stringContaining('netsplit down demo') }),
  )
  expect(readdirSync(stateRoot())).toEqual(['demo'])
})

test('a name whose controller has died is taken over, its files are gone', () => {
  const directory = claim(dead('demo'))
  writeFileSync(join(directory, 'old'), '')
  const file = fileOf('demo')
  claim(file)
  expect(readdirSync(directory)).toEqual(['controller.json'])
  expect(findNetwork('demo')).toEqual(file)
  expect(readdirSync(stateRoot())).toEqual(['demo'])
})

test('releasing does nothing to a network of somebody else', () => {
  const file = fileOf('demo')
  claim(file)
  release({ ...file, token: 'another' })
  expect(findNetwork('demo')).toEqual(file)
  release(file)
  release(file)
  expect(knownNetworks()).toEqual([])
})

test('one that is not there is refused with exit 2 and the list of those that are', () => {
  claim(fileOf('demo'))
  const refused = (hint: string) =>
    expect.objectContaining({ exitCode: 2, hint: expect.stringContaining(hint) })
  expect(() => findNetwork('nope')).toThrow(refused('demo'))
  claim(dead('gone'))
  expect(() => findNetwork('gone')).toThrow(refused('netsplit down gone'))
})

test('no text that is not a plain name reaches the disk', () => {
  const badName = fc.string().filter(text => !/^[a-z0-9][a-z0-9-]{0,39}$/.test(text))
  const nasty = fc.constantFrom(
    '../x',
    '..',
    '.',
    '',
    '/etc',
    'a/b',
    'a\0b',
    'Demo',
    '-a',
    'a'.repeat(41),
    'a\n',
  )
  fc.assert(
    fc.property(fc.oneof(badName, nasty), name => {
      expect(() => networkDirectory(name)).toThrow(expect.objectContaining({ exitCode: 2 }))
      expect(() => findNetwork(name)).toThrow(expect.objectContaining({ exitCode: 2 }))
      expect(() => claim(fileOf(name))).toThrow(expect.objectContaining({ exitCode: 2 }))
    }),
  )
  expect(existsSync(stateRoot())).toBe(false)
})

test('gc lists and removes what is dead, ends its orphans, and touches nothing that lives', async () => {
  claim(fileOf('alive'))
  const directory = claim(dead('gone'))
  mkdirSync(join(stateRoot(), 'empty'))
  mkdirSync(join(stateRoot(), '.new-broken-00000000'))
  const orphan = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  onTestFinished(() => void orphan.kill('SIGKILL'))
  const pid = orphan.pid as number
  const ended = new Promise(resolve => orphan.once('exit', (_, signal) => resolve(signal)))
  for (const [name, identity] of Object.entries({
    'miners-1': identityOf(pid),
    // Another process has this pid by now: it must not be touched.
    'miners-2': { pid: process.pid, ...DIED },
    'miners-3': 'no identity',
  })) {
    mkdirSync(join(directory, 'nodes', name), { recursive: true })
    writeFileSync(join(directory, 'nodes', name, 'process.json'), JSON.stringify(identity))
  }
  const listed = leftovers()
  expect(listed.map(({ network }) => network)).toEqual(['empty', 'gone', undefined])
  expect(listed[1]?.nodes).toEqual([{ name: 'miners-1', pid }])
  expect(existsSync(directory)).toBe(true)
  expect(sweep()).toEqual(listed)
  expect(await ended).toBe('SIGKILL')
  expect(readdirSync(stateRoot())).toEqual(['alive'])
  expect(sweep()).toEqual([])
})

test('a relative XDG_STATE_HOME is ignored, as its specification says', () => {
  process.env.XDG_STATE_HOME = 'relative'
  expect(stateRoot()).toMatch(/^\/.*\.local\/state\/netsplit$/)
})
