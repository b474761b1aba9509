// The import rules of the architecture bite: what each layer must not do is refused by the linter.

import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

/** What the linter says of `code` as if it stood at `path`. */
function lint(path: string, code: string): { ok: boolean; output: string } {
  const { status, stdout, stderr } = spawnSync(
    'node_modules/.bin/biome',
    ['lint', '--colors=off', `--stdin-file-path=${path}`],
    { input: code, encoding: 'utf8' },
  )
  return { ok: status === 0, output: stdout + stderr }
}

describe('the linter refuses', () => {
  it.each([
    ['node/params.ts', "export { hasher } from './hash.ts'"],
    ['node/wire/x.ts', "export { Core } from '../core/core.ts'"],
    ['node/wire/x.ts', "export { readFileSync } from 'node:fs'"],
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
    ['node/host/x.ts', "export { UserError } from '../../orchestrator/errors.ts'"],
    ['orchestrator/x.ts', "export { Core } from '../node/core/core.ts'"],
    ['orchestrator/testnet.ts', "export { default } from 'dockerode'"],
    ['orchestrator/runtime/docker.ts', "export { default } from 'dockerode'"],
    ['orchestrator/runtime/docker/x.ts', "export { Core } from '../../../node/core/core.ts'"],
    ['orchestrator/tui/x.ts', "export { ProcessRuntime } from '../runtime/process.ts'"],
    ['orchestrator/report/x.ts', "export { ProcessRuntime } from '../runtime/process.ts'"],
    ['orchestrator/observe/x.ts', "export { pageOf } from '../web/page.ts'"],
    ['orchestrator/checks/x.ts', "export { ProcessRuntime } from '../runtime/process.ts'"],
  ])('%s: %s', (path, code) => {
    expect(lint(path, `${code}\n`)).toMatchObject({ ok: false })
  })
})

describe('the linter accepts', () => {
  it.each([
    ['node/wire/x.ts', "export { hasher } from '../hash.ts'"],
    ['node/core/x.ts', "export { encode } from '../wire/codec.ts'"],
    ['node/ledger/chain/x.ts', "export { encode } from '../../wire/codec.ts'"],
    ['node/host/x.ts', "export { Core } from '../core/core.ts'"],
    ['orchestrator/x.ts', "export type { NodeEvent } from '../node/api.ts'"],
    ['orchestrator/runtime/sim/x.ts', "export { Core } from '../../../node/core/core.ts'"],
    ['orchestrator/runtime/docker/x.ts', "export { default } from 'dockerode'"],
  ])('%s: %s', (path, code) => {
    expect(lint(path, `${code}\n`).output).not.toMatch(/error|noRestrictedImports/)
  })
})
