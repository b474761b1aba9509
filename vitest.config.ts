// One vitest project a kind of suite. Those that compute have a worker a core; those with real parts mostly wait, so they wait
// side by side.
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/support/longest-first.ts'

/** Imports of `.wasm` give the file's bytes, as esbuild's `binary` loader does in the bundles. */
const wasmBytes = {
  name: 'wasm-bytes',
  enforce: 'pre' as const,
  load(id: string) {
    if (!id.endsWith('.wasm')) return null
    const base64 = readFileSync(id).toString('base64')
    return `export default Uint8Array.from(atob(${JSON.stringify(base64)}), c => c.charCodeAt(0))`
  },
}

/** Imports of `.yaml` give the text, as esbuild's `text` loader does. */
const yamlText = {
  name: 'yaml-text',
  enforce: 'pre' as const,
  load(id: string) {
    return id.endsWith('.yaml') ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))}` : null
  },
}

/**
 * One kind after the other: nothing that measures a network runs beside what computes. Containers not even beside processes:
 * all of them together may weigh as much as one process where the scheduler is concerned.
 */
const ORDER = ['unit', 'sim', 'process', 'docker', 'web']

/** A file with real parts keeps half a core busy on average, and at times one and more: two files leave two cores some air. */
const SIDE_BY_SIDE = 2

/** They end what hangs. A machine on which everything takes ten times as long must not meet them. */
const TIMEOUTS = { testTimeout: 300_000, hookTimeout: 120_000 }

const project = (name: string, extra: object = {}) => ({
  plugins: [wasmBytes, yamlText],
  test: {
    name,
    include: [`test/${name}/**/*.test.{ts,tsx}`],
    ...TIMEOUTS,
    sequence: { groupOrder: ORDER.indexOf(name) },
    ...extra,
  },
})

const COMPUTES = { maxWorkers: availableParallelism() }
const BUILT = { globalSetup: ['test/support/build.ts'] }
const REAL_PARTS = { ...BUILT, maxWorkers: SIDE_BY_SIDE, setupFiles: ['test/support/own-state.ts'] }

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      project('unit', COMPUTES),
      project('sim', { ...COMPUTES, ...BUILT }),
      project('process', REAL_PARTS),
      project('docker', {
        ...REAL_PARTS,
        globalSetup: [...BUILT.globalSetup, 'test/support/node-image.ts'],
        // What takes any runtime is tried in containers, too.
        include: [
          'test/docker/**/*.test.ts',
          'test/process/{keep,network,partition,rumours,service-network}.test.ts',
        ],
        env: { NETSPLIT_TEST_RUNTIME: 'docker' },
        setupFiles: [...REAL_PARTS.setupFiles, 'test/support/needs-engine.ts'],
      }),
      // A browser computes: one at a time.
      project('web', { ...REAL_PARTS, fileParallelism: false }),
    ],
  },
})
