// The last events, newest at the bottom.

import { formatTime } from '../../format.ts'
import type { LogLine } from '../../observe/state.ts'
import { LEVEL_TONES, TONES } from '../colors.ts'
import { type Line, row } from '../lines.ts'
import { condensed } from '../words.ts'
import { type Drawn, passes, type Scene } from './panel.ts'

const MARKS = { info: ' ', warn: '!', error: '✗' } as const

export function eventsPanel({ state, filter, scrolled }: Scene, width: number, room: number): Drawn {
  const log = condensed(state.log).filter(({ node, text, level }) => passes(filter, node, text, level))
  const end = Math.max(0, log.length - scrolled)
  const note = scrolled > 0 ? `${scrolled} up, G follows` : ''
  return { note, lines: eventLines(log.slice(Math.max(0, end - room), end), width) }
}

export function eventLines(log: readonly LogLine[], width: number): Line[] {
  const name = Math.min(18, Math.max(4, ...log.map(({ node }) => node?.length ?? 0)) + 1)
  return log.map(({ timeMs, level, node, text }) =>
    row([
      { text: ` ${formatTime(timeMs)} `, width: 10, tone: TONES.label },
      { text: MARKS[level], width: 2, tone: LEVEL_TONES[level] },
      { text: node ?? '', width: name, tone: TONES.value },
      { text, width: Math.max(10, width - 12 - name), tone: LEVEL_TONES[level] },
    ]),
  )
}
