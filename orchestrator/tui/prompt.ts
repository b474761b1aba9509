// The line at the bottom while something is typed, asked or told.

import { TONES } from './colors.ts'
import type { Edit } from './line-edit.ts'
import { type Line, padded } from './lines.ts'
import type { View } from './view.ts'
import { columnsOf, endOf, placeAfter } from './width.ts'

const NOTICE_TONES = { hint: TONES.key, info: TONES.good, busy: TONES.warn, error: TONES.bad } as const
const NOTICE_SIGNS = { hint: '▸', info: '✓', busy: '…', error: '✗' } as const

/** Undefined when there is nothing to say. */
export function promptLine({ prompt, notice }: View, columns: number): Line | undefined {
  if (prompt?.kind === 'ask') {
    const how =
      prompt.word === undefined
        ? ' y does it, any other key does not'
        : ` type ${prompt.word}: ${prompt.typed}`
    const question = `${prompt.question}?`
    const left = columns - columnsOf(how) - 1
    return [
      // What it wants to hear must be in sight.
      { text: ` ${padded(question, Math.min(columnsOf(question), left))}`, tone: TONES.ask },
      { text: how, tone: TONES.plain },
    ]
  }
  const room = columns - 2
  if (prompt?.kind === 'filter')
    return [
      { text: ' /', tone: TONES.key },
      ...typed(prompt.edit, room),
      { text: '   enter keeps it, esc drops it', tone: TONES.label },
    ]
  if (prompt?.kind === 'command')
    return [
      { text: ' :', tone: TONES.key },
      ...typed(prompt.edit, room),
      {
        text: prompt.choices.length > 0 ? `   ${prompt.choices.join(' ')}` : '   tab completes',
        tone: TONES.label,
      },
    ]
  if (notice)
    return [
      { text: ` ${NOTICE_SIGNS[notice.level]} `, tone: NOTICE_TONES[notice.level] },
      {
        text: notice.text,
        tone: notice.level === 'info' || notice.level === 'hint' ? TONES.plain : NOTICE_TONES[notice.level],
      },
    ]
  return undefined
}

/** With the cursor drawn: the terminal's own is hidden. What has no room goes at the left: the cursor stays in sight. */
function typed({ text, cursor }: Edit, room: number): Line {
  const end = placeAfter(text, cursor)
  const at = text.slice(cursor, end) || ' '
  const before = text.slice(0, cursor)
  const left = room - columnsOf(at)
  const shown = columnsOf(before) <= left ? before : `…${endOf(before, left - 1)}`
  return [
    { text: shown, tone: TONES.plain },
    { text: at, tone: TONES.cursor },
    { text: text.slice(end), tone: TONES.plain },
  ]
}
