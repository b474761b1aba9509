// The keys and commands, from their tables, and what the signs mean.

import { TONES } from './colors.ts'
import { COMMANDS } from './commands.ts'
import { KEYS } from './keys.ts'
import { EMPTY, fitted, type Line, line, rule, type Span, widthOf } from './lines.ts'

const SIGNS = [
  ['● ○', 'a block on the best chain; a block beside it'],
  ['◂ 3 here', 'three running nodes have this block as their tip'],
  ['4/5 38 ms', 'four of five nodes have the block, the last of them after 38 ms'],
  ['▲ ✓ ?', 'a fault in force; over; one that the measurement did not confirm'],
  ['A B', 'sides of a partition'],
] as const

/** The keys stay in sight; what does not fit below them is scrolled to. */
export function helpLines(width: number, room: number, scrolled: number, webAddress?: string): Line[] {
  const lines = [
    rule('Keys', width),
    ...inColumns(
      KEYS.map(({ keys, help }) => [keys, help] as const),
      width,
      10,
    ),
    rule('Commands after :', width),
    ...inColumns(
      COMMANDS.map(({ usage, help }) => [usage, help] as const),
      width,
      52,
    ),
    rule('Signs', width),
    ...inColumns(SIGNS, width, 10),
  ]
  if (webAddress !== undefined) lines.push(rule('In the browser', width), line(` ${webAddress}`))
  const from = Math.max(0, Math.min(scrolled, lines.length - room))
  const more = lines.length > room + from
  const shown = lines.slice(from, from + room)
  if (more) shown[room - 1] = line(' … j ↓ shows the rest', TONES.label)
  return shown
}

/** Two side by side where there is room. */
function inColumns(entries: readonly (readonly [string, string])[], width: number, left: number): Line[] {
  const lines = entries.map(
    ([name, meaning]): Line => [
      { text: ` ${name.padEnd(left)} `, tone: TONES.key },
      { text: meaning, tone: TONES.plain },
    ],
  )
  const half = Math.floor(width / 2)
  if (Math.max(...lines.map(widthOf)) > half - 2) return lines
  const height = Math.ceil(lines.length / 2)
  return lines.slice(0, height).map((first, i) => [...fitted(first, half), ...(lines[height + i] ?? EMPTY)])
}

/** The one line at the bottom: as many hints as fit. */
export function hintLine(width: number): Line {
  const spans: Span[] = []
  let left = width
  for (const { keys, hint } of KEYS) {
    if (hint === undefined) continue
    const [key, word] = [` ${keys}`, ` ${hint} `]
    left -= key.length + word.length
    if (left < 0) break
    spans.push({ text: key, tone: TONES.key }, { text: word, tone: TONES.label })
  }
  return spans
}
