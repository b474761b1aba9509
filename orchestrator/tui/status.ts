// How a network stands and how a run was, in lines: what is said of it whatever it runs, and what its systems say.

import type { RunSummary } from '../control/api.ts'
import { formatCount, formatDuration, formatElapsed, plural, printable } from '../format.ts'
import { phaseText, slowedText, TIME_STANDS } from '../observe/phases.ts'
import { brokenSides } from '../observe/sides.ts'
import type { NetworkState } from '../observe/state.ts'
import { FACES } from '../systems/faces.ts'
import { facesIn } from './faces.ts'
import { countRunning, elapsedText } from './words.ts'

/** One line that says how the network stands. */
export function statusLine(state: NetworkState): string {
  const { nodes } = state
  const active = state.faults.filter(fault => fault.toMs === undefined).length
  const [first = '', second = '', ...others] = facesIn(state).flatMap(face => face.status(state))
  return [
    elapsedText(state),
    phaseText(state) === TIME_STANDS ? TIME_STANDS : slowedText(state),
    first,
    second,
    `${formatCount(countRunning(nodes))}/${plural(nodes.length, 'node')} up`,
    ...others,
    active > 0 ? plural(active, 'fault') : '',
    ...brokenSides(nodes),
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
