// Reads a spec: YAML with line numbers → schema → rules. Every mistake is reported as file:line:column with a caret.

import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Document, LineCounter, parseDocument, stringify } from 'yaml'
import { z } from 'zod'
import { EXIT, UserError } from '../errors.ts'
import { plain } from '../format.ts'
import { type Assignment, assign } from './assign.ts'
import { withContents } from './content-files.ts'
import demoSpec from './demo.yaml'
import { type ReadFile, withFiles } from './files.ts'
import { withHostFiles } from './host-files.ts'
import type { WrittenHost } from './host-spec.ts'
import { doubledKeys, lostAlias, Reporter, UNKNOWN_KEY } from './places.ts'
import type { Problem } from './problem.ts'
import { withPrograms } from './program-files.ts'
import { findProblems } from './rules.ts'
import { jsonSchema, type Spec, specSchema } from './schema.ts'
import { withStrategies } from './strategy-files.ts'
import { nearest } from './suggest.ts'
import { FileProblem } from './tables.ts'

const DEFAULT_FILE = 'netsplit.yaml'
/** Room for the longest schedule. */
const MAX_FILE_BYTES = 20_000_000
const MAX_REPORTED = 10

/** What `--hosts` names, as typed and as a spec would write it. */
export interface NamedHosts {
  readonly text: string
  readonly hosts: readonly WrittenHost[]
}

/** Flags of the command line that overrule the spec, as typed. */
export interface Overrides {
  readonly name?: string | undefined
  readonly nodes?: string | undefined
  readonly seed?: string | undefined
  readonly runtime?: string | undefined
  readonly for?: string | undefined
  readonly tx?: string | undefined
  readonly logLevel?: string | undefined
  /** In place of those of the spec. */
  readonly hosts?: NamedHosts | undefined
  /** Where no spec is named or found: a network that forks by itself. */
  readonly demo?: boolean | undefined
  /** On top of all that. */
  readonly set?: readonly Assignment[] | undefined
}

/**
 * The spec in `file` (default: netsplit.yaml if there is one, else all defaults) with the flags on top.
 * Throws UserError (exit 2) that lists every mistake as file:line:column.
 */
export function loadSpec(file: string | undefined, overrides: Overrides = {}): Spec {
  const path = file ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined)
  if (path !== undefined) return parseSpec(readSpec(path), path, overrides, besides(path))
  if (overrides.demo === true) return parseSpec(demoSpec, 'the demo', overrides)
  return parseSpec('', 'the default spec', overrides)
}

/** As `loadSpec`, from text. `read` gives the files that it names and does not hold itself. */
export function parseSpec(source: string, file: string, overrides: Overrides, read?: ReadFile): Spec {
  const lines = new LineCounter()
  const document = parseDocument(source, {
    ...{ lineCounter: lines, prettyErrors: false, merge: true, uniqueKeys: false },
    logLevel: 'error',
  })
  const reporter = new Reporter(file, source, document, lines)
  const syntax = document.errors.map(e => reporter.at(e.pos[0], e.pos[1], SYNTAX[e.code] ?? e.message))
  if (syntax.length > 0) throw invalid(syntax)
  const doubled = doubledKeys(document).map(({ range }) =>
    reporter.at(range?.[0] ?? 0, range?.[1] ?? 1, 'this key stands here twice'),
  )
  if (doubled.length > 0) throw invalid(doubled)

  const raw = toPlain(document, reporter)
  if (!isRecord(raw)) throw invalid([reporter.at(0, 1, 'a spec is a mapping, such as `name: demo`')])
  const given = (path: Problem['path']) => valueAt(raw, path)
  const flags = applyOverrides(raw, overrides)
  const say = (problem: Problem) => reporter.describe(problem, flags)

  const parsed = specSchema.safeParse(raw)
  if (!parsed.success) throw invalid(parsed.error.issues.flatMap(issue => toProblems(issue, given)).map(say))
  const { spec, problems } = withFiles(parsed.data, read)
  if (problems.length > 0) throw invalid(problems.map(say))
  const contradictions = findProblems(spec)
  if (contradictions.length > 0) throw invalid(contradictions.map(say))
  const whole = withStrategies(spec, file)
  if (whole.problems.length > 0) throw invalid(whole.problems.map(say))
  const shared = withContents(whole.spec, file)
  if (shared.problems.length > 0) throw invalid(shared.problems.map(say))
  return withHostFiles(withPrograms(shared.spec, file), file)
}

/** Reads the files that the spec at `path` names, relative to it. */
export function besides(path: string): ReadFile {
  return name => {
    try {
      return readText(resolve(dirname(path), name), MAX_FILE_BYTES)
    } catch (error) {
      if (error instanceof UserError) throw new FileProblem(name, undefined, error.message)
      throw new FileProblem(name, undefined, whyUnreadable((error as NodeJS.ErrnoException).code))
    }
  }
}

