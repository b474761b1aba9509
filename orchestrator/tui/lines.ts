// What the screen is made of: lines of toned text, of known width.

import { TONES, type Tone } from './colors.ts'
import { columnsOf, startOf } from './width.ts'

export interface Span {
  readonly text: string
  readonly tone: Tone
}

export type Line = readonly Span[]

export const EMPTY: Line = []

export function line(text: string, tone: Tone = TONES.plain): Line {
  return [{ text, tone }]
}

export function widthOf(spans: Line): number {
  let width = 0
  for (const { text } of spans) width += columnsOf(text)
  return width
}

/** Cuts or fills to exactly `width` columns. */
export function padded(text: string, width: number, align?: 'right'): string {
  if (width <= 0) return ''
  const shown = columnsOf(text) > width ? `${startOf(text, width - 1)}…` : text
  const blanks = ' '.repeat(width - columnsOf(shown))
  return align === 'right' ? blanks + shown : shown + blanks
}

/** Cuts or fills a line to exactly `width`. */
export function fitted(spans: Line, width: number): Line {
  const missing = width - widthOf(spans)
  if (missing === 0) return spans
  if (missing > 0) return [...spans, { text: ' '.repeat(missing), tone: TONES.plain }]
  const kept: Span[] = []
  let room = width
  for (const { text, tone } of spans) {
    if (room <= 0) break
    const columns = columnsOf(text)
    kept.push({ text: padded(text, Math.min(room, columns)), tone })
    room -= columns
  }
  return kept
}

export interface Cell {
  readonly text: string
  readonly width: number
  readonly tone?: Tone
  readonly align?: 'right'
}

/** One line of cells in fixed columns. */
export function row(cells: readonly Cell[], base: Tone = TONES.plain): Line {
  return cells
    .filter(({ width }) => width > 0)
    .map(({ text, width, tone, align }) => ({
      text: padded(text, width, align),
      tone: tone === undefined ? base : { ...base, ...tone },
    }))
}

/** Label and value pairs on one line. */
export interface Fact {
  readonly label: string
  readonly value: string
  readonly tone?: Tone
}

export function facts(list: readonly Fact[]): Line {
  return list.flatMap(({ label, value, tone = TONES.value }, i) => [
    { text: `${i === 0 ? ' ' : '   '}${label === '' ? '' : `${label} `}`, tone: TONES.label },
    { text: value, tone },
  ])
}

/** `── 1 Nodes ───────────── 5 of 5 up ──` */
export function rule(title: string, width: number, note = '', tone: Tone = TONES.title): Line {
  const left = ` ${title} `
  const right = note === '' ? '' : ` ${padded(note, Math.min(columnsOf(note), width - columnsOf(left) - 8))} `
  const between = '─'.repeat(Math.max(2, width - columnsOf(left) - columnsOf(right) - 4))
  return [
    { text: '──', tone: TONES.rule },
    { text: left, tone },
    { text: between, tone: TONES.rule },
    { text: right, tone: TONES.label },
    { text: '──', tone: TONES.rule },
  ]
}
