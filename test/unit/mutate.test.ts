// Planted faults: what is planted where, that marks change nothing, and that the seed's choice holds still.

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Fault, faultsOf, plant } from '../../scripts/mutate/faults.ts'
import { MARK, withMarks } from '../../scripts/mutate/marks.ts'
import { nameOf, pick } from '../../scripts/mutate/pick.ts'
import equivalents from '../equivalent-faults.json' with { type: 'json' }

const changes = (text: string) => faultsOf('x.ts', text).map(fault => plant(text, fault))

describe('a fault is', () => {
  it.each([
    ['a bound', 'f(a < b)', ['f(a <= b)', 'f(a >= b)']],
    ['an equality', 'f(a === b)', ['f(a !== b)']],
    ['an operator', 'f(a - b)', ['f(a + b)']],
    ['a connection', 'f(a && b)', ['f(a || b)']],
    ['a negation', 'f(!a)', ['f(a)']],
    ['a number', 'f(9)', ['f(10)', 'f(8)']],
    ['a number below zero', 'f(0)', ['f(1)', 'f((-1))']],
    ['a large number', 'f(9n)', ['f(10n)', 'f(8n)']],
    ['a truth', 'f(true)', ['f(false)']],
    ['a word', "f('left')", ["f('left~')"]],
    ['a limit', 'x = Math.min(a, b)', ['x = Math.max(a, b)']],
    ['a condition', 'x = a ? b : c', ['x = !(a) ? b : c']],
    ['a sum', 'a += b', ['a -= b']],
    ['a step', 'a++', ['a--']],
  ])('%s', (_, text, expected) => {
    // The whole statement left out is the one that all have.
    expect(changes(text).filter(change => change !== ';')).toEqual(expected)
    expect(changes(text)).toContain(';')
  })

  it('an early return, and a statement of its own', () => {
    expect(changes('function f() { if (a) return; g() }')).toEqual([
      'function f() { if (!(a)) return; g() }',
      'function f() { if (a) ; g() }',
      'function f() { if (a) return; ; }',
    ])
  })
})

describe('no fault is', () => {
  it.each([
    ['a message', "const a = 'it went wrong'"],
    ['a type', 'const a: 5 | "b" = c as 7'],
    ['the name of a module', "import a from 'b'"],
    ['a key', "const a = { 'b': c, 5: d }"],
    ['joined text', "const a = 'b' + c"],
    ['what only the compiler asks for', 'const [a = 0] = b[c] ?? 0'],
  ])('%s', (_, text) => {
    expect(changes(text).map(change => change.replace('??', '&&'))).toEqual(
      changes(text).length > 0 ? [text.replace('??', '&&')] : [],
    )
  })
})

describe('marks', () => {
  const SOURCE = `
    let log = ''
    const steps: string[] = []
    for (let i = 0; i < 3; i++) {
      if (i === 1) continue
      log = log + i
      !i || steps.push('step')
      i > 1 ? steps.push('far') : steps.push('near')
    }
    try { if (log !== '') throw new Error('x') } catch { steps.push('caught') }
    ;(globalThis as any).found = { log, steps, sum: [1, 2].every(n => n > 0) && -2 + 5 }
  `
  const run = (source: string) => {
    new Function(source)()
    return Reflect.get(globalThis, 'found')
  }

  it('leave a program what it is, and tell which places it passed through', () => {
    const faults = faultsOf('x.ts', SOURCE)
    const ran = new Set<number>()
    Object.assign(globalThis, { [MARK]: (n: number) => ran.add(n) })
    const marked = withMarks(SOURCE, [...faults.entries()])
    expect(run(plain(marked))).toEqual(run(plain(SOURCE)))
    expect(faults.length).toBeGreaterThan(30)
    expect(ran.size).toBe(faults.length)
  })

  it('are not reached where nothing comes', () => {
    const text = 'const f = () => a < b'
    const ran = new Set<number>()
    Object.assign(globalThis, { [MARK]: (n: number) => ran.add(n) })
    new Function(withMarks(text, [...faultsOf('x.ts', text).entries()]))()
    expect(ran.size).toBe(0)
  })
})

/** Without its types. */
function plain(source: string): string {
  return source.replace(': string[]', '').replace(' as any', '')
}

describe('the choice', () => {
  const text = Array.from({ length: 50 }, (_, i) => `export const a${i} = b${i} < c${i}`).join('\n')
  const faults = faultsOf('x.ts', text)
  const names = (chosen: readonly Fault[]) => chosen.map(({ after }) => after)

  it('has as many as are wanted, one a place, the same for a seed', () => {
    const chosen = pick(faults, 20, 'seed')
    expect(new Set(chosen.map(({ start }) => start)).size).toBe(20)
    expect(names(pick(faults, 20, 'seed'))).toEqual(names(chosen))
    expect(names(pick(faults, 20, 'other'))).not.toEqual(names(chosen))
    expect(pick(faults, 1000, 'seed')).toHaveLength(50)
  })

  it('stays when other lines come and go', () => {
    const moved = faultsOf('x.ts', `export const other = d > e\n\n${text}`)
    const before = new Set(names(pick(faults, 20, 'seed')))
    const after = names(pick(moved, 20, 'seed'))
    expect(after.filter(name => before.has(name)).length).toBeGreaterThanOrEqual(19)
  })
})

it('a fault that is listed as one that changes nothing can be planted: its line is still there', () => {
  const faults = (file: string) => (existsSync(file) ? faultsOf(file, readFileSync(file, 'utf8')) : [])
  const known = new Set([...new Set(equivalents.map(({ file }) => file))].flatMap(faults).map(nameOf))
  expect(equivalents.filter(entry => !known.has(nameOf(entry)))).toEqual([])
})
