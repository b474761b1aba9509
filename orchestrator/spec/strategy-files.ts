// Strategies in files of their own: read where the spec is read, so that what becomes of it is one piece; their code goes into the
// plan, and with it to every node and into the record.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { dirname, resolve } from 'node:path'
import { SWARM_STRATEGIES } from '../systems/bittorrent/strategy.ts'
import type { StrategyFile } from '../systems/ledger/spec.ts'
import type { Problem } from './problem.ts'
import type { Spec } from './schema.ts'
import type { Plan } from './types.ts'

/** A node of a container is told of its configuration in one variable, which the system bounds. */
const MAX_BYTES = 60_000
const CHECK_MS = 10_000

/** The spec with the code of its strategies; `file`: where it stands. */
export function withStrategies(spec: Spec, file: string): { spec: Spec; problems: Problem[] } {
  const problems: Problem[] = []
  const nodes = Object.entries(spec.nodes).map(([name, group]) => {
    const named = fileOf(group.strategy)
    if (named === undefined || named.code !== undefined) return [name, group] as const
    try {
      return [name, { ...group, strategy: { ...named, ...read(named.file, dirname(file)) } }] as const
    } catch (error) {
      problems.push({ path: ['nodes', name, 'strategy'], message: (error as Error).message })
      return [name, group] as const
    }
  })
  return { spec: { ...spec, nodes: Object.fromEntries(nodes) }, problems }
}

/** What is no longer as it was when this plan was made, in words. */
export function changedStrategies({ nodes }: Plan): string[] {
  const files = new Map(
    nodes.flatMap(({ strategy }) => (strategy?.name === 'file' ? [[strategy.path, strategy] as const] : [])),
  )
  return [...files].flatMap(([path, { file, sha256 }]) => {
    let now: string | undefined
    try {
      now = hashOf(readFileSync(path))
    } catch {}
    if (now === sha256) return []
    const what = now === undefined ? 'is not there any more' : 'has changed since'
    return [`${file} ${what}: this run has the code that was recorded (${sha256.slice(0, 12)})`]
  })
}

const BUILT_IN: readonly string[] = ['selfish', 'double-spend', 'liar', ...SWARM_STRATEGIES]

function fileOf(strategy: Spec['nodes'][string]['strategy']): StrategyFile | undefined {
  if (typeof strategy === 'object') return 'file' in strategy ? strategy : undefined
  return strategy === undefined || BUILT_IN.includes(strategy) ? undefined : { file: strategy }
}

function read(file: string, folder: string): Required<Pick<StrategyFile, 'code' | 'path' | 'sha256'>> {
  const path = resolve(folder, file)
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(code === 'ENOENT' ? `there is no file ${path}` : `${path} cannot be read (${code})`)
  }
  if (bytes.length > MAX_BYTES)
    throw new Error(`${file} has ${bytes.length} bytes; a strategy has at most ${MAX_BYTES}`)
  const text = bytes.toString('utf8')
  const code = /\.m?ts$/.test(file) ? withoutTypes(text, file) : text
  const mistake = syntaxOf(code)
  if (mistake !== undefined) throw new Error(`${file}${mistake}`)
  return { code, path, sha256: hashOf(bytes) }
}

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** A process of Node's takes a tenth of a second, and a sweep reads the same file for each of its combinations. */
const checked = new Map<string, string | undefined>()

/** `:3: Unexpected token`, as Node itself says; undefined where it is a module. */
function syntaxOf(code: string): string | undefined {
  if (!checked.has(code)) checked.set(code, checkedByNode(code))
  return checked.get(code)
}

function checkedByNode(code: string): string | undefined {
  const { status, stderr } = spawnSync(process.execPath, ['--check', '--input-type=module', '-'], {
    input: code,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
    timeout: CHECK_MS,
  })
  const [, why] = /^SyntaxError: (.*)$/m.exec(stderr ?? '') ?? []
  if (status === 0 || why === undefined) return undefined // of anything else loading it will tell
  const [, line] = /^\[stdin\]:(\d+)/m.exec(stderr) ?? []
  return `${line === undefined ? '' : `:${line}`}: ${why}`
}

/** By Node's own means: what it leaves stands where it stood. */
function withoutTypes(text: string, file: string): string {
  const { stripTypeScriptTypes: strip } = nodeModule as { stripTypeScriptTypes?: (text: string) => string }
  if (!strip)
    throw new Error(
      `${file}: this Node (${process.versions.node}) cannot read TypeScript: write JavaScript with types in comments (docs/strategies.md), or use Node 22.13 or newer`,
    )
  const warn = process.emitWarning
  process.emitWarning = () => {} // that it is new
  try {
    return strip(text)
  } catch (error) {
    const { message, stack = '' } = error as Error
    const [, line] = /^:(\d+)$/m.exec(stack) ?? []
    throw new Error(`${file}${line === undefined ? '' : `:${line}`}: ${message}`)
  } finally {
    process.emitWarning = warn
  }
}
