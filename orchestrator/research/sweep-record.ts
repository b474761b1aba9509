// The record of a sweep: a folder that says what it is of (sweep.json, spec.yaml) and holds a line a finished run (runs.ndjson),
// appended and on the disk before the next begins. So it goes on where it ended, whatever ended it: a line that was cut off is
// taken away, and its run is done again. What a run comes to is decided by its spec and its seed, so lines serve whichever
// combinations are asked for later, of the same spec and the same build.

import {
  closeSync,
  existsSync,
  fdatasyncSync,
  ftruncateSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { EXIT, UserError } from '../errors.ts'
import { makeFolder } from '../machine/paths.ts'
import { identityOf, readIdentity, standingOf } from '../machine/processes.ts'
import { writeTarget } from '../machine/target.ts'
import type { RowKind } from './rows.ts'
import type { RunOutcome } from './run.ts'
import type { Grid } from './sweep.ts'

/** What sweep.json says. */
export interface SweepHead {
  readonly what: string
  readonly schemaVersion: 1
  readonly netsplitVersion: string
  readonly network: string
  /** Of the spec without any parameter set. */
  readonly specHash: string
  /** As they were asked for the last time. */
  readonly until: string | null
  readonly set: readonly string[]
  readonly rows: RowKind
  readonly grid: Grid
}

/** A line: a run that came to its end, or failed on the way. */
export interface RecordedRun {
  readonly specHash: string
  readonly seed: number
  readonly rowsOf: RowKind
  readonly outcome?: RunOutcome
  readonly error?: string
  /** It failed with its process: whoever goes on tries it again. */
  readonly died?: true
}

export const WHAT =
  'a netsplit sweep: runs.ndjson holds a line a finished run of spec.yaml; the same command goes on with it'
const HEAD = 'sweep.json'
const RUNS = 'runs.ndjson'
const LOCK = 'lock'

interface Place {
  readonly offset: number
  readonly length: number
}

/** Of one sweep at a time; `close` gives it up. */
export class SweepRecord {
  /** The file of the spec in it. */
  static readonly SPEC = 'spec.yaml'
  readonly directory: string
  readonly #runs: number
  readonly #places = new Map<string, Place>()
  #size = 0

  private constructor(directory: string, flags: 'r' | 'a+') {
    this.directory = directory
    this.#runs = openSync(join(directory, RUNS), flags)
    this.#read()
  }

  /** Makes the folder, or goes on with what it holds. Throws UserError for the record of something else. */
  static open(directory: string, head: SweepHead, specYaml: string): SweepRecord {
    const before = headIn(directory)
    if (before) refuseOther(directory, before, head)
    makeFolder(directory)
    lock(directory)
    try {
      if (!before) writeTarget(join(directory, SweepRecord.SPEC), specYaml)
      writeTarget(join(directory, HEAD), `${JSON.stringify(head, null, 2)}\n`)
      const record = new SweepRecord(directory, 'a+')
      record.#cut()
      return record
    } catch (error) {
      rmSync(join(directory, LOCK), { force: true })
      throw error
    }
  }

  /** To look at; undefined: there is no sweep. */
  static read(directory: string): { readonly record: SweepRecord; readonly head: SweepHead } | undefined {
    const head = existsSync(join(directory, HEAD)) ? headIn(directory) : undefined
    return head && { record: new SweepRecord(directory, 'r'), head }
  }

  /** Of a run that is recorded with such rows: what it came to. */
  find(specHash: string, seed: number, rows: RowKind): RecordedRun | undefined {
    const place =
      this.#places.get(keyOf(specHash, seed, rows)) ?? this.#places.get(keyOf(specHash, seed, 'runs'))
    if (!place) return undefined
    const run = parsed(this.#bytes(place))
    // The figures are in each line, the rows in those that were asked for them; a run that failed has none anyhow.
    return run && (rows === 'runs' || run.rowsOf === rows || run.outcome === undefined) ? run : undefined
  }

  /** Throws UserError when there is no room. */
  append(run: RecordedRun): void {
    const line = Buffer.from(`${JSON.stringify(run)}\n`)
    try {
      writeFileSync(this.#runs, line)
      fdatasyncSync(this.#runs)
    } catch (error) {
      this.#cut()
      const { message } = error as Error
      throw new UserError(EXIT.failure, `cannot write ${join(this.directory, RUNS)}: ${message}`)
    }
    this.#place(run, { offset: this.#size, length: line.length - 1 })
    this.#size += line.length
  }

  close(): void {
    closeSync(this.#runs)
    rmSync(join(this.directory, LOCK), { force: true })
  }

  /** Up to the first line that is not whole. */
  #read(): void {
    for (const { line, offset } of linesOf(this.#runs)) {
      const run = parsed(line)
      if (!run) return
      if (!run.died) this.#place(run, { offset, length: line.length })
      this.#size = offset + line.length + 1
    }
  }

  #place({ specHash, seed, rowsOf }: RecordedRun, place: Place): void {
    this.#places.set(keyOf(specHash, seed, rowsOf), place)
    // For whoever wants the figures alone, any line is as good.
    this.#places.set(keyOf(specHash, seed, 'runs'), place)
  }

  #cut(): void {
    ftruncateSync(this.#runs, this.#size)
  }

  #bytes({ offset, length }: Place): Buffer {
    const bytes = Buffer.alloc(length)
    readSync(this.#runs, bytes, 0, length, offset)
    return bytes
  }
}

const keyOf = (specHash: string, seed: number, rows: RowKind) => `${specHash} ${seed} ${rows}`

function parsed(line: Buffer): RecordedRun | undefined {
  try {
    const run = JSON.parse(line.toString('utf8')) as Partial<RecordedRun> | null
    const whole =
      typeof run?.specHash === 'string' && typeof run.seed === 'number' && (run.outcome || run.error)
    return whole ? (run as RecordedRun) : undefined
  } catch {
    return undefined
  }
}

const CHUNK = 1 << 20

/** Those that have an end. */
function* linesOf(descriptor: number): Iterable<{ readonly line: Buffer; readonly offset: number }> {
  const chunk = Buffer.alloc(CHUNK)
  let rest: Buffer[] = []
  let offset = 0
  for (let at = 0; ; ) {
    const count = readSync(descriptor, chunk, 0, CHUNK, at)
    if (count === 0) return
    at += count
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0 && end < count; end = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...rest, chunk.subarray(from, end)])
      rest = []
      yield { line, offset }
      offset += line.length + 1
      from = end + 1
    }
    rest.push(Buffer.from(chunk.subarray(from, count)))
  }
}

/** Undefined: the folder is not there, or has nothing in it but what a beginning left that was cut off. */
function headIn(directory: string): SweepHead | undefined {
  const file = join(directory, HEAD)
  if (existsSync(file)) {
    try {
      const head = JSON.parse(readFileSync(file, 'utf8')) as SweepHead
      if (head.what === WHAT && head.schemaVersion === 1) return head
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
    }
    throw new UserError(EXIT.usage, `${file} is not of a sweep of this netsplit`, ANOTHER)
  }
  const begun = new Set([LOCK, SweepRecord.SPEC, `${SweepRecord.SPEC}.part`, `${HEAD}.part`])
  const other = existsSync(directory)
    ? readdirSync(directory).find(name => !begun.has(name) && !name.startsWith(`${LOCK}.`))
    : undefined
  if (other === undefined) return undefined
  throw new UserError(EXIT.usage, `${directory} holds other things than a sweep (${other})`, ANOTHER)
}

const ANOTHER = 'name another folder with --dir'

function refuseOther(directory: string, there: SweepHead, asked: SweepHead): void {
  const refused = (what: string) => {
    throw new UserError(EXIT.usage, `${directory} holds a sweep ${what}`, `${ANOTHER}, or remove this one`)
  }
  if (there.netsplitVersion !== asked.netsplitVersion)
    refused(
      `by netsplit ${there.netsplitVersion}, and this is ${asked.netsplitVersion}: its runs may have come out differently`,
    )
  if (there.specHash !== asked.specHash)
    refused(
      `of another spec (${there.network}, ${there.specHash}${there.until === null ? '' : `, until ${there.until}`}), and this one is ${asked.network}, ${asked.specHash}`,
    )
}

/** Who has the folder; one that has ended has it no more. */
function lock(directory: string): void {
  const file = join(directory, LOCK)
  const mine = `${file}.${process.pid}`
  writeFileSync(mine, JSON.stringify(identityOf(process.pid)))
  try {
    for (let tries = 0; tries < 2; tries++) {
      try {
        linkSync(mine, file)
        return
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const holder = holderIn(file)
      if (holder && standingOf(holder) !== 'gone')
        throw new UserError(EXIT.failure, `the sweep in ${directory} is running (process ${holder.pid})`)
      rmSync(file, { force: true })
    }
    throw new UserError(EXIT.failure, `the sweep in ${directory} has just been begun by another netsplit`)
  } finally {
    rmSync(mine, { force: true })
  }
}

function holderIn(file: string) {
  try {
    return readIdentity(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return undefined
  }
}
