// A table as Apache Parquet, https://parquet.apache.org/docs/file-format/. Loaded only when such a file is asked for.

import { ByteWriter, type ColumnSource, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer'
import type { Cell, ColumnKind, Table, TableColumn } from './table.ts'

/** Rows of a group, which alone are in memory. */
const GROUP = 50_000
const TYPES = { text: 'STRING', number: 'DOUBLE', whole: 'INT64', flag: 'BOOLEAN' } as const satisfies {
  [kind in ColumnKind]: ColumnSource['type']
}

export function* parquetPieces({ columns, rows }: Table): Iterable<Uint8Array> {
  const writer = new ByteWriter()
  const schema = schemaFromColumnData({ columnData: columns.map(column => typed(column, [])) })
  const file = new ParquetWriter({ writer, schema })
  const write = (group: readonly (readonly Cell[])[]) => {
    const columnData = columns.map(({ name, kind }, i) => ({
      name,
      data: group.map(row => stored(row[i] ?? null, kind)),
    }))
    file.write({ columnData, rowGroupSize: GROUP })
    return taken(writer)
  }
  let group: (readonly Cell[])[] = []
  for (const row of rows) {
    group.push(row)
    if (group.length < GROUP) continue
    yield write(group)
    group = []
  }
  if (group.length > 0) yield write(group)
  file.finish()
  yield taken(writer)
}

function typed({ name, kind }: TableColumn, data: never[]): ColumnSource {
  return { name, data, type: TYPES[kind], nullable: true }
}

function stored(cell: Cell, kind: ColumnKind): Cell | bigint {
  if (cell === null) return null
  return kind === 'whole' ? BigInt(cell) : kind === 'text' ? String(cell) : cell
}

/** What was written since the last time; places in the file go on being counted. */
function taken(writer: ByteWriter): Uint8Array {
  const bytes = new Uint8Array(writer.buffer.slice(0, writer.index))
  writer.index = 0
  return bytes
}
