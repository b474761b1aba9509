// The line that a child is awaited to print is found wherever it stands, and nothing else of what it prints is lost.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseReady, ReadyLine } from '../../orchestrator/runtime/ready-line.ts'

const READY = '{"ready":true,"name":"a-1"}'

function read(parts: readonly string[]): { found: unknown[]; other: string } {
  const outcome = { found: [] as unknown[], other: '' }
  const line = new ReadyLine(
    text => parseReady<{ ready: boolean }>(text, ({ ready }) => ready === true),
    found => outcome.found.push(found),
    text => {
      outcome.other += text
    },
  )
  for (const part of parts) line.push(part)
  line.end()
  return outcome
}

test('it is found among other lines, however they are cut; those are passed on whole', () => {
  const lines = fc.array(
    fc.string().filter(text => !/[\n{]/.test(text)),
    { maxLength: 5 },
  )
  fc.assert(
    fc.property(lines, lines, fc.array(fc.nat(300), { maxLength: 8 }), (before, after, cuts) => {
      const head = before.map(line => `${line}\n`).join('')
      const tail = after.map(line => `${line}\n`).join('')
      const text = `${head}${READY}\n${tail}`
      const at = [0, ...cuts.map(cut => cut % (text.length + 1)).sort((a, b) => a - b), text.length]
      const parts = at.slice(1).map((end, i) => text.slice(at[i], end))
      expect(read(parts)).toEqual({ found: [JSON.parse(READY)], other: head + tail })
    }),
  )
})

test('what only looks like it is not it; it may stand behind something on its own line', () => {
  expect(read(['{"ready":false}\n{"ready":\n{"ready":true']).found).toEqual([])
  expect(read([`loaded ${READY}\n`])).toEqual({ found: [JSON.parse(READY)], other: '' })
})

test('a line without an end is passed on and not kept', () => {
  const endless = 'x'.repeat(70_000)
  const { found, other } = read([endless, endless, `\n${READY}\n`])
  expect(found).toHaveLength(1)
  expect(other).toBe(`${endless}${endless}\n`)
})
