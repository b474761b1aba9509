// Faults of the machine under a node: a wrong clock, a full disk, little processor time, little memory, a thin line.

import type { NodeConditions } from '../faults.ts'
import { allOf, type Bench, type Injection, refusal, tell } from '../injection.ts'
import { disturbed, type Finding, together, unmeasured } from '../measure.ts'
import { measured } from './orders.ts'

/** Between two processes of one machine, HTTP included. */
const CLOCK_TOLERANCE_MS = 500
/** What a node is made to calculate while its processor is limited: a second's share of it, within these bounds. */
const BURN_MS = { least: 100, most: 200 }
/** A limit is kept on average over its own short periods. */
const BURN_TOLERANCE = 0.7
/** A node whose disk is full says so and ends: it tries to write at once. */
const DISK_FULL_MS = 60_000
const POLL_MS = 50

export function machineFault(
  bench: Bench,
  first: readonly string[],
  worse: Partial<NodeConditions>,
): Injection {
  const { id, network, board, links } = bench
  let nodes = first
  /** Who runs when it begins, or joins: only they are measured. Others get their conditions when they start. */
  const told: string[] = []
  const put = (nodes: readonly string[], took: (node: string) => void = () => {}) =>
    allOf(nodes, async node => {
      links.touch(id, [node])
      await network.setNode(node, board.conditions(node))
      took(node)
    })
  return {
    begin: async () => {
      board.apply(id, nodes, worse)
      const running = network.running()
      const down = nodes.filter(node => !running.includes(node))
      // Who refuses it has nothing that could be measured.
      const refused = await put(nodes, node => {
        if (running.includes(node)) told.push(node)
      })
      return refusal('every node runs', [...down.map(node => `${node} does not run`), ...refused])
    },
    measure: signal => measureAll(bench, told, worse, signal),
    grow: async effect => {
      const newcomers = effect.on === 'machines' ? effect.nodes.filter(node => !nodes.includes(node)) : []
      nodes = [...nodes, ...newcomers]
      board.apply(id, nodes, worse)
      told.push(...newcomers)
      await put(newcomers)
    },
    holds: (changed, signal) => {
      const running = network.running()
      const again = nodes.filter(node => changed.includes(node) && running.includes(node))
      return again.length === 0 ? NOBODY_CHANGED : measureAll(bench, again, worse, signal)
    },
    end: async () => {
      board.lift(id)
      const refused = await put(nodes)
      const stillFull = (node: string) => board.conditions(node).diskFull
      const running = network.running()
      const ended = told.filter(node => !running.includes(node) && !stillFull(node))
      const notStarted = worse.diskFull === true ? await tell(bench, ended, 'start') : undefined
      const restored = refusal('every machine is sound again', refused)
      return restored && notStarted ? together(restored, notStarted) : (restored ?? notStarted)
    },
    measureEnd: async signal => {
      const back = told.filter(node => !board.conditions(node).diskFull)
      // A wrong clock takes no node away: those that are down now are another fault's.
      if (worse.clockSkewMs !== undefined) {
        const right = await clocks(bench, back)
        return together(right.unmeasured ? undefined : right, await links.measure(id, [], signal))
      }
      if (isLine(worse)) return await links.measure(id, [], signal)
      return await measured(bench, back, 'running', signal)
    },
  }
}

const NOBODY_CHANGED: Promise<Finding> = Promise.resolve({
  asked: 'machines as set',
  measured: 'none came back',
  verified: true,
})

const NOBODY_TOLD: Finding = { asked: 'machines as set', measured: 'nobody to measure', verified: true }

async function measureAll(
  bench: Bench,
  nodes: readonly string[],
  worse: Partial<NodeConditions>,
  signal: AbortSignal | undefined,
): Promise<Finding> {
  if (nodes.length === 0 && bench.network.running().length > 0) return NOBODY_TOLD
  if (worse.clockSkewMs !== undefined) return await clocks(bench, nodes)
  if (worse.cpus !== undefined) return await processors(bench, nodes)
  if (worse.memoryBytes !== undefined) return await memories(bench, nodes)
  if (isLine(worse)) return await lines(bench, nodes, worse, signal)
  return await disks(bench, nodes, signal)
}

function isLine({ upBps, downBps }: Partial<NodeConditions>): boolean {
  return upBps !== undefined || downBps !== undefined
}

