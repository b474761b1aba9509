// How counts are written for people, and that no text of the house counts by hand.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { plural } from '../../orchestrator/format.ts'

test.each([
  [0, '0 blocks'],
  [1, '1 block'],
  [2, '2 blocks'],
  [1234, '1,234 blocks'],
])('%i is written %s', (count, words) => {
  expect(plural(count, 'block')).toBe(words)
})

test('nouns of their own plural', () => {
  expect([1, 2].map(count => plural(count, 'branch', 'branches'))).toEqual(['1 branch', '2 branches'])
})

// Where a count is never one, or stands for something else.
const RIGHT = [
  /are more than/,
  /are too many here/,
  /of \$\{this\.#of\} nodes up/,
  /\} (blocks|headers) and more/,
  /tips (===|>) 1/,
  /\} runs in the background/,
  /one of \$\{plan\.runtime\} nodes/,
  /of degree \$/,
  /networks are (running|stopped)/,
  /has \$\{(node\.)?peers\} of \$/,
]

test('what counts something counts it with plural', () => {
  const nouns =
    'blocks|faults|nodes|tips|runs|checks|peers|payments|connections|chains|restarts|branches|arrivals|intervals|steps|forks|events|samples|lines|seconds|networks'
  const byHand = new RegExp(`\\$\\{[^}]*\\} (${nouns})\\b`)
  const root = join(import.meta.dirname, '../../orchestrator')
  const found = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(name => /\.tsx?$/.test(name) && !/^(runtime|observe)\b/.test(name))
    .flatMap(name => {
      const lines = readFileSync(join(root, name), 'utf8').split('\n')
      return lines.filter(line => byHand.test(line)).map(line => `${name}: ${line.trim()}`)
    })
  expect(found.filter(line => !RIGHT.some(right => right.test(line)))).toEqual([])
})
