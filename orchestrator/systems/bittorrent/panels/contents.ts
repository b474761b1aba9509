// The swarms over time: peers that are complete, copies of the rarest piece, rates; and of each content how long it took.

import { formatBytes, formatCount } from '../../../format.ts'
import { TONES } from '../../../tui/colors.ts'
import { type Line, line, row } from '../../../tui/lines.ts'
import type { Drawn, Scene } from '../../../tui/panels/panel.ts'
import { strips } from '../../../tui/strips.ts'
import type { ContentState } from '../state.ts'
import { BAN_REASONS, copiesText, pacesOf, percentText, rateText, secondsText, wasteText } from '../words.ts'

const [LABEL, NOW] = [11, 16]

export function contentsPanel({ state, scrolled }: Scene, width: number, room: number): Drawn {
  const { history, contents, bans, ...swarm } = state.systems.bittorrent
  if (contents.length === 0) return { lines: [line(' nothing is shared yet', TONES.label)] }
  const bar = Math.max(4, width - LABEL - NOW)
  const strip = (label: string, values: readonly number[], now: string): Line =>
    row([
      { text: ` ${label}`, width: LABEL, tone: TONES.label },
      { text: strips(values, bar), width: bar, tone: TONES.chart },
      { text: ` ${now}`, width: NOW },
    ])
  const lines = [
    strip(
      'complete',
      history.map(({ complete }) => complete),
      `${formatCount(swarm.complete)} of ${swarm.wanted}`,
    ),
    strip(
      'copies',
      history.map(({ copies }) => copies),
      copiesText(swarm.copies),
    ),
    strip(
      'pace',
      pacesOf(history).map(({ bps }) => bps),
      rateText(swarm.downBps),
    ),
    ...contents.flatMap(contentLines),
    ...[...bans]
      .reverse()
      .map(({ by, node, honest, why }) =>
        line(
          ` ${by} bans ${node}${honest ? ', who is honest' : ''}: ${BAN_REASONS[why]}`,
          honest ? TONES.bad : TONES.warn,
        ),
      ),
  ]
  return {
    note: wasteText(swarm.wastedBytes, swarm.verifiedBytes),
    lines: lines
      .slice(0, 3)
      .concat(lines.slice(3 + scrolled))
      .slice(0, room),
  }
}

function contentLines(content: ContentState): Line[] {
  const { name, bytes, complete, wanted, progress } = content
  return [
    [
      { text: ` ${name}`, tone: TONES.value },
      {
        text: `  ${formatBytes(bytes)}, ${formatCount(complete)} of ${formatCount(wanted)} complete, ${percentText(progress)}`,
        tone: TONES.plain,
      },
    ],
    line(`   ${secondsText(content)}`, TONES.label),
  ]
}
