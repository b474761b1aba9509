// From a spec that fails to the smallest one that still does: fewer faults first (delta debugging, Zeller and Hildebrandt
// 2002), then fewer nodes, shorter faults, plainer links. Pure but for the runs that it asks for.

import { stringify } from 'yaml'
import { z } from 'zod'
import { UserError } from '../errors.ts'
import { parseSpec } from '../spec/load.ts'
import { type Spec, specSchema } from '../spec/schema.ts'

/** A spec as written in YAML. */
type Written = { readonly [key: string]: unknown }

export interface ShrinkOptions {
  /** Does this spec fail as the first one did? */
  readonly fails: (spec: Spec) => Promise<boolean>
  /** No more runs than this. */
  readonly maxRuns: number
  /** Told of each simpler spec that still fails. */
  readonly onSimpler?: (spec: Spec, runs: number) => void
}

export interface Shrunk {
  readonly spec: Spec
  readonly runs: number
  /** It ended because there is nothing simpler, not because the runs were used up. */
  readonly minimal: boolean
}

/** `spec` fails; the result does, too. */
export async function shrink(spec: Spec, options: ShrinkOptions): Promise<Shrunk> {
  const search = new Search(written(spec), options)
  await search.faults()
  while (await search.anySimpler()) {
    // each success opens the way to others
  }
  return { spec: read(search.best) as Spec, runs: search.runs, minimal: search.runs < options.maxRuns }
}

class Search {
  best: Written
  runs = 0
  readonly #options: ShrinkOptions
  /** What was tried already, as YAML. */
  readonly #tried = new Set<string>()

  constructor(first: Written, options: ShrinkOptions) {
    this.best = first
    this.#options = options
  }

  /** Delta debugging over the faults: leaves out ever smaller parts of them. */
  async faults(): Promise<void> {
    for (let parts = 2; this.#names().length > 1; ) {
      const names = this.#names()
      const size = Math.ceil(names.length / parts)
      const chunks = Array.from({ length: Math.ceil(names.length / size) }, (_, i) =>
        names.slice(i * size, (i + 1) * size),
      )
      const smaller = await this.#first(chunks.map(chunk => withoutFaults(this.best, chunk)))
      if (smaller) parts = Math.max(parts - 1, 2)
      else if (size === 1) return
      else parts = Math.min(names.length, parts * 2)
    }
  }

  /** True when something simpler still fails. */
  anySimpler(): Promise<boolean> {
    return this.#first(simpler(this.best))
  }