/** A direction of which this fault says nothing is not looked at; where another has made it thinner still, that is. */
async function lines(
  { id, network, board, links }: Bench,
  nodes: readonly string[],
  worse: Partial<NodeConditions>,
  signal: AbortSignal | undefined,
): Promise<Finding> {
  const asked = nodes.map(node => {
    const { upBps = 0, downBps = 0 } = board.conditions(node)
    return { node, upBps: worse.upBps ? upBps : 0, downBps: worse.downBps ? downBps : 0 }
  })
  const finding = await links.measureLines(asked, signal)
  if (!finding.unmeasured || nodes.some(node => network.running().includes(node))) return finding
  return disturbed(finding, new Set(nodes.flatMap(node => links.holderOf(node, id) ?? [])))
}

/** Each is asked its time. */
async function clocks({ id, network, board, links }: Bench, all: readonly string[]): Promise<Finding> {
  // Another fault may have taken some of them away meanwhile: they come back with the clock that the board says.
  const nodes = all.filter(node => network.running().includes(node))
  if (nodes.length === 0) {
    const asked: Finding = { asked: 'clocks as set', measured: 'none of them', verified: true }
    const nobody = unmeasured(asked, 'no node runs to ask')
    return disturbed(nobody, new Set(all.flatMap(node => links.holderOf(node, id) ?? [])))
  }
  const ahead = await Promise.all(nodes.map(node => network.machine.clockAheadMs(node)))
  const askedMs = nodes.map(node => board.conditions(node).clockSkewMs)
  const right = ahead.filter((ms, i) => Math.abs(ms - (askedMs[i] ?? 0)) <= CLOCK_TOLERANCE_MS)
  return {
    asked: `clocks ahead by ${range(askedMs)} s`,
    measured: `${right.length} of ${nodes.length} so, ahead by ${range(ahead)} s`,
    verified: right.length === nodes.length,
  }
}

/** Each is made to calculate for a moment of processor time, which takes as long as the limit lets it. */
async function processors({ network, board }: Bench, nodes: readonly string[]): Promise<Finding> {
  const limits = nodes.map(node => board.conditions(node).cpus ?? Number.POSITIVE_INFINITY)
  const burnMs = Math.round(Math.min(BURN_MS.most, Math.max(BURN_MS.least, 1000 * Math.min(...limits))))
  const took = await Promise.all(nodes.map(node => network.machine.burnMs(node, burnMs)))
  const leastMs = limits.map(cpus => burnMs / cpus)
  const known = took.filter(ms => ms !== undefined)
  const slow = took.filter((ms = 0, i) => ms >= BURN_TOLERANCE * (leastMs[i] ?? 0))
  const finding = {
    asked: `${burnMs} ms of processor time take ${Math.round(Math.min(...leastMs))} ms`,
    measured: `${slow.length} of ${known.length} so slow, from ${Math.round(Math.min(...known))} ms`,
    verified: slow.length === known.length,
  }
  if (known.length === nodes.length) return finding
  const silent = nodes.filter((_, i) => took[i] === undefined)
  const why = `${silent.join(', ')} can calculate nothing for us`
  return unmeasured(known.length > 0 ? finding : { ...finding, measured: 'none could be asked' }, why)
}

async function memories({ network, board }: Bench, nodes: readonly string[]): Promise<Finding> {
  const limits = await Promise.all(nodes.map(node => network.machine.memoryBytes(node)))
  const asked = nodes.map(node => board.conditions(node).memoryBytes ?? 0)
  const kept = limits.filter((bytes, i) => bytes !== undefined && bytes <= (asked[i] ?? 0))
  const known = limits.filter(bytes => bytes !== undefined)
  return {
    asked: `at most ${Math.round(Math.max(...asked) / 1e6)} MB each`,
    measured: `${kept.length} of ${nodes.length} limited, to ${known.length > 0 ? Math.round(Math.max(...known) / 1e6) : 'no'} MB`,
    verified: kept.length === nodes.length,
  }
}

/** A node that cannot keep what it accepts must not go on as if it did: it says so and ends. */
async function disks(
  { network }: Bench,
  nodes: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Finding> {
  const deadlineMs = network.nowMs() + DISK_FULL_MS
  for (;;) {
    const running = network.running()
    const ended = nodes.filter(node => !running.includes(node))
    if (ended.length === nodes.length || network.nowMs() >= deadlineMs || signal?.aborted)
      return {
        asked: `${nodes.length} cannot write, say so and end`,
        measured: `${ended.length} of ${nodes.length} ended`,
        verified: ended.length === nodes.length,
      }
    await network.wait(POLL_MS, signal)
  }
}

/** In seconds. */
function range(ms: readonly number[]): string {
  const seconds = [Math.min(...ms), Math.max(...ms)].map(each => (each / 1000).toFixed(1))
  return seconds[0] === seconds[1] ? `${seconds[0]}` : seconds.join(' … ')
}
