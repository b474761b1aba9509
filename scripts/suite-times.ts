// A reporter for vitest that says at the end how long each suite took: from its first file's start to its last file's end, and
// how much of that its files ran side by side.

import type { Reporter, TestModule } from 'vitest/node'

interface Span {
  files: number
  startMs: number
  endMs: number
  /** Of all files, one after the other. */
  sumMs: number
  slowest: { readonly file: string; readonly ms: number }
}

export default class SuiteTimes implements Reporter {
  readonly #started = new Map<TestModule, number>()
  readonly #suites = new Map<string, Span>()

  onTestModuleStart(module: TestModule): void {
    this.#started.set(module, performance.now())
  }

  onTestModuleEnd(module: TestModule): void {
    const endMs = performance.now()
    const startMs = this.#started.get(module) ?? endMs
    const ms = endMs - startMs
    const name = module.project.name
    const suite = this.#suites.get(name)
    const slowest = { file: module.relativeModuleId, ms }
    if (!suite) this.#suites.set(name, { files: 1, startMs, endMs, sumMs: ms, slowest })
    else {
      suite.files++
      suite.endMs = endMs
      suite.sumMs += ms
      if (ms > suite.slowest.ms) suite.slowest = slowest
    }
  }

  onTestRunEnd(): void {
    const rows = [...this.#suites].map(([name, { files, startMs, endMs, sumMs, slowest }]) => {
      const took = `${seconds(endMs - startMs)} for ${String(files).padStart(3)} files that took ${seconds(sumMs)}`
      return `  ${name.padEnd(8)} ${took}; the longest ${seconds(slowest.ms)}, ${slowest.file}`
    })
    if (rows.length > 0) console.log(`\nnetsplit: time of each suite\n${rows.join('\n')}\n`)
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1).padStart(7)} s`
}
