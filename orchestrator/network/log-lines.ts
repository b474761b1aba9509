// What the controller adds to a node's log, and how it is read. It adds what was done to the links that leave the node: the
// node's transport may not know, as in containers links are broken below it.

import type { AccessLine, LinkConditions } from '../../node/api.ts'
import { isLogged, type LogEntry, type LogLevel, levelOf } from '../../node/log-level.ts'
import type { LinkChange } from '../chaos/link-board.ts'
import { formatBandwidth, formatDuration } from '../format.ts'
import { widthsText } from '../observe/access-words.ts'

/** A line for each state that links come to, with all whom it is about. */
export function linkEntries(
  changes: readonly Pick<LinkChange, 'to' | 'link'>[],
  planned: (to: string) => LinkConditions,
): LogEntry[] {
  const groups = new Map<string, string[]>()
  for (const { to, link } of changes) {
    const words = wordsOf(link, planned(to))
    groups.set(words, [...(groups.get(words) ?? []), to])
  }
  return [...groups].map(([words, names]) => ({
    level: words === AS_PLANNED ? 'info' : 'warn',
    text: `links to ${names.join(', ')}: ${words}`,
  }))
}

const AS_PLANNED = 'as planned'

/** What the node's line to the network has come to. */
export function lineEntry(line: AccessLine, planned: AccessLine): LogEntry {
  const same = line.upBps === planned.upBps && line.downBps === planned.downBps
  return { level: same ? 'info' : 'warn', text: `line: ${same ? AS_PLANNED : widthsText(line)}` }
}

function wordsOf(link: LinkConditions, planned: LinkConditions): string {
  if (link.blocked) return 'cut'
  const same = (['latencyMs', 'jitterMs', 'bandwidthBps', 'loss'] as const).filter(
    key => link[key] !== planned[key],
  )
  return same.length === 0 ? AS_PLANNED : same.map(key => WORDS[key](link)).join(', ')
}

const WORDS = {
  latencyMs: ({ latencyMs }: LinkConditions) => `latency ${formatDuration(latencyMs)}`,
  jitterMs: ({ jitterMs }: LinkConditions) => `jitter ${formatDuration(jitterMs)}`,
  bandwidthBps: ({ bandwidthBps }: LinkConditions) =>
    bandwidthBps === 0 ? 'bandwidth unlimited' : `bandwidth ${formatBandwidth(bandwidthBps)}`,
  loss: ({ loss }: LinkConditions) => `loss ${Number((loss * 100).toPrecision(3))} %`,
}

/** The lines of this level and of graver ones, with what goes on below them. */
export async function* atLevel(lines: AsyncIterable<string>, least: LogLevel): AsyncIterable<string> {
  let shown = false
  for await (const line of lines) {
    const level = levelOf(line)
    if (level !== undefined) shown = isLogged(level, least)
    if (shown) yield line
  }
}
