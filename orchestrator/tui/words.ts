// The state in words: phases, agreement, the status line and the summary of a run. Shared by screen and plain lines.

import type { RunSummary } from '../control/api.ts'
import { formatCount, formatDuration, formatElapsed, plural, printable } from '../format.ts'
import type { LogLine, NetworkState, NodePhase, NodeState } from '../observe/state.ts'
import { FACES } from '../systems/faces.ts'
import { facesIn } from './faces.ts'

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

/** The phase in a word. One that was killed says so: it had no chance to write anything down. */
export function phaseWord({ phase, exit }: Pick<NodeState, 'phase' | 'exit'>): string {
  return phase === 'stopped' && exit?.signal === 'SIGKILL' ? 'killed' : phase
}

export function countRunning(nodes: readonly NodeState[]): number {
  return nodes.filter(node => node.phase === 'running').length
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

/** How long it has run; of a simulation on both clocks: `3:00:00 in 0:12`. */
export function elapsedText({ nowMs, startedMs, realMs }: NetworkState): string {
  const elapsed = formatElapsed(nowMs - startedMs)
  return realMs === undefined ? elapsed : `${elapsed} in ${formatElapsed(realMs)}`
}

/** What the network does; when somebody has stopped its time, that. */
export function phaseText({ phase, time }: Pick<NetworkState, 'phase' | 'time'>): string {
  return phase === 'running' && time === 'stands' ? TIME_STANDS : phase
}

const TIME_STANDS = 'time stands'

/** One line that says how the network stands. */
export function statusLine(state: NetworkState): string {
  const { nodes } = state
  const active = state.faults.filter(fault => fault.toMs === undefined).length
  const [first = '', second = '', ...others] = facesIn(state).flatMap(face => face.status(state))
  return [
    elapsedText(state),
    phaseText(state) === TIME_STANDS ? TIME_STANDS : '',
    first,
    second,
    `${formatCount(countRunning(nodes))}/${plural(nodes.length, 'node')} up`,
    ...others,
    active > 0 ? plural(active, 'fault') : '',
  ]
    .filter(part => part !== '')
    .join(' · ')
}

/** What to print after the screen is gone. */
export function summaryLines(summary: RunSummary): string[] {
  const there = FACES.filter(({ system }) => summary.systems[system] !== undefined)
  const facts = there.flatMap(face => [...face.summary(summary)])
  const { simulatedEvents, realSeconds = 0 } = summary
  if (simulatedEvents !== undefined && realSeconds > 0)
    facts.push([
      'simulated',
      `${plural(simulatedEvents, 'event')}, ${formatCount(Math.round(simulatedEvents / realSeconds))} a second`,
    ])
  facts.push(['recorded in', summary.runDirectory])
  const title = `${summary.network}: ${plural(summary.nodes, 'node')} for ${runTime(summary)}, ${summary.runtime}, seed ${summary.seed}`
  return [title, ...facts.map(([name, value]) => `  ${name.padEnd(13)} ${printable(value)}`)]
}

function runTime({ seconds, realSeconds }: RunSummary): string {
  const run = formatElapsed(seconds * 1000)
  return realSeconds === undefined ? run : `${run} in ${formatDuration(realSeconds * 1000)}`
}
