// A reporter for vitest that says at the end how long each suite took: from its first file's start to its last file's end, and
// how much of that its files ran side by side; and which files cost more than a file may (CONTRIBUTING.md).

import type { Reporter, TestModule } from 'vitest/node'

/** What a file may cost. One that takes more is named, and does not fail: how long it takes is also the machine's business. */
const BUDGET_MS: Readonly<Record<string, number>> = { unit: 10_000, sim: 30_000 }
const REAL_PARTS_BUDGET_MS = 60_000

interface Took {
  readonly suite: string
  readonly file: string
  readonly startMs: number
  readonly endMs: number
}

export default class SuiteTimes implements Reporter {
  readonly #started = new Map<TestModule, number>()
  readonly #took: Took[] = []

  onTestModuleStart(module: TestModule): void {
    this.#started.set(module, performance.now())
  }

  onTestModuleEnd(module: TestModule): void {
    const endMs = performance.now()
    const startMs = this.#started.get(module) ?? endMs
    this.#took.push({ suite: module.project.name, file: module.relativeModuleId, startMs, endMs })
  }

  onTestRunEnd(): void {
    if (this.#took.length === 0) return
    const suites = [...new Set(this.#took.map(({ suite }) => suite))]
    const rows = suites.map(name =>
      row(
        name,
        this.#took.filter(({ suite }) => suite === name),
      ),
    )
    if (suites.length > 1) rows.push(row('in all', this.#took))
    console.log(`\nnetsplit: time of each suite\n${[...rows, ...overBudget(this.#took)].join('\n')}\n`)
  }
}

const lasted = ({ startMs, endMs }: Took) => endMs - startMs

function row(name: string, files: readonly Took[]): string {
  const spanMs =
    Math.max(...files.map(({ endMs }) => endMs)) - Math.min(...files.map(({ startMs }) => startMs))
  const sumMs = files.reduce((sum, file) => sum + lasted(file), 0)
  const slowest = files.reduce((a, b) => (lasted(b) > lasted(a) ? b : a))
  const took = `${seconds(spanMs)} for ${String(files.length).padStart(3)} files that took ${seconds(sumMs)}`
  return `  ${name.padEnd(8)} ${took}; the longest ${seconds(lasted(slowest))}, ${slowest.file}`
}

function overBudget(files: readonly Took[]): string[] {
  const over = files
    .filter(file => lasted(file) > (BUDGET_MS[file.suite] ?? REAL_PARTS_BUDGET_MS))
    .sort((a, b) => lasted(b) - lasted(a))
    .map(file => `  ${file.suite.padEnd(8)} ${seconds(lasted(file))}  ${file.file}`)
  return over.length === 0 ? [] : ['files beyond their budget', ...over]
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).padStart(7)} s`
}
