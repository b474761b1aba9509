// The network on three lines: who it is, whether it agrees, how it does.

import { formatCount, plural } from '../format.ts'
import { phaseText, slowedText } from '../observe/phases.ts'
import { brokenSides } from '../observe/sides.ts'
import type { FaultState, NetworkState } from '../observe/state.ts'
import { TONES } from './colors.ts'
import type { ShortFact } from './face.ts'
import { facesIn } from './faces.ts'
import { facts, type Line, widthOf } from './lines.ts'
import { countRunning, elapsedText } from './words.ts'

export function headerLines(state: NetworkState, width: number): Line[] {
  const faces = facesIn(state)
  const standing = faces.flatMap(face => face.standing(state))
  const speed = faces.flatMap(face => face.speed(state))
  return [
    titleLine(state, width),
    fitting(standing, width),
    fitting([faultFact(state), ...brokenFacts(state), ...speed], width),
  ]
}

/** As said in full where there is room, else each as short as it can be. */
function fitting(list: readonly ShortFact[], width: number): Line {
  const full = facts(list)
  return widthOf(full) <= width ? full : facts(list.map(({ brief, ...fact }) => ({ ...fact, ...brief })))
}

function titleLine(state: NetworkState, width: number): Line {
  const left: Line = [
    { text: ' netsplit ', tone: TONES.title },
    { text: state.network, tone: TONES.value },
    {
      text: `  ${state.runtime} · seed ${state.seed} · ${formatCount(countRunning(state.nodes))}/${plural(state.nodes.length, 'node')} up`,
      tone: TONES.label,
    },
  ]
  const right: Line = [
    { text: phaseText(state), tone: phaseText(state) === 'running' ? TONES.good : TONES.warn },
    { text: ` ${elapsedText(state)} `, tone: TONES.value },
    ...slowedPart(state, width - widthOf(left)),
  ]
  const gap = Math.max(1, width - widthOf(left) - widthOf(right))
  return [...left, { text: ' '.repeat(gap), tone: TONES.plain }, ...right]
}

/** That time is held back, in a word where there is room for no more. */
function slowedPart(state: NetworkState, room: number): Line {
  const text = slowedText(state)
  if (text === '') return []
  const others = widthOf([{ text: `${phaseText(state)} ${elapsedText(state)} `, tone: TONES.value }])
  const full = `· ${text} `
  return [{ text: others + full.length < room ? full : `${state.slowedTo}× `, tone: TONES.label }]
}

/** What is wrong comes first: narrow terminals cut the end. */
function faultFact({ faults }: NetworkState): ShortFact {
  const active = faults.filter(fault => fault.toMs === undefined)
  return active.length === 0
    ? { label: '', value: 'no faults', tone: TONES.label }
    : { label: '', value: faultText(active), tone: TONES.bad }
}

/** Sides that a fault has left in pieces are not what it asked for. */
function brokenFacts({ nodes }: NetworkState): ShortFact[] {
  return brokenSides(nodes).map(text => ({
    ...{ label: '', value: text, tone: TONES.bad },
    brief: { value: text.split(':')[0] ?? text },
  }))
}

function faultText(active: readonly FaultState[]): string {
  const kinds = [...new Set(active.map(fault => fault.kind))].join(', ')
  const gone = active.filter(({ lapsed, verified }) => lapsed && verified === false).length
  return `▲ ${plural(active.length, 'fault')}: ${kinds}${gone > 0 ? `, ${gone} no longer ${gone === 1 ? 'holds' : 'hold'}` : ''}`
}