  #names(): string[] {
    return Object.keys((this.best.faults ?? {}) as Written)
  }

  /** Takes the first candidate that fails for the best. */
  async #first(candidates: Iterable<Written>): Promise<boolean> {
    for (const candidate of candidates) {
      const yaml = stringify(candidate)
      if (this.#tried.has(yaml) || this.runs >= this.#options.maxRuns) continue
      this.#tried.add(yaml)
      const spec = read(candidate)
      if (!spec) continue // such as a fault on a node that is gone
      this.runs += 1
      if (!(await this.#options.fails(spec))) continue
      this.best = candidate
      this.#options.onSimpler?.(spec, this.runs)
      return true
    }
    return false
  }
}

/** Simpler specs, the boldest steps first. */
function* simpler(spec: Written): Generator<Written> {
  for (const name of Object.keys((spec.faults ?? {}) as Written)) yield withoutFaults(spec, [name])
  if (spec.hosts) yield withoutHosts(spec)
  yield* fewerNodes(spec)
  yield* plainer(spec)
  yield* shorterFaults(spec)
}

/** Steps that came after one that is left out begin when that one would have. */
function withoutFaults(spec: Written, gone: readonly string[]): Written {
  const faults = { ...(spec.faults as { readonly [name: string]: Written }) }
  for (const name of gone) {
    const { [name]: left, ...others } = faults
    if (!left) continue
    for (const [other, step] of Object.entries(others)) {
      if (step.after !== name) continue
      const { after: _, ...rest } = step
      const { at, when, after } = left
      others[other] = { ...rest, ...defined({ at, when, after }) }
    }
    for (const key of Object.keys(faults)) delete faults[key]
    Object.assign(faults, others)
  }
  return { ...spec, faults, expect: withoutMomentsOf(spec.expect, gone) }
}

/** A check that waits for a step that is gone waits for the end of all. */
function withoutMomentsOf(expect: unknown, gone: readonly string[]): unknown {
  if (!expect) return expect
  const checks = Object.entries(expect as { readonly [name: string]: Written }).map(([name, wish]) => {
    const [time, after] = String(wish.within).split(' after ')
    return [
      name,
      after !== undefined && gone.includes(after) ? { ...wish, within: `${time} after heal` } : wish,
    ]
  })
  return Object.fromEntries(checks)
}

/** On one engine, whichever that is. */
function withoutHosts({ hosts: _, ...spec }: Written): Written {
  const groups = Object.entries(spec.nodes as { readonly [group: string]: Written })
  return { ...spec, nodes: Object.fromEntries(groups.map(([name, { host: _, ...group }]) => [name, group])) }
}

function* fewerNodes(spec: Written): Generator<Written> {
  const groups = spec.nodes as { readonly [group: string]: Written & { readonly count: number } }
  for (const [name, group] of Object.entries(groups))
    for (const count of new Set([Math.floor(group.count / 2), group.count - 1])) {
      const { [name]: _, ...others } = groups
      if (count > 0) yield { ...spec, nodes: { ...groups, [name]: { ...group, count } } }
      else if (Object.keys(others).length > 0) yield { ...spec, nodes: asOne(others) }
    }
}

/** The shares of the groups that are left add up to all of it again. */
function asOne(groups: { readonly [group: string]: Written }): Written {
  const sharing = Object.entries(groups).filter(([, { share }]) => share !== undefined)
  const [first] = sharing
  if (!first || sharing.length > 1) return groups
  return { ...groups, [first[0]]: { ...first[1], share: '100%' } }
}

const PLAIN: readonly Written[] = [
  { load: { tx: '0/s' } },
  { topology: { kind: 'full' } },
  { links: { latency: '0ms', jitter: '0ms', loss: '0%' } },
]

function* plainer(spec: Written): Generator<Written> {
  for (const plain of PLAIN) yield { ...spec, ...plain }
  const chain = spec.chain as Written
  if ((chain.difficulty as Written).rule !== 'fixed')
    yield { ...spec, chain: { ...chain, difficulty: { rule: 'fixed' } } }
  if (chain.maxBlockWeight !== 4_000_000) yield { ...spec, chain: { ...chain, maxBlockWeight: 4_000_000 } }
}

const LEAST_MS = 1_000

function* shorterFaults(spec: Written): Generator<Written> {
  const faults = (spec.faults ?? {}) as { readonly [name: string]: Written }
  const halved = (value: unknown) => `${Math.round(Number.parseInt(String(value), 10) / 2)}ms`
  for (const [name, step] of Object.entries(faults))
    for (const key of ['for', 'at'] as const) {
      const value = String(step[key] ?? '')
      if (!/^\d+ms$/.test(value) || Number.parseInt(value, 10) < 2 * LEAST_MS) continue
      yield { ...spec, faults: { ...faults, [name]: { ...step, [key]: halved(value) } } }
    }
}

/** Of `spec`, only these checks: what holds anyway need not be looked at again and again. */
export function withChecks(spec: Spec, names: readonly string[]): Spec {
  const expect = Object.entries((written(spec).expect ?? {}) as Written).filter(([name]) =>
    names.includes(name),
  )
  return read({ ...written(spec), expect: Object.fromEntries(expect) }) ?? spec
}

function written(spec: Spec): Written {
  return z.encode(specSchema, spec) as Written
}

/** Undefined for a spec that cannot be. */
function read(spec: Written): Spec | undefined {
  try {
    return parseSpec(stringify(spec), 'the smaller spec', {})
  } catch (error) {
    if (error instanceof UserError) return undefined
    throw error
  }
}

function defined(values: Written): Written {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}