/** What the YAML library says of these is for programmers. */
const SYNTAX: { readonly [code: string]: string } = {
  MULTIPLE_DOCS: 'a spec is one YAML document: here a second one begins',
}

/** The whole spec, defaults included, as YAML that loads to the same spec. */
export function specToYaml(spec: Spec): string {
  return stringify(z.encode(specSchema, spec))
}

/** Aliases that lead nowhere, or to too much, are found only here. */
function toPlain(document: Document, reporter: Reporter): unknown {
  const lost = lostAlias(document)
  if (lost?.range)
    throw invalid([
      reporter.at(lost.range[0], lost.range[1], `no &${lost.source} stands before *${lost.source}`),
    ])
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 100 }) ?? {}
  } catch (error) {
    const { message } = error as Error
    throw invalid([
      reporter.at(0, 1, YAML_WORDS.find(([start]) => message.startsWith(start))?.[1] ?? message),
    ])
  }
  return unshared(value, problem => invalid([reporter.describe(problem, new Map())]))
}

/** What the YAML library says of these is for programmers. */
const YAML_WORDS = [
  ['Excessive alias count', 'aliases of aliases make too much of this spec'],
  ['Merge sources', '<< takes a mapping, such as *base, or a list of them'],
] as const

/**
 * What an anchor names stands in each place on its own: a flag that changes one must not change the others. A key
 * `__proto__`, which tables of JavaScript lose, is refused.
 */
function unshared(
  value: unknown,
  refuse: (problem: Problem) => UserError,
  path: Problem['path'] = [],
  above: readonly unknown[] = [],
): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (above.includes(value)) throw refuse({ path, message: 'it contains itself' })
  const inside = (key: string | number, item: unknown) =>
    unshared(item, refuse, [...path, key], [...above, value])
  if (Array.isArray(value)) return value.map((item, i) => inside(i, item))
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  if (Object.hasOwn(value, '__proto__'))
    throw refuse({ path: [...path, '__proto__'], message: 'nothing can have this name' })
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inside(key, item)]))
}

function valueAt(value: unknown, path: Problem['path']): unknown {
  let at = value
  for (const key of path)
    at =
      typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? at[key as keyof typeof at] : undefined
  return at
}

export function readSpec(path: string): string {
  try {
    const text = readText(path, MAX_FILE_BYTES)
    if (/[\0\uFFFD]/.test(text))
      throw new UserError(EXIT.usage, `${path} is no text: a spec is YAML in UTF-8`)
    return text
  } catch (error) {
    if (error instanceof UserError) throw error
    throw unreadable(path, (error as NodeJS.ErrnoException).code)
  }
}

function readText(path: string, mostBytes: number): string {
  const { size } = statSync(path)
  if (size > mostBytes)
    throw new UserError(EXIT.usage, `${path} has ${size} bytes; a spec has at most ${mostBytes}`)
  return readFileSync(path, 'utf8')
}

function unreadable(path: string, code: string | undefined): UserError {
  const recorded = join(path, 'spec.yaml')
  if (code === 'EISDIR' && existsSync(recorded))
    return new UserError(EXIT.usage, `${path} is the folder of a run`, `its spec is ${recorded}`)
  return new UserError(
    EXIT.usage,
    `${path}: ${whyUnreadable(code)}`,
    'netsplit init writes a spec to start from',
  )
}

function whyUnreadable(code: string | undefined): string {
  if (code === 'ENOENT') return 'there is no such file'
  return code === 'EISDIR' ? 'it is a folder' : `it cannot be read (${code})`
}

