// Phases in words and signs, and the log as people read it: the same on every screen. Pure.

import { plural } from '../format.ts'
import type { LogLine, NetworkState, NodePhase, NodeState } from './state.ts'

/** A glyph for each phase; the word stands beside it wherever there is room. */
export const PHASE_GLYPHS: Readonly<Record<NodePhase, string>> = {
  planned: '○',
  starting: '◌',
  running: '●',
  paused: '‖',
  unreachable: '?',
  stopped: '■',
  failed: '✗',
}

/** The phase in a word. One that was killed says so: it had no chance to write anything down; one that we gave up did nothing. */
export function phaseWord({ phase, exit }: Pick<NodeState, 'phase' | 'exit'>): string {
  if (phase === 'stopped' && exit?.cause === 'silent') return 'given up'
  return phase === 'stopped' && exit?.signal === 'SIGKILL' ? 'killed' : phase
}

/** What the network does; when somebody has stopped its time, that. */
export function phaseText({ phase, time }: Pick<NetworkState, 'phase' | 'time'>): string {
  return phase === 'running' && time === 'stands' ? TIME_STANDS : phase
}

export const TIME_STANDS = 'time stands'

/** Time that could pass faster: `slowed to 60×`; '' where nothing holds it. */
export function slowedText({ slowedTo }: Pick<NetworkState, 'slowedTo'>): string {
  return slowedTo === undefined ? '' : `slowed to ${slowedTo}×`
}

/** What many nodes say one after another becomes one line: `12 nodes  left 2 blocks …`. */
export function condensed(log: readonly LogLine[]): LogLine[] {
  const lines: { line: LogLine; nodes: Set<string | undefined> }[] = []
  for (const line of log) {
    const last = lines.at(-1)
    if (last && last.line.text === line.text && last.line.level === line.level) {
      last.nodes.add(line.node)
      last.line = { ...line, node: last.nodes.size > 1 ? plural(last.nodes.size, 'node') : line.node }
    } else lines.push({ line, nodes: new Set([line.node]) })
  }
  return lines.map(({ line }) => line)
}
