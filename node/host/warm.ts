// The first file of a node's process: `node dist/warm.cjs dist/node.cjs …` runs that bundle as Node itself would, but from
// the compiled code that an earlier process left beside it. Of the 130 ms of processor time that a node needs to come up,
// 30 are for compiling its bundle (Node's own part is 55), and many nodes start at once on few cores.
//
// V8 takes compiled code for what it is, so it is read only where nobody but the bundle's owner and we can have written
// it; its name has the digest of the bundle, and V8's version and flags. It is written at once or not at all, and whatever
// fails here is no reason not to run.

import { createHash } from 'node:crypto'
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire, wrap } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { cachedDataVersionTag } from 'node:v8'
import { Script } from 'node:vm'
import { importForBundle } from './import-module.ts'

/** What a node needs to come up has been compiled by then. */
const KEEP_AFTER_MS = 3_000
/** Who wrote this long at it has died over it. */
const ABANDONED_MS = 60_000
const OTHERS_MAY_WRITE = 0o022

function main(): void {
  const [bundle] = process.argv.splice(2, 1)
  if (bundle === undefined) throw new Error('usage: warm.cjs <bundle> …')
  const file = resolve(bundle)
  process.argv[1] = file
  const source = readFileSync(file)
  const kept = keptFile(file, source)
  const cachedData = trusted(kept, file)
  const script = new Script(wrap(source.toString('utf8')), { filename: file, cachedData })
  if (cachedData === undefined || script.cachedDataRejected) keepLater(script, kept)
  importForBundle(url => import(url))
  const module = { exports: {} }
  script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file))
}

function keptFile(file: string, source: Buffer): string {
  const digest = createHash('sha256').update(source).digest('hex').slice(0, 16)
  const engine = `${process.version}-${process.arch}-${cachedDataVersionTag().toString(16)}`
  return join(dirname(file), '.compile-cache', `${basename(file)}-${digest}-${engine}`)
}

function trusted(kept: string, file: string): Buffer | undefined {
  let descriptor: number | undefined
  try {
    descriptor = openSync(kept, 'r')
    const { uid, mode } = fstatSync(descriptor)
    const ours = uid === process.geteuid?.() || uid === statSync(file).uid
    return ours && (mode & OTHERS_MAY_WRITE) === 0 ? readFileSync(descriptor) : undefined
  } catch {
    return undefined // nobody left any
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/** By one of those that start at once, when it is up, or before at its end. */
function keepLater(script: Script, kept: string): void {
  let done = false
  const once = () => {
    if (!done) keep(script, kept)
    done = true
  }
  setTimeout(once, KEEP_AFTER_MS).unref()
  process.once('exit', once)
}

function keep(script: Script, kept: string): void {
  const part = `${kept}.part`
  try {
    mkdirSync(dirname(kept), { recursive: true, mode: 0o755 })
    const begun = statSync(part, { throwIfNoEntry: false })
    if (begun && Date.now() - begun.mtimeMs > ABANDONED_MS) rmSync(part)
    writeFileSync(part, '', { flag: 'wx', mode: 0o644 }) // another is at it: it throws
    writeFileSync(part, script.createCachedData())
    renameSync(part, kept)
  } catch {
    // the folder is not ours to write in, the disk is full, or it is being done
  }
}

main()
