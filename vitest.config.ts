// One vitest project a kind of suite; the slow ones need real parts and run one file at a time.
import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

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

/** One kind after the other: two cores, and nothing that measures a network beside something that loads the machine. */
const ORDER = ['unit', 'sim', 'process', 'docker', 'web']

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

export default defineConfig({
  test: {
    projects: [
      project('unit'),
      project('sim', { globalSetup: ['test/support/build.ts'] }),
      project('process', {
        fileParallelism: false,
        globalSetup: ['test/support/build.ts'],
      }),
      project('docker', {
        // What takes any runtime is tried in containers, too.
        include: [
          'test/docker/**/*.test.ts',
          'test/process/{keep,network,partition,service-network}.test.ts',
        ],
        env: { NETSPLIT_TEST_RUNTIME: 'docker' },
        fileParallelism: false,
        globalSetup: ['test/support/build.ts'],
        setupFiles: ['test/support/needs-engine.ts'],
      }),
      project('web', {
        fileParallelism: false,
        globalSetup: ['test/support/build.ts'],
      }),
    ],
  },
})
