// The log of the selected node, followed; scrolled up it stands still.

import { plural } from '../../format.ts'
import { TONES } from '../colors.ts'
import { line } from '../lines.ts'
import { type Drawn, passes, type Scene } from './panel.ts'

export function logsPanel({ node, logs, filter, scrolled }: Scene, _width: number, room: number): Drawn {
  const title = node === undefined ? 'Log' : `Log of ${node}`
  const lines = filter === '' ? logs : logs.filter(({ text }) => passes(filter, text))
  if (lines.length === 0) return { title, lines: [line(' nothing logged yet', TONES.label)] }
  const end = Math.max(0, lines.length - scrolled)
  return {
    title,
    note: scrolled > 0 ? `${plural(scrolled, 'line')} up, G follows` : 'following',
    lines: lines.slice(Math.max(0, end - room), end).map(({ text }) => line(` ${text}`)),
  }
}
