// Measures the lines of nodes: what a node sends to all its peers at once, or they to it, goes over one line, so that the last
// of these loads takes as long as all of them together.

import type { AccessLine, LinkConditions } from '../../node/api.ts'
import { plural } from '../format.ts'
import type { Breakable } from './breakable.ts'
import { type Finding, together, unmeasured } from './measure.ts'
import type { Cut } from './partition.ts'
import { keyOf, listen, type Probed } from './probe.ts'
import { loadFor, type Trial, tryAll } from './weigh.ts'

/** Lines that are tried; of more, the first. */
const MOST_LINES = 16

/** What a line is to be like, one direction or both; 0: nothing is asked of it. */
export interface AskedLine extends AccessLine {
  readonly node: string
}

/** `changed`: pairs that others changed meanwhile, which are not judged. */
export async function weighLines(
  network: Breakable,
  probed: Probed,
  lines: readonly AskedLine[],
  linkOf: (pair: Cut) => LinkConditions,
  changed: (pair: Cut) => boolean,
  signal?: AbortSignal,
): Promise<Finding> {
  const running = network.running()
  const findings: Finding[] = []
  for (const direction of ['up', 'down'] as const) {
    const asked = lines.filter(line => widthOf(line, direction) > 0 && running.includes(line.node))
    if (asked.length === 0) continue
    const heard = await listen(probed, running)
    const open = heard.filter(
      pair => !linkOf(pair).blocked && !linkOf({ from: pair.to, to: pair.from }).blocked,
    )
    const groups = asked.slice(0, MOST_LINES).flatMap(line => {
      const trials = trialsOf(network, line.node, widthOf(line, direction), direction, open)
      return trials.length > 0 ? [trials] : []
    })
    const trials = groups.flat()
    const slow = await tryAll(network, probed, trials, changed, signal, enough(groups))
    const there = new Set((await listen(probed, running)).map(keyOf))
    const stood = new Set(heard.filter(pair => there.has(keyOf(pair))).map(pairOf))
    const judged = groups.filter(
      group => isSlow(group, slow) || group.every(trial => !changed(trial) && stood.has(pairOf(trial))),
    )
    findings.push(findingOf(direction, judged, slow, groups.length))
  }
  if (findings.length === 0)
    return unmeasured({ asked: 'lines as set', measured: 'none', verified: true }, 'no node runs to load')
  return findings.reduce((all, each) => together(all, each))
}

function findingOf(
  direction: 'up' | 'down',
  judged: readonly (readonly Trial[])[],
  slow: ReadonlySet<string>,
  tried: number,
): Finding {
  const late = judged.filter(group => isSlow(group, slow))
  const leastMs = Math.min(...judged.flat().map(trial => trial.leastMs))
  const finding: Finding = {
    asked: `${plural(judged.length, `line ${direction}`, `lines ${direction}`)} that take ${Math.round(leastMs)} ms for a load`,
    measured: `${late.length} of ${judged.length} as slow`,
    verified: late.length === judged.length,
  }
  const why = tried === 0 ? 'no connection goes over it' : 'no connection was left to weigh'
  const nothing = { ...finding, asked: `lines ${direction} as set`, measured: 'none' }
  return judged.length > 0 ? finding : unmeasured(nothing, why)
}

/** One node's load: all its connections share it. */
function trialsOf(
  network: Breakable,
  node: string,
  bandwidthBps: number,
  direction: 'up' | 'down',
  open: readonly Cut[],
): Trial[] {
  const peers = [...new Set(open.flatMap(({ from, to }) => (from === node ? [to] : [])))]
  const load = loadFor(bandwidthBps, 0, network.burstBytes(bandwidthBps), peers.length)
  if (!load) return []
  return peers.map(peer => ({
    ...(direction === 'up' ? { from: node, to: peer } : { from: peer, to: node }),
    ...load,
  }))
}

function widthOf(line: AskedLine, direction: 'up' | 'down'): number {
  return direction === 'up' ? line.upBps : line.downBps
}

/** The last of its loads was as slow as all of them together. */
function isSlow(group: readonly Trial[], slow: ReadonlySet<string>): boolean {
  return group.some(trial => slow.has(pairOf(trial)))
}

/** Nothing is left to try of a line that was slow enough. */
function enough(groups: readonly (readonly Trial[])[]): (slow: ReadonlySet<string>) => readonly Trial[] {
  return slow => groups.filter(group => !isSlow(group, slow)).flat()
}

const pairOf = ({ from, to }: Cut) => `${from} ${to}`
