// What surrounds a command and is not its doing: modules that NODE_OPTIONS loads and that talk, engines that do not answer.

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Desk } from '../support/cli.ts'

function environment(name: string, value: string): void {
  vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
}

test('a module of NODE_OPTIONS that prints stops no launch: its words are in the logs', async () => {
  const desk = new Desk()
  const shim = join(desk.folder, 'talks.cjs')
  writeFileSync(shim, "console.log('I was loaded')")
  environment('NODE_OPTIONS', `--require ${shim}`)
  const up = await desk.up('--nodes', '3')
  // Once of the command itself.
  expect((await desk.run('logs', 'miners-1')).stdout.split('I was loaded').length).toBeGreaterThan(2)
  expect((await desk.run('chaos', 'cpu', 'miners-1', '--limit', '50%')).code).toBe(0)
  expect((await desk.run('doctor')).stdout).toMatch(/✓ store/)
  expect((await desk.run('down')).code).toBe(0)
  expect((await up.ended).code).toBe(0)
  vi.unstubAllEnvs() // the sweep after the test reads documents
})

test('more nodes than there is room for are refused before anything runs; doctor knows the same figure', async () => {
  const desk = new Desk()
  const limited = (...args: string[]) => desk.shell('ulimit -n 150', ...args)
  expect((await limited('doctor')).stdout).toMatch(/room for about 8 nodes \(150 files may be open/)
  const refused = await limited('up', '--nodes', '40')
  expect(refused.code).toBe(4)
  expect(refused.stderr).toMatch(/40 nodes are too many here: there is room for about 8 nodes.*\n.*--force/)
  expect(await limited('up', '--nodes', '40', '--detach')).toMatchObject({ code: 4 })
  expect(desk.state()).toEqual([])
  expect(desk.runs()).toEqual([])
  expect((await limited('up', '--nodes', '11', '--force', '--for', '1s', '--json')).code).toBe(0)
})

test('no key is in what others may read: not in a log, not in the run', async () => {
  const desk = new Desk()
  expect((await desk.run('up', '--detach')).code).toBe(0)
  const { code, stdout } = await desk.run('status')
  expect(code).toBe(0)
  expect(stdout).toContain('web page: netsplit dash demo prints its address')
  const [run = ''] = desk.runs()
  const { token, page } = JSON.parse(readFileSync(join(desk.stateOf('demo'), 'controller.json'), 'utf8'))
  const nodesToken = readFileSync(join(desk.stateOf('demo'), 'token'), 'utf8').trim()
  const keys = [token, nodesToken, new URL(page).searchParams.get('key'), 'key=', 'command=']
  expect((await desk.run('down')).code).toBe(0)
  const files = readdirSync(run, { recursive: true, withFileTypes: true }).filter(each => each.isFile())
  expect(files.map(({ name }) => name)).toContain('controller.log')
  for (const { parentPath, name } of files)
    for (const key of keys)
      expect(readFileSync(join(parentPath, name), 'utf8').includes(key), `${name}: ${key}`).toBe(false)
  expect(statSync(join(run, 'controller.log')).mode & 0o077).toBe(0)
})

test('gc that could not ask an engine says so, and claims nothing of what it holds', async () => {
  const desk = new Desk()
  environment('DOCKER_HOST', 'unix:///nowhere/docker.sock')
  const silent = await desk.run('gc')
  expect(silent.stdout).not.toContain('nothing was left behind')
  expect(silent.stdout).toMatch(/what the engine holds is not known: .*nowhere\/docker\.sock/)
  expect(silent.code).toBe(0)
  expect(await desk.ask('gc')).toMatchObject({ unasked: expect.stringContaining('is not there') })
  // Whoever asks for an engine wants its answer.
  const asked = await desk.run('gc', '--engine', 'unix:///nowhere/docker.sock')
  expect(asked).toMatchObject({ code: 4, stdout: expect.stringContaining('is not known') })
})
