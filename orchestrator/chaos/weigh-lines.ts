// Measures the lines of nodes: what a node sends to all its peers at once, or they to it, goes over one line, so that the last
// of these loads takes as long as all of them together.

import type { AccessLine, LinkConditions } from '../../node/api.ts'
import { leastOf } from '../extremes.ts'
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
  let unfilled = 0
  for (const direction of ['up', 'down'] as const) {
    const asked = lines.filter(line => widthOf(line, direction) > 0 && running.includes(line.node))
    if (asked.length === 0) continue
    const heard = await listen(probed, running)
    const open = heard.filter(
      pair => !linkOf(pair).blocked && !linkOf({ from: pair.to, to: pair.from }).blocked,
    )
    const fillable = asked.filter(line => {
      const at = { node: line.node, direction, widthBps: widthOf(line, direction) }
      return isFilled(at, peersOf(line.node, open), network, linkOf)
    })
    if (fillable.length === 0) {
      unfilled += asked.length
      continue
    }
    const groups = fillable.slice(0, MOST_LINES).flatMap(line => {
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
  if (findings.length === 0) {
    const why = unfilled > 0 ? 'their peers cannot fill them' : 'no node runs to load'
    return unmeasured({ asked: 'lines as set', measured: 'none', verified: true }, why)
  }
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
    asked: `${plural(judged.length, `line ${direction} that takes`, `lines ${direction} that take`)} ${Math.round(leastMs)} ms for a load`,
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
  const peers = peersOf(node, open)
  const load = loadFor(bandwidthBps, 0, network.burstBytes(bandwidthBps), peers.length)
  if (!load) return []
  return peers.map(peer => ({
    ...(direction === 'up' ? { from: node, to: peer } : { from: peer, to: node }),
    ...load,
  }))
}

function peersOf(node: string, open: readonly Cut[]): string[] {
  return [...new Set(open.flatMap(({ from, to }) => (from === node ? [to] : [])))]
}

/** With room to spare: a load that its peers hold back says nothing of the line. */
const TO_SPARE = 1.25

/** Can the peers of a node send, or take, more than its line carries? */
function isFilled(
  { node, direction, widthBps }: { node: string; direction: 'up' | 'down'; widthBps: number },
  peers: readonly string[],
  network: Breakable,
  linkOf: (pair: Cut) => LinkConditions,
): boolean {
  const each = peers.map(peer => {
    const { bandwidthBps } = linkOf(direction === 'up' ? { from: node, to: peer } : { from: peer, to: node })
    const line = network.lineOf?.(peer)
    const theirs = (direction === 'up' ? line?.downBps : line?.upBps) ?? 0
    return leastOf([bandwidthBps, theirs].map(bps => (bps > 0 ? bps : Number.POSITIVE_INFINITY)))
  })
  return peers.length === 0 || each.reduce((sum, bps) => sum + bps, 0) >= TO_SPARE * widthBps
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
