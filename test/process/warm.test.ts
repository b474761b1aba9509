// Bundles that are run from the code which an earlier process compiled (node/host/warm.ts). V8 takes such code for the source's when
// the source is as long, so code of another program under its name shows which of the two ran.

import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { bundleFile } from '../../orchestrator/machine/paths.ts'
import { temporaryDirectory } from '../support/node-config.ts'

let folder: string
let kept: string

beforeEach(() => {
  folder = temporaryDirectory()
  kept = join(folder, '.compile-cache')
})

function bundle(name: string, source: string): string {
  const file = join(folder, name)
  writeFileSync(file, source)
  return file
}

const run = (file: string, flags: readonly string[] = []) =>
  execFileSync(process.execPath, [...flags, bundleFile('warm.cjs'), file, 'one', 'two'], { encoding: 'utf8' })

/** The code kept of this bundle. */
function keptOf(name: string): string {
  const [only = '', ...more] = readdirSync(kept).filter(each => each.startsWith(`${name}-`))
  expect(more).toEqual([])
  return join(kept, only)
}

describe('a bundle run from code compiled before', () => {
  it('meets its arguments, its file and what it requires as if Node had started it', () => {
    const file = bundle(
      'a.cjs',
      'console.log(JSON.stringify([process.argv.slice(1), __filename, require("./b.cjs"), module.exports]))',
    )
    bundle('b.cjs', 'module.exports = "b"')
    for (const _ of ['compiled', 'kept'])
      expect(JSON.parse(run(file))).toEqual([[file, 'one', 'two'], file, 'b', {}])
  })

  it('can have modules imported', () => {
    const importing = 'globalThis[Symbol.for("netsplit.import")]("data:text/javascript,export default 1")'
    const file = bundle('a.cjs', `${importing}.then(module => console.log(module.default))`)
    expect([run(file), run(file)]).toEqual(['1\n', '1\n'])
  })

  it('leaves its code at its end, which nobody else may write, and runs from it', () => {
    const [a, b] = [bundle('a.cjs', 'console.log("a")'), bundle('b.cjs', 'console.log("b")')]
    expect([run(a), run(b)]).toEqual(['a\n', 'b\n'])
    expect(statSync(keptOf('b.cjs')).mode & 0o777).toBe(0o644)
    copyFileSync(keptOf('a.cjs'), keptOf('b.cjs'))
    expect(run(b)).toBe('a\n')
  })

  it('does not run from what others may have written', () => {
    const [a, b] = [bundle('a.cjs', 'console.log("a")'), bundle('b.cjs', 'console.log("b")')]
    for (const each of [a, b]) run(each)
    copyFileSync(keptOf('a.cjs'), keptOf('b.cjs'))
    for (const mode of [0o664, 0o646]) {
      chmodSync(keptOf('b.cjs'), mode)
      expect(run(b)).toBe('b\n')
      copyFileSync(keptOf('a.cjs'), keptOf('b.cjs'))
    }
  })

  it('is compiled anew when it is another, when V8 runs under other flags, and when what was kept is damaged', () => {
    const file = bundle('a.cjs', 'console.log("a")')
    run(file)
    const first = keptOf('a.cjs')
    bundle('a.cjs', 'console.log("b")')
    expect(run(file)).toBe('b\n')
    expect(readdirSync(kept)).toHaveLength(2)
    expect(run(file, ['--max-semi-space-size=1'])).toBe('b\n')
    expect(readdirSync(kept)).toHaveLength(3)
    const code = readFileSync(first)
    writeFileSync(first, code.subarray(0, 100))
    bundle('a.cjs', 'console.log("a")')
    expect(run(file)).toBe('a\n')
    expect(readFileSync(first).length).toBe(code.length)
  })

  it('runs where nothing can be kept', () => {
    writeFileSync(kept, '')
    expect(run(bundle('a.cjs', 'console.log("a")'))).toBe('a\n')
  })
})
