// Tables in text files as people and tools write them: CSV (RFC 4180) or columns set apart by semicolons, tabs or spaces; with or
// without quotes, a byte order mark, Windows' line ends, comments, a header. Pure: from text to rows, each with its line.

/** What is wrong with a file, and where. */
export class FileProblem extends Error {
  override readonly name = 'FileProblem'
  constructor(file: string, line: number | undefined, what: string) {
    super(line === undefined ? `${file}: ${what}` : `${file}:${line}: ${what}`)
  }
}

export interface Row {
  /** Counted from 1, as editors do. */
  readonly line: number
  readonly cells: readonly string[]
}

export interface Table {
  readonly file: string
  readonly rows: readonly Row[]
}

const MAX_ROWS = 2_000_000
const MAX_CELL = 1_000

/** What sets columns apart: the first of these that the first line has outside quotes, else spaces. */
const SEPARATORS = ['\t', ';', ','] as const

/** Rows of `text` that hold anything. Throws FileProblem. */
export function readTable(file: string, text: string): Table {
  if (/[\0\uFFFD]/.test(text)) throw new FileProblem(file, undefined, 'it is no text')
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  const rows: Row[] = []
  let separator: string | undefined
  for (const [i, whole] of lines.entries()) {
    const content = whole.trim()
    if (content === '' || content.startsWith('#')) continue
    separator ??= SEPARATORS.find(each => unquoted(content).includes(each)) ?? ' '
    const line = i + 1
    const cells =
      separator === ' ' && !content.includes('"')
        ? content.split(/\s+/)
        : cellsOf(separator === '\t' ? whole : content, separator, file, line)
    if (cells.some(cell => cell.length > MAX_CELL))
      throw new FileProblem(file, line, `a field has more than ${MAX_CELL} characters`)
    if (rows.length === MAX_ROWS) throw new FileProblem(file, line, `there are more than ${MAX_ROWS} lines`)
    rows.push({ line, cells })
  }
  if (rows.length === 0) throw new FileProblem(file, undefined, 'there is nothing in it')
  return { file, rows }
}

/** The number in a cell. Throws FileProblem for what is none, is not finite, or lies outside. */
export function numberIn(
  { file }: Pick<Table, 'file'>,
  { line }: Pick<Row, 'line'>,
  cell: string | undefined,
  { what, least, most }: { readonly what: string; readonly least: number; readonly most: number },
): number {
  const value = isNumber(cell) ? Number(cell) : Number.NaN
  if (!Number.isFinite(value))
    throw new FileProblem(file, line, `${JSON.stringify(cell ?? '')} is no number: expected ${what}`)
  if (value < least || value > most)
    throw new FileProblem(file, line, `${cell} is out of range: ${what} is between ${least} and ${most}`)
  return value
}

export function isNumber(cell: string | undefined): cell is string {
  return cell !== undefined && /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(cell)
}

function unquoted(text: string): string {
  return text.replace(/"([^"]|"")*"/g, '')
}

/** A quoted field may hold separators, and quotes twice; not the end of its line. */
function cellsOf(text: string, separator: string, file: string, line: number): string[] {
  const cells: string[] = []
  for (let at = 0; at <= text.length; ) {
    while (text[at] === ' ') at++
    if (text[at] !== '"') {
      const end = text.indexOf(separator, at)
      cells.push(text.slice(at, end < 0 ? undefined : end).trim())
      if (end < 0) return cells
      at = end + 1
      continue
    }
    let cell = ''
    for (at++; ; at++) {
      if (at >= text.length) throw new FileProblem(file, line, 'a quote is not closed on its line')
      if (text[at] !== '"') cell += text[at]
      else if (text[at + 1] === '"') cell += text[at++]
      else break
    }
    cells.push(cell)
    at++
    while (text[at] === ' ' && separator !== ' ') at++
    if (at >= text.length) return cells
    if (text[at] !== separator)
      throw new FileProblem(file, line, `something stands between a quote and the next ${name(separator)}`)
    at++
  }
  return cells
}

function name(separator: string): string {
  return { ',': 'comma', ';': 'semicolon', '\t': 'tab' }[separator] ?? 'space'
}
