// What was found: figures and survivors; and the list of the faults that are known to change nothing.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../shared.ts'
import type { Fault } from './faults.ts'
import type { Verdict } from './hunt.ts'
import { nameOf } from './pick.ts'

export interface Finding {
  readonly fault: Fault
  readonly verdict: Verdict | { readonly kind: 'equivalent'; readonly reason: string }
}

export interface Summary {
  readonly faults: number
  readonly noticed: number
  readonly survived: number
  readonly equivalent: number
  /** Of those that change something. */
  readonly noticedShare: number
}

export function summary(findings: readonly Finding[]): Summary {
  const count = (kind: string) => findings.filter(({ verdict }) => verdict.kind === kind).length
  const [noticed, survived, equivalent] = [count('noticed'), count('survived'), count('equivalent')]
  return {
    faults: findings.length,
    noticed,
    survived,
    equivalent,
    noticedShare: noticed / Math.max(1, noticed + survived),
  }
}

export function printed(findings: readonly Finding[], folders: readonly string[], seed: string): string {
  const { faults, noticed, survived, equivalent, noticedShare } = summary(findings)
  const survivors = findings.flatMap(({ fault, verdict }) => {
    if (verdict.kind !== 'survived') return []
    const { file, line, column, before, after } = fault
    const tests = verdict.tests === 0 ? 'no test comes here' : `${verdict.tests} tests pass through it`
    return [`${file}:${line}:${column}  (${tests})\n    - ${before}\n    + ${after}`]
  })
  const same = equivalent === 0 ? '' : `, ${equivalent} change nothing (test/equivalent-faults.json)`
  return [
    ...survivors,
    `${folders.join(', ')}, seed ${seed}: ${noticed} of ${faults} faults noticed${same}, ${survived} survived: ${(100 * noticedShare).toFixed(1)} %`,
  ].join('\n')
}

/** `test/equivalent-faults.json`: faults that were shown to change nothing, by the text of their lines. */
export class Equivalents {
  readonly #reasons: ReadonlyMap<string, string>

  private constructor(reasons: ReadonlyMap<string, string>) {
    this.#reasons = reasons
  }

  static async read(): Promise<Equivalents> {
    const list: Entry[] = JSON.parse(await readFile(join(ROOT, 'test', 'equivalent-faults.json'), 'utf8'))
    return new Equivalents(new Map(list.map(entry => [nameOf(entry), entry.reason])))
  }

  reasonFor(fault: Fault): string | undefined {
    return this.#reasons.get(nameOf(fault))
  }
}

interface Entry {
  readonly file: string
  readonly before: string
  readonly after: string
  readonly reason: string
}
