// The log of the selected node, followed; scrolled up it stands still.

import { plural } from '../../format.ts'
import { line } from '../lines.ts'
import { wrapped } from '../width.ts'
import { type Drawn, emptyLine, passes, type Scene } from './panel.ts'

export function logsPanel(scene: Scene, width: number, room: number): Drawn {
  const { node, logs, filter, scrolled, alone } = scene
  const title = node === undefined ? 'Log' : `Log of ${node}`
  const lines = filter === '' ? logs : logs.filter(({ text }) => passes(filter, text))
  if (lines.length === 0)
    return { title, lines: [emptyLine(scene, logs.length, 'line', 'nothing logged yet')] }
  const end = Math.max(0, lines.length - scrolled)
  return {
    title,
    note: scrolled > 0 ? `${plural(scrolled, 'line')} up, G follows` : 'following',
    lines: lines
      .slice(Math.max(0, end - room), end)
      .flatMap(({ text }) => (alone ? wrapped(text, width - 1) : [text]))
      .slice(-room)
      .map(text => line(` ${text}`)),
  }
}
