// Whether the tests notice a fault: those that pass through its place, the likeliest first, until one fails.

import type { TestSpecification } from 'vitest/node'
import { type Fault, plant } from './faults.ts'
import type { Outcome, Suite, TestFile } from './suite.ts'

export type Verdict =
  | { readonly kind: 'noticed'; readonly by: string; readonly how: 'failed' | 'hung' | 'broken' }
  | { readonly kind: 'survived'; readonly tests: number }

interface Candidate {
  readonly file: TestFile
  readonly path: string
  /** All of the file's when missing: the place runs outside of its tests, or they do not stand alone. */
  readonly testIds: readonly string[] | undefined
  readonly tests: number
  readonly cpuMs: number
}

/** So many times what the tests take without a fault is a hang. */
const PATIENCE = 5
const PATIENCE_MS = 10_000

export class Hunt {
  readonly #suite: Suite
  readonly #files: readonly TestFile[]
  readonly #texts: ReadonlyMap<string, string>
  /** How often a test file noticed faults of a source: `source test`. */
  readonly #successes = new Map<string, number>()
  /** Tests that were seen to pass by themselves. */
  readonly #standAlone = new Set<string>()
  /** Test files whose tests need one another. */
  readonly #wholeOnly = new Set<string>()

  /** `files`: as the suite ran over sources with marks; `texts`: the sources on disk. */
  constructor(suite: Suite, files: readonly TestFile[], texts: ReadonlyMap<string, string>) {
    this.#suite = suite
    this.#files = files
    this.#texts = texts
  }

  async judge(number: number, fault: Fault): Promise<Verdict> {
    const text = this.#texts.get(fault.file) ?? ''
    const planted = new Map([[fault.file, plant(text, fault)]])
    let tests = 0
    for (const candidate of this.#candidates(number, fault)) {
      tests += candidate.tests
      const outcome = await this.#tried(candidate, planted)
      if (outcome.kind === 'passed') continue
      const key = `${fault.file} ${candidate.path}`
      this.#successes.set(key, (this.#successes.get(key) ?? 0) + 1)
      const by = outcome.kind === 'failed' ? `${candidate.path} > ${outcome.test}` : candidate.path
      return { kind: 'noticed', by, how: outcome.kind }
    }
    return { kind: 'survived', tests }
  }

  /** A test that fails with the fault counts when it passes without it, alone as it was run. */
  async #tried(candidate: Candidate, planted: ReadonlyMap<string, string>): Promise<Outcome> {
    const { file, path, testIds, cpuMs } = candidate
    const { specification } = file
    const outcome = await this.#suite.run(specification, testIds, planted, limitCpuMs(cpuMs))
    if (outcome.kind !== 'failed' || testIds === undefined || this.#standAlone.has(outcome.testId))
      return outcome
    if (await this.#passesAlone(specification, testIds, cpuMs)) {
      for (const id of testIds) this.#standAlone.add(id)
      return outcome
    }
    this.#wholeOnly.add(path)
    return await this.#suite.run(specification, undefined, planted, limitCpuMs(file.cpuMs))
  }

  async #passesAlone(file: TestSpecification, testIds: readonly string[], cpuMs: number): Promise<boolean> {
    return (await this.#suite.run(file, testIds, new Map(), limitCpuMs(cpuMs))).kind === 'passed'
  }

  #candidates(number: number, fault: Fault): Candidate[] {
    const candidates = this.#files.flatMap(file => this.#candidate(number, file))
    const promise = ({ path, cpuMs }: Candidate) =>
      (1 + (this.#successes.get(`${fault.file} ${path}`) ?? 0)) / (300 + cpuMs)
    return candidates.sort((a, b) => promise(b) - promise(a))
  }

  #candidate(number: number, file: TestFile): Candidate[] {
    const { path, tests, cpuMs } = file
    const hit = tests.filter(({ faultsInTest }) => faultsInTest.includes(number))
    const whole = tests.some(({ faultsInFile }) => faultsInFile.includes(number))
    if (hit.length === 0 && !whole) return []
    const all = whole || hit.length === tests.length || this.#wholeOnly.has(path)
    return [
      {
        file,
        path,
        testIds: all ? undefined : hit.map(({ id }) => id),
        tests: all ? tests.length : hit.length,
        cpuMs: all ? cpuMs : hit.reduce((sum, test) => sum + test.cpuMs, 0),
      },
    ]
  }
}

function limitCpuMs(cpuMs: number): number {
  return PATIENCE_MS + PATIENCE * cpuMs
}
