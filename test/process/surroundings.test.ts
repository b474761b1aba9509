// What surrounds a command and is not its doing: modules that NODE_OPTIONS loads and that talk, engines that do not answer.

import { writeFileSync } from 'node:fs'
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
