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
  const groups = file.row_groups.length
  file.finish()
  const footer = taken(writer)
  if (groups === 0) typeGroups(footer)
  yield footer
}

/** Behind the footer: its length and the magic word. */
const TAIL = 8
/** In Thrift's compact protocol: no rows, and then a list that has no elements, of no type; and one of no structs. */
const NO_GROUPS = [0x16, 0x00, 0x19, 0x00] as const
const STRUCTS = 0x0c

/** The library writes a list of no row groups as one without a type, at which strict readers stop. */
function typeGroups(footer: Uint8Array): void {
  const at = Buffer.from(footer.buffer, 0, footer.length - TAIL).lastIndexOf(Buffer.from(NO_GROUPS))
  if (at >= 0) footer[at + NO_GROUPS.length - 1] = STRUCTS
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
