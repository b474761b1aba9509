// A line that the user types, edited by what a reader takes for characters: pure, so that it can be tested without a terminal.

import type { Key } from 'ink'
import { placeAfter, placeBefore, placeFrom } from './width.ts'

/** More than any command has; what a mouse pastes can be anything. */
const MAX_LENGTH = 2000

export interface Edit {
  readonly text: string
  /** Units of the text before the cursor; never within a character. */
  readonly cursor: number
}

export const NO_TEXT: Edit = { text: '', cursor: 0 }

export function textOf(text: string): Edit {
  return { text, cursor: text.length }
}

/** The line after a key; the same object when the key means nothing to it. */
export function edited(edit: Edit, input: string, key: Key): Edit {
  const { text, cursor } = edit
  // Terminals send DEL for backspace, which Ink calls `delete`.
  if (key.backspace || key.delete) return cut(edit, placeBefore(text, cursor), cursor)
  if (key.leftArrow) return { text, cursor: placeBefore(text, cursor) }
  if (key.rightArrow) return { text, cursor: placeAfter(text, cursor) }
  if (key.home || (key.ctrl && input === 'a')) return { text, cursor: 0 }
  if (key.end || (key.ctrl && input === 'e')) return { text, cursor: text.length }
  if (key.ctrl && input === 'u') return cut(edit, 0, cursor)
  if (key.ctrl && input === 'w') return cut(edit, text.slice(0, cursor).search(/\S*\s*$/), cursor)
  if (key.ctrl || key.meta || input === '' || /\p{Cc}/u.test(input)) return edit
  return inserted(edit, input)
}

/** The line with text at the cursor, whatever stood in it of line ends and the like become blanks. */
export function pasted(edit: Edit, text: string): Edit {
  return inserted(edit, text.replace(/\p{Cc}+/gu, ' '))
}

function inserted(edit: Edit, fresh: string): Edit {
  const { text, cursor } = edit
  if (text.length + fresh.length > MAX_LENGTH) return edit
  const before = text.slice(0, cursor) + fresh
  const after = before + text.slice(cursor)
  return { text: after, cursor: placeFrom(after, before.length) }
}

function cut({ text }: Edit, from: number, to: number): Edit {
  return { text: text.slice(0, from) + text.slice(to), cursor: from }
}
