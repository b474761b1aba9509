// The last events, newest at the bottom.

import { formatTime } from '../../format.ts'
import { condensed } from '../../observe/phases.ts'
import type { LogLine } from '../../observe/state.ts'
import { LEVEL_TONES, TONES } from '../colors.ts'
import { type Line, row } from '../lines.ts'
import { wrapped } from '../width.ts'
import { type Drawn, emptyLine, passes, type Scene } from './panel.ts'

const MARKS = { info: ' ', warn: '!', error: '✗' } as const

export function eventsPanel(scene: Scene, width: number, room: number): Drawn {
  const { state, filter, scrolled, alone } = scene
  const log = condensed(state.log).filter(({ node, text, level }) => passes(filter, node, text, level))
  const end = Math.max(0, log.length - scrolled)
  const note = scrolled > 0 ? `${scrolled} up, G follows` : ''
  const shown = log.slice(Math.max(0, end - room), end)
  if (shown.length === 0)
    return { note, lines: [emptyLine(scene, state.log.length, 'event', 'nothing so far')] }
  return { note, lines: eventLines(shown, width, alone).slice(-room) }
}

/** `whole`: what is too long for its line goes on in the next. */
export function eventLines(log: readonly LogLine[], width: number, whole = false): Line[] {
  const name = Math.min(18, Math.max(4, ...log.map(({ node }) => node?.length ?? 0)) + 1)
  const room = Math.max(10, width - 12 - name)
  return log.flatMap(({ timeMs, level, node, text }) => {
    const [first = '', ...more] = whole ? wrapped(text, room) : [text]
    const words = (text: string) => ({ text, width: room, tone: LEVEL_TONES[level] })
    return [
      row([
        { text: ` ${formatTime(timeMs)} `, width: 10, tone: TONES.label },
        { text: MARKS[level], width: 2, tone: LEVEL_TONES[level] },
        { text: node ?? '', width: name, tone: TONES.value },
        words(first),
      ]),
      ...more.map(rest => row([{ text: '', width: 12 + name }, words(rest)])),
    ]
  })
}
