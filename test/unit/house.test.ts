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
