// Every key of the screen, once: help, hints and handling read this table.

import type { Key } from 'ink'

export type Action =
  | 'help'
  | 'quit'
  | 'down'
  | 'up'
  | 'first'
  | 'last'
  | 'page-down'
  | 'page-up'
  | 'enter'
  | 'logs'
  | 'back'

interface Binding {
  readonly action: Action
  /** As shown. */
  readonly keys: string
  /** For the line at the bottom; without one it stands in the help only. */
  readonly hint?: string
  readonly help: string
  readonly matches: (input: string, key: Key) => boolean
}

export const KEYS: readonly Binding[] = [
  {
    action: 'help',
    keys: '?',
    hint: 'help',
    help: 'show or hide this help',
    matches: input => input === '?',
  },
  {
    action: 'quit',
    keys: 'q',
    hint: 'quit',
    help: 'leave; a network of this terminal goes down (also Ctrl-C)',
    matches: (input, key) => input === 'q' || (key.ctrl && input === 'c'),
  },
  {
    action: 'down',
    keys: 'j ↓',
    hint: 'down',
    help: 'next node; one line down in logs',
    matches: (input, key) => input === 'j' || key.downArrow,
  },
  {
    action: 'up',
    keys: 'k ↑',
    hint: 'up',
    help: 'previous node; one line up in logs',
    matches: (input, key) => input === 'k' || key.upArrow,
  },
  { action: 'first', keys: 'g', help: 'first', matches: (input, key) => input === 'g' || key.home },
  { action: 'last', keys: 'G', help: 'last', matches: (input, key) => input === 'G' || key.end },
  {
    action: 'page-down',
    keys: 'PgDn',
    help: 'a page down',
    matches: (input, key) => key.pageDown || (key.ctrl && input === 'd'),
  },
  {
    action: 'page-up',
    keys: 'PgUp',
    help: 'a page up',
    matches: (input, key) => key.pageUp || (key.ctrl && input === 'u'),
  },
  {
    action: 'enter',
    keys: 'enter',
    hint: 'details',
    help: 'everything about the selected node',
    matches: (_, key) => key.return,
  },
  {
    action: 'logs',
    keys: 'l',
    hint: 'logs',
    help: 'the log of the selected node',
    matches: input => input === 'l',
  },
  {
    action: 'back',
    keys: 'esc',
    hint: 'back',
    help: 'back to the overview',
    matches: (_, key) => key.escape,
  },
]

/** What was typed; several keys can arrive at once when the machine is busy or the user is fast. */
export function actionsOf(input: string, key: Key): Action[] {
  const typed = [...input].length > 1 ? [...input] : [input]
  return typed.flatMap(character => {
    const pressed = character === '\r' ? { ...key, return: true } : key
    return KEYS.find(binding => binding.matches(character, pressed))?.action ?? []
  })
}
