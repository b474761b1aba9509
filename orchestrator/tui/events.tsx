// The last events, newest at the bottom.

import { formatTime } from '../format.ts'
import type { LogLine } from '../observe/state.ts'
import { LEVEL_TONES, TONES } from './colors.ts'
import { Panel, Row } from './parts.tsx'
import { condensed } from './words.ts'

export interface EventsProps {
  readonly title: string
  readonly log: readonly LogLine[]
  readonly width: number
  readonly room: number
}

const MARKS = { info: ' ', warn: '!', error: '✗' } as const

export function Events({ title, log, width, room }: EventsProps) {
  const lines = room > 0 ? condensed(log).slice(-room) : []
  const name = Math.min(18, Math.max(4, ...lines.map(line => line.node?.length ?? 0)) + 1)
  return (
    <Panel title={title} width={width} height={room}>
      {lines.map(({ seq, timeMs, level, node, text }) => (
        <Row
          key={seq}
          cells={[
            { text: ` ${formatTime(timeMs)} `, width: 10, tone: TONES.label },
            { text: MARKS[level], width: 2, tone: LEVEL_TONES[level] },
            { text: node ?? '', width: name, tone: TONES.value },
            { text, width: Math.max(10, width - 12 - name), tone: LEVEL_TONES[level] },
          ]}
        />
      ))}
    </Panel>
  )
}
