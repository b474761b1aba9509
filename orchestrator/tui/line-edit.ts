// A line that the user types: pure editing, so that it can be tested without a terminal.

import type { Key } from 'ink'

export interface Edit {
  readonly text: string
  /** Characters before the cursor. */
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
  if (key.backspace || key.delete) return cut(edit, cursor - 1, cursor)
  if (key.leftArrow) return { text, cursor: Math.max(0, cursor - 1) }
  if (key.rightArrow) return { text, cursor: Math.min(text.length, cursor + 1) }
  if (key.home || (key.ctrl && input === 'a')) return { text, cursor: 0 }
  if (key.end || (key.ctrl && input === 'e')) return { text, cursor: text.length }
  if (key.ctrl && input === 'u') return cut(edit, 0, cursor)
  if (key.ctrl && input === 'w') return cut(edit, text.slice(0, cursor).search(/\S*\s*$/), cursor)
  if (key.ctrl || key.meta || input === '' || /\p{Cc}/u.test(input)) return edit
  return { text: text.slice(0, cursor) + input + text.slice(cursor), cursor: cursor + input.length }
}

function cut({ text }: Edit, from: number, to: number): Edit {
  const start = Math.max(0, from)
  return { text: text.slice(0, start) + text.slice(to), cursor: start }
}
