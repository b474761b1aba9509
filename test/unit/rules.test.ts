// The import rules of the architecture bite: what each layer must not do is refused by the linter.

import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const root = mkdtempSync(join(tmpdir(), 'netsplit-rules-'))
for (const file of ['biome.json', 'pure.grit']) cpSync(file, join(root, file))
afterAll(() => rmSync(root, { recursive: true }))

/** What the linter says of `code` as if it stood at `path`: in a file of that name under the same rules. */
function lint(path: string, code: string): { ok: boolean; output: string } {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, code)
  const { status, stdout, stderr } = spawnSync(
    resolve('node_modules/.bin/biome'),
    ['lint', '--colors=off', '--vcs-enabled=false', path],
    { cwd: root, encoding: 'utf8' },
  )
  rmSync(file)
  return { ok: status === 0, output: stdout + stderr }
}

describe('the linter refuses', () => {
  it.each([
    ['orchestrator/gateway/x.ts', "export { HttpClient } from '../machine/http.ts'"],
    ['orchestrator/gateway/x.ts', "export { LocalNode } from '../../node/host/node.ts'"],
    ['node/params.ts', "export { hasher } from './hash.ts'"],
    ['node/bitcoin/wire/x.ts', "export { Core } from '../core.ts'"],
    ['node/core/x.ts', "export { Core } from '../bitcoin/core.ts'"],
    ['node/bitcoin/x.ts', "export { Ledger } from '../ledger/ledger.ts'"],
    ['node/bitcoin/x.ts', "export { readFileSync } from 'node:fs'"],
    ['node/bitcoin/x.ts', 'export const now = () => Date.now()'],
    ['node/rumour/x.ts', "export { Core } from '../bitcoin/core.ts'"],
    ['node/bitcoin/wire/x.ts', "export { readFileSync } from 'node:fs'"],
    ['node/bitcoin/wire/v2/x.ts', "export { randomBytes } from 'node:crypto'"],
    ['node/bitcoin/wire/v2/x.ts', "export { Core } from '../../core.ts'"],
    ['node/core/x.ts', "export { Chain } from '../ledger/chain/chain.ts'"],
    ['node/ledger/x.ts', "export { listen } from '../host/tcp.ts'"],
    ['node/ledger/rpc/x.ts', "export { listen } from '../../host/tcp.ts'"],
    ['node/strategy/x.ts', "export { listen } from '../host/tcp.ts'"],
    ['node/ledger/x.ts', "export { Veil } from '../strategy/veil.ts'"],
    ['node/core/x.ts', "export { Veil } from '../strategy/veil.ts'"],
    ['node/strategy/x.ts', 'export const dice = () => Math.random()'],
    ['node/ledger/chain/x.ts', "export { performance } from 'node:perf_hooks'"],
    ['node/core/x.ts', 'export const now = () => Date.now()'],
    ['node/core/x.ts', 'export const later = (f: () => void) => setTimeout(f, 1)'],
    ['node/ledger/x.ts', 'export const dice = () => Math.random()'],
    ['node/ledger/x.ts', 'export async function f(x: Promise<void>) { await x }'],
    // A folder that nobody has thought of is born pure.
    ['node/rumour/x.ts', "export { readFileSync } from 'node:fs'"],
    ['node/rumour/x.ts', "export { Level } from 'classic-level'"],
    ['node/rumour/x.ts', "export { listen } from '../host/tcp.ts'"],
    ['node/rumour/x.ts', "export { Ledger } from '../ledger/ledger.ts'"],
    ['node/rumour/x.ts', 'export const now = () => Date.now()'],
    ['node/rumour/x.ts', 'export const later = (f: () => void) => setTimeout(f, 1)'],
    ['node/rumour/wire/x.ts', 'export const dice = () => Math.random()'],
    ['node/rumour/wire/x.ts', 'export async function f(x: Promise<void>) { await x }'],
    ['node/x.ts', "export { readFileSync } from 'node:fs'"],
    ['node/compose.ts', "export { listen } from './host/tcp.ts'"],
    ['node/host/x.ts', "export { UserError } from '../../orchestrator/errors.ts'"],
    ['orchestrator/x.ts', "export { Core } from '../node/bitcoin/core.ts'"],
    ['orchestrator/testnet.ts', "export { default } from 'dockerode'"],
    ['orchestrator/runtime/docker.ts', "export { default } from 'dockerode'"],
    ['orchestrator/runtime/docker/x.ts', "export { Core } from '../../../node/bitcoin/core.ts'"],
    ['orchestrator/tui/x.ts', "export { ProcessRuntime } from '../runtime/process.ts'"],
    ['orchestrator/report/x.ts', "export { ProcessRuntime } from '../runtime/process.ts'"],
    ['orchestrator/observe/x.ts', "export { pageOf } from '../web/page.ts'"],
    ['orchestrator/checks/x.ts', "export { ProcessRuntime } from '../runtime/process.ts'"],
  ])('%s: %s', (path, code) => {
    const { ok, output } = lint(path, `${code}\n`)
    expect(output).toMatch(/noRestricted(Imports|Globals)|plugin/)
    expect(ok).toBe(false)
  })
})

describe('the linter accepts', () => {
  it.each([
    ['node/bitcoin/wire/x.ts', "export { hasher } from '../../hash.ts'"],
    ['node/bitcoin/wire/v2/x.ts', "export { joined } from '../joined.ts'"],
    ['node/core/x.ts', "export { hasher } from '../hash.ts'"],
    ['node/bitcoin/x.ts', "export { encode } from './wire/codec.ts'"],
    ['node/bitcoin/x.ts', "export type { Service } from '../core/service.ts'"],
    ['node/ledger/chain/x.ts', "export { encode } from '../../bitcoin/wire/codec.ts'"],
    ['node/compose.ts', "export { Ledger } from './ledger/ledger.ts'"],
    ['node/rumour/x.ts', "export type { Service } from '../core/service.ts'"],
    ['node/rumour/wire/x.ts', "export { hasher } from '../../hash.ts'"],
    ['node/rumour/x.ts', "export { spread } from './wire/spread.ts'"],
    ['node/host/x.ts', "export { Core } from '../bitcoin/core.ts'"],
    ['node/host/x.ts', 'export const dice = () => Math.random() + Date.now()'],
    ['node/main.ts', 'export async function f(x: Promise<void>) { await x }'],
    ['orchestrator/node/x.ts', 'export const dice = () => Math.random() + Date.now()'],
    ['orchestrator/x.ts', "export type { NodeEvent } from '../node/api.ts'"],
    ['orchestrator/runtime/sim/x.ts', "export { Core } from '../../../node/bitcoin/core.ts'"],
    ['orchestrator/runtime/docker/x.ts', "export { default } from 'dockerode'"],
  ])('%s: %s', (path, code) => {
    expect(lint(path, `${code}\n`)).toMatchObject({ ok: true })
  })
})