function invalid(messages: readonly string[]): UserError {
  const shown = messages.slice(0, MAX_REPORTED)
  const more = messages.length - shown.length
  return new UserError(EXIT.usage, [...shown, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n'))
}

/** Sets the flags' values in `raw`; returns the flag that rules each path (`nodes.miners.count` → `--nodes`). */
function applyOverrides(raw: Record<string, unknown>, overrides: Overrides): ReadonlyMap<string, string> {
  const flags = new Map<string, string>()
  const set = (path: readonly string[], flag: string, value: unknown) => {
    if (value === undefined) return
    let place = raw
    for (const key of path.slice(0, -1)) {
      const next = place[key]
      if (next !== undefined && next !== null && !isRecord(next)) return // the schema says what is wrong there
      const inner = isRecord(next) ? next : {}
      place[key] = inner
      place = inner
    }
    place[path.at(-1) as string] = value
    flags.set(path.join('.'), flag)
  }
  set(['name'], '--name', overrides.name)
  set(['seed'], '--seed', numeric(overrides.seed))
  set(['runtime'], '--runtime', overrides.runtime)
  set(['duration'], '--for', overrides.for)
  set(['load', 'tx'], '--tx', overrides.tx)
  set(['log'], '--log-level', overrides.logLevel)
  set(['hosts'], '--hosts', overrides.hosts?.hosts)
  if (overrides.nodes !== undefined) {
    raw.nodes ??= { miners: { share: '100%' } }
    set(['nodes', firstMiningGroup(raw.nodes), 'count'], '--nodes', numeric(overrides.nodes))
  }
  for (const assignment of overrides.set ?? [])
    for (const path of assign(raw, assignment)) flags.set(path, assignment.flag)
  return flags
}

function firstMiningGroup(groups: unknown): string {
  if (!isRecord(groups)) return 'miners'
  const mines = (group: unknown) =>
    isRecord(group) && (group.share !== undefined || group.hashRate !== undefined)
  return Object.keys(groups).find(name => mines(groups[name])) ?? Object.keys(groups)[0] ?? 'miners'
}

function numeric(text: string | undefined): unknown {
  return text !== undefined && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

/** A schema issue in our words. */
function toProblems(issue: z.core.$ZodIssue, given: Given): Problem[] {
  const path = issue.path.map(key => (typeof key === 'symbol' ? String(key) : key))
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => ({ path: [...path, key], message: unknownKey(path, key) }))
  }
  if (issue.code === 'invalid_union') {
    const inside: Given = below => given([...path, ...below])
    return closest(issue)
      .flatMap(each => toProblems(each, inside))
      .map(under(path))
  }
  if (issue.code === 'invalid_key') return [{ path, message: issue.issues[0]?.message ?? issue.message }]
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String)
    const near = nearest(String(given(path)), values)
    const hint = near === undefined ? '' : `: did you mean ${near}?`
    return [{ path, message: `expected one of ${values.join(', ')}${hint}` }]
  }
  return [{ path, message: inWords(issue, path, given(path)) }]
}

/** What stands at a path below. */
type Given = (path: Problem['path']) => unknown

/** Messages of our own stay; what the schema library says by itself is for programmers. */
function inWords(issue: z.core.$ZodIssue, path: Problem['path'], value: unknown): string {
  const { message } = issue
  if (issue.code === 'too_small' && message.startsWith('Too small'))
    return `must be at least ${issue.minimum}`
  if (issue.code === 'too_big' && message.startsWith('Too big')) return `must be at most ${issue.maximum}`
  if (issue.code !== 'invalid_type' || !message.startsWith('Invalid input')) return message
  const received = /received (\w+)/.exec(message)?.[1] ?? ''
  if (received === 'null') return 'it has no value: write one, or leave the line out'
  // Of a number that is not whole, its kind says nothing.
  if (issue.expected === 'int' && typeof value === 'number')
    return `expected a whole number, not ${plain(value)}`
  const keys = issue.expected === 'object' ? keysAt(path) : []
  const wanted =
    keys.length > 0
      ? `expected a mapping of ${keys.slice(0, 4).join(', ')}${keys.length > 4 ? ' …' : ''}`
      : `expected ${KINDS[issue.expected] ?? issue.expected}`
  if (received === 'undefined' && path.length > 0) return `it is missing: ${wanted}`
  const given = KINDS[received] === undefined ? '' : `, not ${KINDS[received]}`
  const example = path.length === 1 ? EXAMPLES[String(path[0])] : undefined
  return `${wanted}${given}${example === undefined ? '' : `, such as ${example}`}`
}

const KINDS: { readonly [type: string]: string } = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping of names',
}

const EXAMPLES: { readonly [key: string]: string } = {
  nodes: 'nodes: { miners: { count: 5, share: 100% } }',
  faults: 'faults: { split: { partition: halves, at: 10s, for: 5s } }',
}

/** Of a union's members, the one that the value came nearest to: its mistakes lie deepest. No mistake inside: the union's own. */
function closest(issue: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] {
  const inside = issue.errors.find(issues => issues.some(({ path }) => path.length > 0))
  return inside ?? [{ code: 'custom', path: [], message: issue.message, input: issue.input }]
}

const under = (path: Problem['path']) => (problem: Problem) => ({
  ...problem,
  path: [...path, ...problem.path],
})

function unknownKey(path: readonly (string | number)[], key: string): string {
  const valid = keysAt(path)
  const near = nearest(key, valid)
  return `${UNKNOWN_KEY} "${key}"${near === undefined ? `; valid keys: ${valid.join(', ')}` : `: did you mean "${near}"?`}`
}

interface SchemaNode {
  readonly properties?: { readonly [key: string]: SchemaNode }
  readonly additionalProperties?: SchemaNode | false
  readonly anyOf?: readonly SchemaNode[]
  readonly items?: SchemaNode
}

/** The keys that the schema knows at `path`. */
function keysAt(path: readonly (string | number)[]): string[] {
  let at: SchemaNode | undefined = jsonSchema() as SchemaNode
  for (const key of path) {
    const table: SchemaNode | undefined = at?.anyOf?.find(member => member.additionalProperties) ?? at
    at = table?.properties?.[key] ?? (table?.additionalProperties || table?.items)
  }
  const table = at?.properties ? at : at?.anyOf?.find(member => member.properties)
  return Object.keys(table?.properties ?? {})
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
