// Every key of the screen, once: help, hints and handling read this table.

import type { Key } from 'ink'
import { PANEL_IDS, type PanelId, panelKey } from './panels.ts'

export type Action =
  | 'help'
  | 'quit'
  | 'interrupt'
  | 'down'
  | 'up'
  | 'first'
  | 'last'
  | 'page-down'
  | 'page-up'
  | 'enter'
  | 'logs'
  | 'back'
  | 'filter'
  | 'command'
  | 'mark'
  | 'partition'
  | 'heal'
  | 'kill'
  | 'start'
  | 'pause'
  | 'add'
  | 'time'
  | 'next-block'
  | `panel-${PanelId}`

interface Binding {
  /** `panel` stands for one action a digit: see `actionOf`. */
  readonly action: Action | 'panel'
  /** As shown. */
  readonly keys: string
  /** For the line at the bottom, the most useful first; without one it stands in the help only. */
  readonly hint?: string
  readonly help: string
  readonly matches: (input: string, key: Key) => boolean
}

const is = (character: string) => (input: string, key: Key) => input === character && !key.ctrl

export const KEYS: readonly Binding[] = [
  { action: 'help', keys: '?', hint: 'help', help: 'show or hide this help', matches: is('?') },
  {
    action: 'quit',
    keys: 'q',
    hint: 'quit',
    help: 'leave, once asked: a network of this terminal goes down',
    matches: is('q'),
  },
  {
    action: 'panel',
    keys: '1–9',
    hint: 'panels',
    help: 'one panel alone; again, or esc: all of them',
    matches: input => /^[0-9]$/.test(input),
  },
  {
    action: 'mark',
    keys: 'space',
    hint: 'mark',
    help: 'mark the node, or take the mark away',
    matches: is(' '),
  },
  {
    action: 'partition',
    keys: 'p',
    hint: 'cut',
    help: 'partition: the marked nodes against the rest',
    matches: is('p'),
  },
  { action: 'heal', keys: 'h', hint: 'heal', help: 'heal all faults', matches: is('h') },
  {
    action: 'kill',
    keys: 'k',
    hint: 'kill',
    help: 'kill −9 the marked nodes, or the selected one, once asked',
    matches: is('k'),
  },
  {
    action: 'start',
    keys: 's',
    hint: 'start',
    help: 'start the marked nodes again, or the selected one: stopped, killed or failed',
    matches: is('s'),
  },
  {
    action: 'pause',
    keys: 'z',
    help: 'freeze the marked nodes or the selected one, or let them go on',
    matches: is('z'),
  },
  { action: 'add', keys: '+', help: 'a new node joins', matches: is('+') },
  { action: 'time', keys: 't', help: 'simulated time: stop it, or let it go on', matches: is('t') },
  { action: 'next-block', keys: '.', help: 'simulated time: on to the next block', matches: is('.') },
  {
    action: 'command',
    keys: ':',
    hint: 'command',
    help: 'any command; tab completes, ↑ brings earlier ones back',
    matches: is(':'),
  },
  {
    action: 'filter',
    keys: '/',
    hint: 'filter',
    help: 'list only nodes, events, faults and log lines with a text in them',
    matches: is('/'),
  },
  {
    action: 'enter',
    keys: 'enter',
    hint: 'details',
    help: 'everything about the selected node',
    matches: (_, key) => key.return,
  },
  { action: 'logs', keys: 'l', hint: 'logs', help: 'the log of the selected node', matches: is('l') },
  {
    action: 'down',
    keys: 'j ↓',
    help: 'next node; one line down in a panel shown alone',
    matches: (input, key) => is('j')(input, key) || key.downArrow,
  },
  {
    // Not `k`, as in vi: that kills here, after a question, which any other key answers with no.
    action: 'up',
    keys: 'J ↑',
    help: 'the node before; one line up',
    matches: (input, key) => is('J')(input, key) || key.upArrow,
  },
  { action: 'first', keys: 'g', help: 'first', matches: (input, key) => is('g')(input, key) || key.home },
  { action: 'last', keys: 'G', help: 'last', matches: (input, key) => is('G')(input, key) || key.end },
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
    action: 'back',
    keys: 'esc',
    help: 'back; drops the filter, then the marks',
    matches: (_, key) => key.escape,
  },
  {
    action: 'interrupt',
    keys: 'Ctrl-C',
    help: 'the network goes down, without a question',
    matches: (input, key) => key.ctrl && input === 'c',
  },
]

/** What a key asks for. */
export function actionOf(input: string, key: Key): Action | undefined {
  const action = KEYS.find(binding => binding.matches(input, key))?.action
  if (action !== 'panel') return action
  const panel = PANEL_IDS.find(id => panelKey(id) === input)
  return panel === undefined ? undefined : `panel-${panel}`
}

export interface Stroke {
  readonly input: string
  readonly key: Key
}

/** Single keys from what arrived: several come at once when the machine is busy or the user is fast. */
export function strokesOf(input: string, key: Key): Stroke[] {
  const typed = [...input]
  return typed.length <= 1 ? [{ input, key }] : typed.map(character => strokeOf(character, key))
}

/** Of several at once Ink reads none but the printable ones. */
function strokeOf(character: string, key: Key): Stroke {
  const code = character.charCodeAt(0)
  if (character === '\r') return { input: '', key: { ...key, return: true } }
  if (character === '\t') return { input: '', key: { ...key, tab: true } }
  if (character === '\u007f') return { input: '', key: { ...key, delete: true } }
  if (code > 0 && code <= 26) return { input: String.fromCharCode(96 + code), key: { ...key, ctrl: true } }
  return { input: character, key }
}

/** What a terminal puts around what is pasted, as Ink hands it on. */
export const PASTE = { begin: '[200~', end: '[201~' } as const

/** What these do, esc undoes, or another key of the screen: nothing of the network changes. */
const LOOKING: ReadonlySet<Action> = new Set<Action>([
  ...(['help', 'enter', 'logs', 'back', 'mark'] as const),
  ...(['down', 'up', 'first', 'last', 'page-down', 'page-up'] as const),
  ...PANEL_IDS.map(panel => `panel-${panel}` as const),
])

/**
 * Can what came all at once have been meant as keys? It may look around, and go on to something that is typed (`:heal`) or end
 * with one order (`p` behind marks). Whatever else there is in it, it may as well be text from the clipboard of a terminal that
 * does not mark it as such.
 */
export function areKeys(strokes: readonly Stroke[]): boolean {
  for (const [i, { input, key }] of strokes.entries()) {
    const action = actionOf(input, key)
    if (action === 'command' || action === 'filter') return true
    if (action === undefined) return false
    if (!LOOKING.has(action)) return i === strokes.length - 1
  }
  return true
}
