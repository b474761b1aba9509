// One folder, one run: which folder a record gets, which are refused, and what a run that was refused leaves behind.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { EXIT } from '../../orchestrator/errors.ts'
import { runDirectory, takeRunDirectory } from '../../orchestrator/run/run-directory.ts'
import { temporaryDirectory } from '../support/node-config.ts'

test('two runs in one second get two folders', () => {
  const here = process.cwd()
  process.chdir(temporaryDirectory())
  onTestFinished(() => process.chdir(here))
  const first = runDirectory(undefined, 'demo', 0)
  expect(first).toBe(join(process.cwd(), 'netsplit-runs', '1970-01-01T00-00-00-demo'))
  mkdirSync(first, { recursive: true })
  expect(runDirectory(undefined, 'demo', 0)).toBe(`${first}-2`)
  expect(runDirectory('asked', 'demo', 0)).toBe(join(process.cwd(), 'asked'))
})

test('a folder is taken by one run, and what is in it stays as it is', () => {
  const folder = join(temporaryDirectory(), 'run')
  takeRunDirectory(folder)
  writeFileSync(join(folder, 'events.ndjson'), 'of the first run\n')
  const refusal = {
    exitCode: EXIT.usage,
    message: `${folder} holds the record of a run already (events.ndjson)`,
  }
  expect(() => takeRunDirectory(folder)).toThrow(expect.objectContaining(refusal))
  expect(() => runDirectory(folder, 'demo', 0)).toThrow(expect.objectContaining(refusal))
  expect(readdirSync(folder)).toEqual(['events.ndjson'])
  expect(readFileSync(join(folder, 'events.ndjson'), 'utf8')).toBe('of the first run\n')
})

test('a run is known by any file that a record begins with; other files are nobody else’s run', () => {
  for (const [name, isRun] of [
    ['plan.json', true],
    ['spec.yaml', true],
    ['run.json', true],
    ['controller.log', false],
    ['netsplit.yaml', false],
  ] as const) {
    const folder = temporaryDirectory()
    writeFileSync(join(folder, name), '')
    if (isRun) expect(() => takeRunDirectory(folder)).toThrow(`(${name})`)
    else takeRunDirectory(folder)
  }
})

test('a run that was refused gives its folder back: its own files go, others stay', () => {
  const made = join(temporaryDirectory(), 'run')
  const giveBack = takeRunDirectory(made)
  mkdirSync(join(made, 'logs'))
  giveBack()
  expect(existsSync(made)).toBe(false)

  const found = temporaryDirectory()
  takeRunDirectory(found)()
  expect(readdirSync(found)).toEqual([])
  mkdirSync(join(found, 'logs'))
  writeFileSync(join(found, 'logs', 'mine'), '')
  takeRunDirectory(found)()
  expect(readdirSync(join(found, 'logs'))).toEqual(['mine'])
})

test('what cannot be written is the environment’s fault', () => {
  const folder = temporaryDirectory()
  writeFileSync(join(folder, 'file'), '')
  const refusal = expect.objectContaining({ exitCode: EXIT.environment })
  expect(() => takeRunDirectory(join(folder, 'file', 'run'))).toThrow(refusal)
})

test('a folder that cannot be is refused, and at once', () => {
  const file = join(temporaryDirectory(), 'file')
  writeFileSync(file, '')
  const deep = join(temporaryDirectory(), 'a', 'b', 'c')
  takeRunDirectory(deep)
  expect(existsSync(join(deep, 'events.ndjson'))).toBe(true)
  for (const impossible of [file, join(file, 'run'), ...(existsSync('/proc') ? ['/proc/run/one'] : [])])
    expect(() => takeRunDirectory(impossible)).toThrow(
      expect.objectContaining({
        exitCode: EXIT.environment,
        message: expect.stringContaining(`cannot make the folder ${impossible}: `),
      }),
    )
})
