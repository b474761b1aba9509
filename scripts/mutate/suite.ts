// One warm vitest that runs chosen tests over sources of which one is exchanged in memory; nothing on disk changes.

import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Writable } from 'node:stream'
import type { ViteUserConfig } from 'vitest/config'
import {
  createVitest,
  ForksPoolWorker,
  type TestModule,
  type TestProject,
  type TestSpecification,
  type Vitest,
} from 'vitest/node'
import config from '../../vitest.config.ts'
import { ROOT } from '../shared.ts'

export interface SuiteOptions {
  /** vitest's projects. */
  readonly suites: readonly string[]
  /** Only test files with one of these in their path; none: all. */
  readonly tests: readonly string[]
  readonly heapMb: number
}

export interface TestFile {
  readonly specification: TestSpecification
  /** Below the project's folder. */
  readonly path: string
  readonly passed: boolean
  /** Why it did not pass. */
  readonly error?: string | undefined
  readonly tests: readonly Test[]
  /** Processor time of loading the file and of all its tests. */
  readonly cpuMs: number
}

export interface Test {
  readonly id: string
  readonly name: string
  readonly passed: boolean
  readonly cpuMs: number
  readonly faultsInTest: readonly number[]
  readonly faultsInFile: readonly number[]
}

/** How a run of one file ended. `hung` and `broken` (the process ended, the file does not load) count as noticed, too. */
export type Outcome =
  | { readonly kind: 'passed' | 'hung' | 'broken' }
  | { readonly kind: 'failed'; readonly testId: string; readonly test: string }

export class Suite {
  readonly #vitest: Vitest
  readonly #sources: Sources
  readonly #workers: Workers

  readonly #filter: string[]

  private constructor(vitest: Vitest, sources: Sources, workers: Workers, filter: readonly string[]) {
    this.#vitest = vitest
    this.#filter = [...filter]
    this.#sources = sources
    this.#workers = workers
  }

  static async open({ suites, tests, heapMb }: SuiteOptions): Promise<Suite> {
    const sources = new Sources()
    const workers = new Workers()
    const projects = (config.test?.projects ?? []) as ProjectConfig[]
    // What tests write, and what Node says when it is killed, says nothing about a fault.
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
    const vitest = await createVitest(
      'test',
      { config: false, watch: false, root: ROOT, reporters: [SILENT] },
      {
        test: {
          projects: projects
            .filter(({ test }) => suites.includes(test.name))
            .map(({ plugins, test }) => ({
              plugins: [sources.plugin, ...plugins],
              test: {
                ...test,
                pool: workers.pool,
                maxWorkers: 1,
                execArgv: [`--max-old-space-size=${heapMb}`],
                setupFiles: [join(ROOT, 'scripts', 'mutate', 'setup.ts')],
                testTimeout: TEST_TIMEOUT_MS,
                hookTimeout: TEST_TIMEOUT_MS,
                retry: 0,
                bail: 1,
                cache: false,
              },
            })),
        },
      },
      { stdout: nowhere, stderr: nowhere },
    )
    return new Suite(vitest, sources, workers, tests)
  }

  /** Runs every file, one after the other, with these sources instead of those on disk. */
  async runAll(instead: ReadonlyMap<string, string>): Promise<TestFile[]> {
    this.#exchange(instead)
    const specifications = await this.#vitest.globTestSpecifications(this.#filter)
    const files: TestFile[] = []
    for (const specification of specifications) {
      const { testModules, unhandledErrors } = await this.#vitest.runTestSpecifications([specification])
      const module = testModules.find(({ moduleId }) => moduleId === specification.moduleId)
      const tests = module === undefined ? [] : testsOf(module)
      files.push({
        specification,
        path: relative(ROOT, specification.moduleId),
        passed: module?.ok() === true && unhandledErrors.length === 0,
        error:
          tests.find(({ passed }) => !passed)?.name ??
          module?.errors()[0]?.message ??
          messageOf(unhandledErrors[0]),
        tests,
        cpuMs: tests.reduce((sum, test) => sum + test.cpuMs, 0),
      })
    }
    return files
  }

