// How the house is built: imports only go down, and a file has one subject and a size to match.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { circlesIn, importsOf, sourcesBelow } from '../support/imports.ts'

const SOURCES = ['node', 'orchestrator', 'scripts', 'test']
const MOST_LINES = 400

describe('imports', () => {
  it('go round in no circle, those of types included', () => {
    const graph = importsOf('.', sourcesBelow('.', SOURCES))
    expect(graph.get('orchestrator/main.ts')).toContain('orchestrator/commands/up.ts') // dynamic ones are seen
    expect(graph.get('orchestrator/commands/up.ts')).toContain('orchestrator/commands/command.ts') // types are seen
    expect(circlesIn(graph)).toEqual([])
  })

  it('that do are found, long circles and short ones', () => {
    const graph = new Map([
      ['a', ['b', 'd']],
      ['b', ['c']],
      ['c', ['a', 'd']],
      ['d', ['e']],
      ['e', []],
      ['f', ['f']],
      ['g', ['e', 'a']],
    ])
    expect(circlesIn(graph)).toEqual([['a', 'b', 'c'], ['f']])
  })
})

it(`no source is longer than ${MOST_LINES} lines`, () => {
  const long = sourcesBelow('.', SOURCES).filter(
    file => readFileSync(file, 'utf8').split('\n').length - 1 > MOST_LINES,
  )
  expect(long).toEqual([])
})

describe('flags as typed', () => {
  const AT_THE_DOOR = /^orchestrator\/(main\.ts|commands\/)/
  const TYPES = ['orchestrator/commands/command.ts', 'orchestrator/commands/usage.ts']
  const orchestrator = sourcesBelow('.', ['orchestrator'])

  it('have types that nobody behind the door knows', () => {
    const importers = [...importsOf('.', orchestrator)].flatMap(([file, imported]) =>
      TYPES.some(each => imported.includes(each)) ? [file] : [],
    )
    expect(importers).toContain('orchestrator/commands/up-request.ts')
    expect(importers.filter(file => !AT_THE_DOOR.test(file))).toEqual([])
  })

  it('are seen by what reads a request, and by nothing else', () => {
    const verbs = orchestrator.filter(
      file => file.startsWith('orchestrator/commands/') && !/\/(command|program)\.ts$/.test(file),
    )
    const takers = verbs.flatMap(file => takersOf(readFileSync(file, 'utf8')).map(name => `${file}: ${name}`))
    expect(takers.length).toBeGreaterThan(20)
    expect(takers.filter(taker => !/: read[A-Z]?\w*$/.test(taker))).toEqual([])
  })

  it('are no bag of strings anywhere', () => {
    const bags = orchestrator.filter(file => BAG.test(readFileSync(file, 'utf8')))
    expect(bags).toEqual([])
  })

  it('that are handed on are found', () => {
    expect(
      takersOf("function read(flags: FlagsOf<'up'>) {}\nfunction run(a: A, flags: FlagsOf<'up'>) {}"),
    ).toEqual(['read', 'run'])
    expect(takersOf("interface Request { flags: FlagsOf<'up'> }")).toEqual(['interface Request'])
    expect(BAG.test('type Options = Readonly<Record<string, string | boolean | undefined>>')).toBe(true)
    expect(BAG.test('options: { readonly [flag: string]: string | true }')).toBe(true)
  })

  const BAG = /(Record<string, |\[\w+: string\]: )string \| (boolean|true)\b/

  /** Functions and types whose text names the type of flags; `keyof` asks for their names only. */
  function takersOf(text: string): string[] {
    return [...text.matchAll(/(?<!keyof )FlagsOf</g)].map(({ index }) => {
      const before = [...text.slice(0, index).matchAll(/\b(function|interface|type|const) (\w+)/g)].at(-1)
      return before?.[1] === 'function' ? `${before[2]}` : `${before?.[0]}`
    })
  }
})
