// A table as programs for statistics take it: columns with a name and a kind, and a row a thing. As text, RFC 4180.

export type Cell = string | number | boolean | null

/** `whole`: of numbers that are whole, however large. */
export type ColumnKind = 'text' | 'number' | 'whole' | 'flag'

export interface TableColumn {
  readonly name: string
  readonly kind: ColumnKind
}

export interface Table {
  readonly columns: readonly TableColumn[]
  /** Made while they are gone through: there may be more than fit in memory. */
  readonly rows: Iterable<readonly Cell[]>
}

/** The kind that holds all these. */
export function kindOf(cells: readonly Cell[]): ColumnKind {
  const there = cells.filter(cell => cell !== null)
  if (there.every(cell => typeof cell === 'boolean') && there.length > 0) return 'flag'
  if (there.every(Number.isSafeInteger) && there.length > 0) return 'whole'
  return there.every(cell => typeof cell === 'number') ? 'number' : 'text'
}

const LINES_AT_ONCE = 1000

export function* csvPieces({ columns, rows }: Table): Iterable<string> {
  let lines = [csvLine(columns.map(({ name }) => name))]
  for (const row of rows) {
    lines.push(csvLine(row))
    if (lines.length < LINES_AT_ONCE) continue
    yield lines.join('')
    lines = []
  }
  yield lines.join('')
}

function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}

function csvCell(cell: Cell): string {
  if (typeof cell !== 'string') return cell === null ? '' : String(cell)
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

/** Rows of text, the first with the names; '' where nothing stands. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let quoted = false
  const end = () => {
    row.push(cell)
    rows.push(row)
    row = []
    cell = ''
  }
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string
    if (quoted) {
      if (character !== '"') cell += character
      else if (text[i + 1] === '"') cell += text[++i]
      else quoted = false
    } else if (character === '"' && cell === '') quoted = true
    else if (character === ',') {
      row.push(cell)
      cell = ''
    } else if (character === '\n') end()
    else if (character !== '\r') cell += character
  }
  if (cell !== '' || row.length > 0) end()
  return rows.filter(each => each.length > 1 || each[0] !== '')
}
