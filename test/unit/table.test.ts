// Tables as files: CSV that reads back, and Parquet that a reader of another house opens (Apache's own in Rust, by way of Arrow).

import { tableFromIPC } from 'apache-arrow'
import fc from 'fast-check'
import { readParquet } from 'parquet-wasm'
import { expect, test } from 'vitest'
import { parquetPieces } from '../../orchestrator/research/parquet.ts'
import {
  type Cell,
  csvPieces,
  parseCsv,
  type Table,
  type TableColumn,
} from '../../orchestrator/research/table.ts'

const COLUMNS: readonly TableColumn[] = [
  { name: 'links.latencyMs', kind: 'number' },
  { name: 'seed', kind: 'whole' },
  { name: 'relay', kind: 'text' },
  { name: 'passed', kind: 'flag' },
]

const ROWS: readonly (readonly Cell[])[] = [
  [0.5, 1, 'inv', true],
  [null, Number.MAX_SAFE_INTEGER, 'a, "b"\r\nc – ü', false],
  [-1e-9, 0, '', null],
  [50, null, null, true],
]

function bytesOf(table: Table): Uint8Array {
  return Buffer.concat([...parquetPieces(table)])
}

/** As the other reader has it: rows, and the type of each column. */
function readBack(bytes: Uint8Array): { rows: unknown[][]; types: string[] } {
  const arrow = tableFromIPC(readParquet(bytes).intoIPCStream())
  const names = arrow.schema.fields.map(({ name }) => name)
  const rows = arrow.toArray().map(row => names.map(name => row?.[name] ?? null))
  return { rows, types: arrow.schema.fields.map(({ name, type }) => `${name}: ${type}`) }
}

test('Parquet opens in a reader other than the writer: names, types, every value, and what is missing', () => {
  const { rows, types } = readBack(bytesOf({ columns: COLUMNS, rows: ROWS }))
  expect(types).toEqual(['links.latencyMs: Float64', 'seed: Int64', 'relay: Utf8', 'passed: Bool'])
  expect(rows).toEqual(
    ROWS.map(([a, seed, ...rest]) => [a, seed === null ? null : BigInt(Number(seed)), ...rest]),
  )
})

test('more rows than a group holds are all there, in order', () => {
  function* many(): Iterable<Cell[]> {
    for (let i = 0; i < 120_000; i++) yield [i / 8, i, i % 3 === 0 ? null : `node-${i % 50}`, i % 2 === 0]
  }
  const { rows } = readBack(bytesOf({ columns: COLUMNS, rows: many() }))
  expect(rows).toHaveLength(120_000)
  for (const i of [0, 49_999, 50_000, 50_001, 119_999])
    expect(rows[i]).toEqual([i / 8, BigInt(i), i % 3 === 0 ? null : `node-${i % 50}`, i % 2 === 0])
})

test('whatever stands in a column, Parquet gives it back', () => {
  const cells = fc.tuple(
    fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
    fc.option(fc.maxSafeInteger()),
    fc.option(fc.string({ unit: 'grapheme' })),
    fc.option(fc.boolean()),
  )
  const same = (rows: readonly (readonly Cell[])[]) => {
    const whole = (cell: Cell | undefined) => (typeof cell === 'number' ? BigInt(cell) : null)
    const expected = rows.map(row => row.map((cell, i) => (i === 1 ? whole(cell) : cell)))
    expect(readBack(bytesOf({ columns: COLUMNS, rows })).rows).toEqual(expected)
  }
  same([[null, null, null, null]])
  same(Array.from({ length: 9 }, () => [0.5, 7, 'x', true]))
  fc.assert(fc.property(fc.array(cells, { minLength: 1, maxLength: 40 }), same))
})

test('a table without rows is one, too', () => {
  const { rows, types } = readBack(bytesOf({ columns: COLUMNS, rows: [] }))
  expect(rows).toEqual([])
  expect(types).toHaveLength(4)
  expect([...csvPieces({ columns: COLUMNS, rows: [] })].join('')).toBe(
    'links.latencyMs,seed,relay,passed\r\n',
  )
})

test('the same table gives the same bytes', () => {
  const table = { columns: COLUMNS, rows: ROWS }
  expect(bytesOf(table)).toEqual(bytesOf(table))
})

test('CSV is written as RFC 4180 says', () => {
  expect([...csvPieces({ columns: COLUMNS, rows: ROWS })].join('').split('\r\n')).toEqual([
    'links.latencyMs,seed,relay,passed',
    '0.5,1,inv,true',
    ',9007199254740991,"a, ""b""',
    'c – ü",false',
    '-1e-9,0,,',
    '50,,,true',
    '',
  ])
})

test('whatever stands in a cell, CSV reads back', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('"', ',', '\r\n', '\n', 'a"b,c\r\nd', 'é'))
  fc.assert(
    fc.property(fc.array(fc.array(text, { minLength: 3, maxLength: 3 })), rows => {
      const columns = ['a', 'b', 'c'].map(name => ({ name, kind: 'text' as const }))
      const written = [...csvPieces({ columns, rows })].join('')
      expect(parseCsv(written)).toEqual([['a', 'b', 'c'], ...rows])
    }),
  )
})

test('CSV of others is read: line ends without a return, quotes where none are needed, a last line without an end', () => {
  expect(parseCsv('a,b\n"1","x ""y"""\n2,z')).toEqual([
    ['a', 'b'],
    ['1', 'x "y"'],
    ['2', 'z'],
  ])
})
