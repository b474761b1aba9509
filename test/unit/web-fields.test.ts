// What is sent of a part of the page when it changed, field by field.

import { describe, expect, it } from 'vitest'
import { type Field, fieldsOf, keyed, small, whole, windowed } from '../../orchestrator/web/fields.ts'
import { smallPart } from '../../orchestrator/web/part.ts'
import { PaperNetwork } from '../support/network-double.ts'

/** The change as it is sent, and what its reader makes of it. */
function sent<Value>(field: Field<Value>, before: Value, after: Value) {
  const change = field.difference(before, after)
  const copy: Value = JSON.parse(JSON.stringify(before))
  if (change === undefined) return { change, read: copy }
  const read = JSON.parse(JSON.stringify(change))
  return { change: read, read: field.apply(copy, read) }
}

describe('a field', () => {
  it('that is small is sent when it reads differently', () => {
    expect(sent(small(), { a: 1 }, { a: 1 }).change).toBeUndefined()
    expect(sent(small(), { a: 1 }, { a: 2 }).read).toEqual({ a: 2 })
  })

  it('that is whole is sent when it is another, and may become nothing', () => {
    const list = [1]
    expect(sent(whole(), list, list).change).toBeUndefined()
    expect(sent(whole(), list, [1]).change).toEqual({ to: [1] })
    const fields = fieldsOf<{ tip: string | undefined }>({ tip: whole() })
    expect(sent(fields, { tip: 'a' }, { tip: undefined }).read.tip).toBeUndefined()
  })

  it('of items with keys tells the new ones, and the order only where it changed', () => {
    const items = keyed<{ readonly k: string; readonly n?: number }>(({ k }) => k)
    const [a, b, c] = [{ k: 'a' }, { k: 'b' }, { k: 'c' }]
    expect(sent(items, [a, b], [a, b]).change).toBeUndefined()
    const other = { k: 'b', n: 2 }
    expect(sent(items, [a, b, c], [a, other, c])).toEqual({
      change: { items: [other] },
      read: [a, other, c],
    })
    expect(sent(items, [a, b], [b, c])).toEqual({ change: { items: [c], order: ['b', 'c'] }, read: [b, c] })
    expect(sent(items, [a, b], [a])).toEqual({ change: { items: [], order: ['a'] }, read: [a] })
    expect(sent(items, [a, b], [b, a]).read).toEqual([b, a])
  })

  it('among others is told alone', () => {
    const fields = fieldsOf<{ readonly a: number; readonly b: readonly object[] }>({
      a: whole(),
      b: windowed(),
    })
    const [x, y] = [{ x: 1 }, { y: 1 }]
    expect(sent(fields, { a: 1, b: [x] }, { a: 1, b: [x] }).change).toBeUndefined()
    const { change, read } = sent(fields, { a: 1, b: [x] }, { a: 1, b: [x, y] })
    expect(change).not.toHaveProperty('a')
    expect(read).toEqual({ a: 1, b: [x, y] })
  })
})

it('a small part is sent whole, and not while it stays', () => {
  const paper = new PaperNetwork()
  const part = smallPart(({ nodes }) => ({ up: nodes.filter(({ phase }) => phase === 'running').length }))
  const before = part.of(paper.observer.state())
  expect(part.difference(before, part.of(paper.observer.state()))).toBeUndefined()
  paper.launch()
  const after = part.of(paper.observer.state())
  const change = part.difference(before, after)
  expect(part.apply(before, JSON.parse(JSON.stringify(change)))).toEqual({ up: 5 })
})
