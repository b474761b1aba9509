// A line of progress in a terminal: the next takes its place, and nothing else stands behind it on one line.

import { afterEach, expect, test, vi } from 'vitest'
import { err, errInPlace, wipe } from '../../orchestrator/terminal/outlet.ts'

/** What is written to stderr, as a terminal of this width or no terminal. */
function terminal(columns: number | undefined): () => string {
  const written: string[] = []
  const { stderr } = process
  vi.spyOn(stderr, 'write').mockImplementation(text => written.push(String(text)) > 0)
  vi.spyOn(console, 'error').mockImplementation((text: unknown) => void written.push(`${text}\n`))
  const was = [stderr.isTTY, stderr.columns] as const
  Object.assign(stderr, { isTTY: columns !== undefined, columns })
  restore = () => Object.assign(stderr, { isTTY: was[0], columns: was[1] })
  return () => written.join('')
}

let restore = () => {}
afterEach(() => {
  wipe()
  restore()
  vi.restoreAllMocks()
})

const GONE = '\r\u001b[2K'

test('lines follow one another in place, and leave none behind', () => {
  const written = terminal(20)
  expect(errInPlace('1 of 3')).toBe(true)
  errInPlace('2 of 3, and a long rest of it')
  err('done')
  expect(written()).toBe(`1 of 3${GONE}2 of 3, and a long ${GONE}done\n`)
})

test('a terminal that does not know its width has 80 columns', () => {
  const written = terminal(0)
  errInPlace('x'.repeat(100))
  expect(written()).toBe('x'.repeat(79))
})

test('what a terminal would obey is shown; where there is none, nothing is', () => {
  const written = terminal(80)
  errInPlace('a\u001b[31m\nb')
  expect(written()).toBe('a␛[31m b')
  wipe()
  restore()
  const nothing = terminal(undefined)
  expect(errInPlace('1 of 3')).toBe(false)
  expect(nothing()).toBe('')
})
