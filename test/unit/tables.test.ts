// Tables from files: what people and tools write is read, and whatever else comes is refused with its line.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FileProblem, numberIn, readTable } from '../../orchestrator/spec/tables.ts'

const cells = (text: string) => readTable('t.csv', text).rows.map(row => row.cells)
const refusal = (text: string): string => {
  try {
    readTable('t.csv', text)
  } catch (error) {
    expect(error).toBeInstanceOf(FileProblem)
    return (error as Error).message
  }
  return 'accepted'
}

describe('a table', () => {
  it.each<[what: string, text: string, rows: string[][]]>([
    [
      'with commas',
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'with semicolons',
      'a;b,c\nd;e',
      [
        ['a', 'b,c'],
        ['d', 'e'],
      ],
    ],
    [
      'with tabs, some empty',
      'a\t\tb\n\tc\t',
      [
        ['a', '', 'b'],
        ['', 'c', ''],
      ],
    ],
    [
      'with spaces, however many',
      '  a   b\nc d ',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['of one column', '1\n2\n', [['1'], ['2']]],
    [
      'with a byte order mark and the line ends of Windows',
      '\uFEFFa,b\r\nc,d\r\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'with the line ends of old',
      'a,b\rc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['with comments and empty lines', '# what\n\na,b\n   \n#c,d\n', [['a', 'b']]],
    [
      'with quotes',
      '"a, ""x""",b\n"",  "c" ',
      [
        ['a, "x"', 'b'],
        ['', 'c'],
      ],
    ],
    ['with a separator in quotes before the first', '"a,b";c', [['a,b', 'c']]],
    [
      'with fields that are missing',
      'a,,b,\n,',
      [
        ['a', '', 'b', ''],
        ['', ''],
      ],
    ],
  ])('%s', (_what, text, rows) => {
    expect(cells(text)).toEqual(rows)
  })

  it('knows the line of each row', () => {
    expect(readTable('t.csv', '# x\na,b\n\nc,d').rows.map(({ line }) => line)).toEqual([2, 4])
  })

  it.each([
    ['nothing', '', /^t.csv: there is nothing in it/],
    ['nothing but comments', '#a\n', /there is nothing in it/],
    ['a quote that stays open', 'a,b\n"c,d', /^t.csv:2: a quote is not closed/],
    [
      'something behind a quote',
      'a,b\n"c"x,d',
      /^t.csv:2: something stands between a quote and the next comma/,
    ],
    ['bytes of no text', 'a\0b', /it is no text/],
    ['a field without end', `a,${'x'.repeat(1001)}`, /^t.csv:1: a field has more than 1000/],
  ])('refuses %s', (_what, text, message) => {
    expect(refusal(text)).toMatch(message)
  })

  it('gives back what was written with quotes, whatever it is', () => {
    const cell = fc.string({ maxLength: 20 }).filter(text => !/[\0\uFFFD\r\n]/.test(text))
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 5 }), { minLength: 1 }), rows => {
        const text = rows
          .map(row => row.map(each => `"${each.replaceAll('"', '""')}"`).join(','))
          .join('\r\n')
        expect(cells(text)).toEqual(rows)
      }),
    )
  })

  it('of whatever text is rows, or said to be none', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('"', ',', ';', '\t', ' ', '\n', '\r', 'a', '1', '#') }),
        text => {
          if (refusal(text) === 'accepted') expect(cells(text).every(row => row.length > 0)).toBe(true)
        },
      ),
    )
  })
})

describe('a number', () => {
  const range = { what: 'a delay in ms', least: 0, most: 100 }
  const read = (cell: string | undefined) => numberIn({ file: 't.csv' }, { line: 7 }, cell, range)

  it.each([
    ['0', 0],
    ['1.5', 1.5],
    ['.5', 0.5],
    ['5.', 5],
    ['1e2', 100],
    ['+3', 3],
    ['-0', -0],
  ])('may be %s', (cell, value) => {
    expect(read(cell)).toBe(value)
  })

  it.each(['', 'NaN', 'nan', 'Infinity', '1e999', '0x10', '1,5', '5ms', '--1', '1_000', undefined])(
    'is not %s',
    cell => {
      expect(() => read(cell)).toThrow(/^t.csv:7: .* is no number: expected a delay in ms/)
    },
  )

  it.each(['-1', '100.1', '1e3'])('is not beyond its range: %s', cell => {
    expect(() => read(cell)).toThrow(`t.csv:7: ${cell} is out of range: a delay in ms is between 0 and 100`)
  })
})
