// The line at the bottom while something is typed, asked or told.

import { TONES } from './colors.ts'
import type { Edit } from './line-edit.ts'
import type { Line } from './lines.ts'
import type { View } from './view.ts'

const NOTICE_TONES = { info: TONES.good, busy: TONES.warn, error: TONES.bad } as const
const NOTICE_SIGNS = { info: '✓', busy: '…', error: '✗' } as const

/** Undefined when there is nothing to say. */
export function promptLine({ prompt, notice }: View): Line | undefined {
  if (prompt?.kind === 'ask') {
    const how =
      prompt.word === undefined
        ? ' y does it, any other key does not'
        : ` type ${prompt.word}: ${prompt.typed}`
    return [
      { text: ` ${prompt.question}?`, tone: TONES.ask },
      { text: how, tone: TONES.plain },
    ]
  }
  if (prompt?.kind === 'filter')
    return [
      { text: ' /', tone: TONES.key },
      ...typed(prompt.edit),
      { text: '   enter keeps it, esc drops it', tone: TONES.label },
    ]
  if (prompt?.kind === 'command')
    return [
      { text: ' :', tone: TONES.key },
      ...typed(prompt.edit),
      {
        text: prompt.choices.length > 0 ? `   ${prompt.choices.join(' ')}` : '   tab completes',
        tone: TONES.label,
      },
    ]
  if (notice)
    return [
      { text: ` ${NOTICE_SIGNS[notice.level]} `, tone: NOTICE_TONES[notice.level] },
      { text: notice.text, tone: notice.level === 'info' ? TONES.plain : NOTICE_TONES[notice.level] },
    ]
  return undefined
}

/** With the cursor drawn: the terminal's own is hidden. */
function typed({ text, cursor }: Edit): Line {
  return [
    { text: text.slice(0, cursor), tone: TONES.plain },
    { text: text[cursor] ?? ' ', tone: TONES.cursor },
    { text: text.slice(cursor + 1), tone: TONES.plain },
  ]
}
