// `npm run mutate -- <folder>`: plants small faults in a folder's code, one at a time, and says which of them the tests notice.

import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { buildIfStale } from './build.ts'
import { type Fault, faultsOf } from './mutate/faults.ts'
import { Hunt } from './mutate/hunt.ts'
import { withMarks } from './mutate/marks.ts'
import { nameOf, pick } from './mutate/pick.ts'
import { Equivalents, type Finding, printed, summary } from './mutate/report.ts'
import { Suite, type TestFile } from './mutate/suite.ts'
import { ROOT } from './shared.ts'

const USAGE = `usage: npm run mutate -- <folder or file> … [options]
  --faults <n>      how many to plant, chosen by the seed (200)
  --seed <text>     (1)
  --suites <names>  vitest's projects (unit,sim)
  --tests <texts>   only test files with one of these in their path
  --again <file>    only what survived in this earlier document
  --heap <MB>       of the process that runs the tests (1024)
  --json <file>     the findings as a document`

const OPTIONS = {
  faults: { type: 'string', default: '200' },
  seed: { type: 'string', default: '1' },
  suites: { type: 'string', default: 'unit,sim' },
  tests: { type: 'string', default: '' },
  heap: { type: 'string', default: '1024' },
  json: { type: 'string' },
  again: { type: 'string' },
} as const

export async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  const count = Number(values.faults)
  if (positionals.length === 0 || !Number.isSafeInteger(count) || count < 1) {
    console.error(USAGE)
    return 2
  }
  const texts = await sources(positionals)
  const picked = pick(
    [...texts].flatMap(([file, text]) => faultsOf(file, text)),
    count,
    values.seed,
  )
  const chosen = values.again === undefined ? picked : await survivorsOf(values.again, picked)
  if (picked.length < count) console.error(`mutate: there are only ${picked.length} places for a fault`)
  await buildIfStale()
  const suite = await Suite.open({
    suites: values.suites.split(','),
    tests: values.tests.split(',').filter(text => text !== ''),
    heapMb: Number(values.heap),
  })
  const stop = endOnSignals(suite)
  try {
    const findings = await hunted(suite, chosen, texts)
    const document = { folders: positionals, seed: values.seed, ...summary(findings), findings }
    if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(document, null, 2)}\n`)
    console.log(printed(findings, positionals, values.seed))
    return document.survived > 0 ? 3 : 0
  } finally {
    stop()
    await suite.close()
  }
}

/** Path below the project's folder → text. */
async function sources(places: readonly string[]): Promise<Map<string, string>> {
  const files: string[] = []
  for (const place of places) {
    if (/\.tsx?$/.test(place)) files.push(join(ROOT, place))
    else
      for (const entry of await readdir(join(ROOT, place), { recursive: true, withFileTypes: true }))
        if (entry.isFile() && /(?<!\.d)\.tsx?$/.test(entry.name))
          files.push(join(entry.parentPath, entry.name))
  }
  const texts = await Promise.all(
    files.sort().map(async file => [relative(ROOT, file), await readFile(file, 'utf8')] as const),
  )
  return new Map(texts)
}

async function survivorsOf(document: string, picked: readonly Fault[]): Promise<Fault[]> {
  const { findings }: { findings: Finding[] } = JSON.parse(await readFile(document, 'utf8'))
  const names = new Set(
    findings.filter(({ verdict }) => verdict.kind === 'survived').map(({ fault }) => nameOf(fault)),
  )
  return picked.filter(fault => names.has(nameOf(fault)))
}

async function hunted(
  suite: Suite,
  chosen: readonly Fault[],
  texts: ReadonlyMap<string, string>,
): Promise<Finding[]> {
  const equivalents = await Equivalents.read()
  const open = [...chosen.entries()].filter(([, fault]) => equivalents.reasonFor(fault) === undefined)
  console.error(`mutate: ${chosen.length} faults; which tests pass through their places …`)
  const files = sound(await suite.runAll(marked(open, texts)))
  const hunt = new Hunt(suite, files, texts)
  const findings: Finding[] = []
  for (const [number, fault] of chosen.entries()) {
    const reason = equivalents.reasonFor(fault)
    const verdict =
      reason === undefined ? await hunt.judge(number, fault) : { kind: 'equivalent' as const, reason }
    findings.push({ fault, verdict })
    progress(number + 1, chosen.length, findings)
  }
  return findings
}

function marked(open: readonly [number, Fault][], texts: ReadonlyMap<string, string>): Map<string, string> {
  const files = new Set(open.map(([, { file }]) => file))
  return new Map(
    [...files].map(file => [
      file,
      withMarks(
        texts.get(file) ?? '',
        open.filter(([, fault]) => fault.file === file),
      ),
    ]),
  )
}

/** What fails without a fault would notice every one: it is left out, and said. */
function sound(files: readonly TestFile[]): TestFile[] {
  for (const { path, passed, error } of files)
    if (!passed)
      console.error(`mutate: ${path} fails without any fault and is left out${error ? `: ${error}` : ''}`)
  return files.filter(({ passed }) => passed)
}

function progress(done: number, count: number, findings: readonly Finding[]): void {
  const { survived } = summary(findings)
  const last = findings.at(-1)
  if (last?.verdict.kind === 'survived') {
    const { file, line, column, before, after } = last.fault
    console.error(`${file}:${line}:${column}  ${before}  →  ${after || 'nothing'}`)
  } else if (done % 20 === 0 || done === count) {
    console.error(`mutate: ${done} of ${count}, ${survived} survived`)
  }
}

/** Ctrl-C ends what runs the tests, and us; before vitest's own listener, which would end us with another code. */
function endOnSignals(suite: Suite): () => void {
  const end = (signal: NodeJS.Signals) => {
    suite.kill()
    process.exit(signal === 'SIGINT' ? 130 : 143)
  }
  process.prependOnceListener('SIGINT', end)
  process.prependOnceListener('SIGTERM', end)
  return () => {
    process.off('SIGINT', end)
    process.off('SIGTERM', end)
  }
}
