// The doors into the project: what each says to a Node that is too old, and how fast the command line opens.

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../support/node-config.ts'

/** A module that makes Node claim another version. */
function claiming(version: string): string {
  const file = join(temporaryDirectory(), 'claim.cjs')
  writeFileSync(file, `Object.defineProperty(process, 'versions', { value: { node: '${version}' } })`)
  return file
}

function run(version: string, ...args: string[]) {
  return spawnSync(process.execPath, ['--require', claiming(version), ...args], { encoding: 'utf8' })
}

test.each([
  ['npm start', 'scripts/bootstrap.mjs', 'start'],
  ['netsplit', 'dist/netsplit.js', 'ls'],
])('%s names the version that it needs', (_what, ...args) => {
  for (const version of ['18.20.8', '20.18.3']) {
    const { status, stderr } = run(version, ...args)
    expect(status).toBe(4)
    expect(stderr).toMatch(/needs (Node )?20\.19/)
    expect(stderr).toContain(version)
  }
})

test('a newer Node is let in', () => {
  for (const version of ['20.19.0', '22.1.0', '30.0.0'])
    expect(run(version, 'dist/netsplit.js', 'version').status).toBe(0)
})

test('help lists every verb, and loads none of them', () => {
  const { status, stdout } = run('20.19.0', 'dist/netsplit.js', '--help')
  expect(status).toBe(0)
  for (const verb of [
    'up',
    'init',
    'plan',
    'ls',
    'status',
    'logs',
    'rpc',
    'chaos',
    'heal',
    'down',
    'gc',
    'doctor',
  ])
    expect(stdout).toMatch(new RegExp(`^ +${verb}\\b`, 'm'))
})

test('a mistyped verb is answered with the nearest one', () => {
  const { status, stderr } = run('20.19.0', 'dist/netsplit.js', 'stauts')
  expect(status).toBe(2)
  expect(stderr).toContain('status')
})