  /** Runs these tests of a file (`undefined`: all), with these sources instead of those on disk. */
  async run(
    file: TestSpecification,
    testIds: readonly string[] | undefined,
    instead: ReadonlyMap<string, string>,
    limitCpuMs: number,
  ): Promise<Outcome> {
    this.#exchange(instead)
    const project: TestProject = file.project
    const specification =
      testIds === undefined ? file : project.createSpecification(file.moduleId, { testIds: [...testIds] })
    const startedMs = performance.now()
    let hung = false
    const watch = setInterval(() => {
      hung ||= this.#workers.cpuMs() > limitCpuMs || performance.now() - startedMs > WALL_PER_CPU * limitCpuMs
      if (hung) this.#workers.kill()
    }, WATCH_MS)
    const { testModules, unhandledErrors } = await this.#vitest
      .runTestSpecifications([specification])
      .finally(() => clearInterval(watch))
    if (hung) return { kind: 'hung' }
    const module = testModules.find(({ moduleId }) => moduleId === file.moduleId)
    const failed = module === undefined ? undefined : testsOf(module).find(({ passed }) => !passed)
    if (failed) return { kind: 'failed', testId: failed.id, test: failed.name }
    return { kind: module?.ok() && unhandledErrors.length === 0 ? 'passed' : 'broken' }
  }

  /** Ends the process that runs tests now. */
  kill(): void {
    this.#workers.kill()
  }

  async close(): Promise<void> {
    this.kill()
    await this.#vitest.close()
  }

  #exchange(instead: ReadonlyMap<string, string>): void {
    for (const file of this.#sources.exchange(instead)) this.#vitest.invalidateFile(join(ROOT, file))
  }
}

interface ProjectConfig {
  readonly plugins: NonNullable<ViteUserConfig['plugins']>
  readonly test: { readonly name: string }
}

/** What vite is given instead of what lies on disk. */
class Sources {
  #instead: ReadonlyMap<string, string> = new Map()

  /** The files whose text is another now. */
  exchange(instead: ReadonlyMap<string, string>): string[] {
    const files = new Set([...this.#instead.keys(), ...instead.keys()])
    const changed = [...files].filter(file => this.#instead.get(file) !== instead.get(file))
    this.#instead = instead
    return changed
  }

  readonly plugin = {
    name: 'planted-faults',
    enforce: 'pre' as const,
    load: (id: string) => {
      const path = id.split('?')[0] ?? id
      return path.startsWith(`${ROOT}/`) ? this.#instead.get(path.slice(ROOT.length + 1)) : undefined
    },
  }
}

/** The process that runs the tests. A fault may make it spin for good, and then it hears nothing. */
class Workers {
  readonly #running = new Set<number>()

  readonly pool = {
    name: 'killable', // `forks` would be vitest's own
    createPoolWorker: (options: ConstructorParameters<typeof ForksPoolWorker>[0]) => {
      const worker = new ForksPoolWorker(options)
      const { start } = worker
      worker.start = async () => {
        await start.call(worker)
        // Its own process has no public name.
        const child: import('node:child_process').ChildProcess = Reflect.get(worker, 'fork')
        const { pid } = child
        if (pid === undefined) return
        this.#running.add(pid)
        child.once('exit', () => this.#running.delete(pid))
      }
      return worker
    },
  }

  /** Used by what runs now; 0 where the system does not tell. */
  cpuMs(): number {
    return Math.max(0, ...[...this.#running].map(cpuMsOf))
  }

  kill(): void {
    for (const pid of this.#running) process.kill(pid, 'SIGKILL')
  }
}

/** A reporter that reports nothing. */
const SILENT = {}

const WATCH_MS = 500

/** A busy machine gives a process a tenth of a core; only what waits for nothing takes longer. */
const WALL_PER_CPU = 20

const TEST_TIMEOUT_MS = 60_000

const MS_PER_TICK = 10

/** User and system time of a process (proc(5), fields 14 and 15). */
function cpuMsOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /s, '').split(' ')
    return MS_PER_TICK * (Number(fields[11]) + Number(fields[12]))
  } catch {
    return 0
  }
}

function messageOf(error: unknown): string | undefined {
  return error instanceof Error ? error.message : undefined
}

function testsOf(module: TestModule): Test[] {
  return [...module.children.allTests()]
    .filter(test => test.result().state !== 'skipped' && test.result().state !== 'pending')
    .map(test => {
      const { faultsInTest = [], faultsInFile = [], cpuMs = 0 } = test.meta()
      return {
        id: test.id,
        name: test.fullName,
        passed: test.result().state === 'passed',
        cpuMs,
        faultsInTest,
        faultsInFile,
      }
    })
}
