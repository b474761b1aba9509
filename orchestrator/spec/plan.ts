// spec + seed → plan, a pure function: node names, keys, hash rates, links, topology, chain rules.

import type { AccessLine, LinkConditions } from '../../node/api.ts'
import type { Random } from '../../node/core/host.ts'
import { createRandom } from '../../node/core/random.ts'
import { USUAL_LEVEL } from '../../node/log-level.ts'
import { planChain, planMining, planStrategy } from '../systems/ledger/plan.ts'
import { isOn, systemsOf, USUAL_RUNS } from '../systems/present.ts'
import { accessOf, accessRules } from './access.ts'
import { drawRegions, type RegionTable, regionLinks, regionTable } from './regions.ts'
import { isPeer, runsOf } from './runs.ts'
import { planChecks, planSteps } from './scenario.ts'
import type { Spec } from './schema.ts'
import { defaultDegree, type Edge, full, randomRegular, ring, star } from './topology.ts'
import type { Plan, PlannedEdge, PlannedNode } from './types.ts'

const SEED_BYTES = 32
/** A discovered network counts as standing once each node has found this many peers (or all there are). */
const DISCOVERED_PEERS = 4

/** The plan of `spec`; the same spec gives the same plan. */
export function makePlan(spec: Spec): Plan {
  const random = createRandom(`netsplit ${spec.seed}`)
  const regions = spec.links.regions === undefined ? undefined : regionTable(spec.links.regions)
  const access = accessRules(spec)
  const places = placeNodes(spec, regions, random.fork('regions'))
  const nodes = planNodes(spec, random.fork('nodes'), places, node => accessOf(node, access, regions))
  const defaultLink = planLink(spec)
  const linkOf = regions && regionLinks(regions, defaultLink)
  const edges = planEdges(spec, nodes, random.fork('topology'))
  return {
    schemaVersion: 1,
    network: spec.name,
    seed: spec.seed,
    runtime: spec.runtime ?? 'process',
    chain: planChain(spec, nodes),
    nodes,
    topology: {
      kind: spec.topology.kind,
      edges: edges.map(([from, to]) => planEdge(nodes, from, to, linkOf ?? (() => defaultLink))),
      wantedPeers: wantedPeers(spec, nodes, edges),
    },
    relay: spec.relay,
    blockBytes: spec.chain.blockSize ?? 0,
    defaultLink,
    ...(regions && { regions }),
    ...(access && { access }),
    load: { txPerSecond: spec.load.tx },
    limits: { memoryBytes: spec.limits.memory, cpus: spec.limits.cpus, pids: spec.limits.pids },
    durationMs: spec.duration ?? 0,
    ...(spec.keep && { keep: true }),
    ...planSystems(spec, nodes),
    ...(spec.faults && { faults: planSteps(spec.faults) }),
    ...(spec.expect && { expect: planChecks(spec.expect) }),
  }
}

/** The region of each node: that of its group, or drawn. */
function placeNodes(
  spec: Spec,
  regions: RegionTable | undefined,
  random: Random,
): readonly (string | undefined)[] {
  const asked = Object.values(spec.nodes).flatMap(({ count, region }) =>
    Array<string | undefined>(count).fill(region),
  )
  if (!regions) return asked
  const drawn = drawRegions(regions, asked.filter(region => region === undefined).length, random)
  return asked.map(region => region ?? drawn.pop())
}

function planNodes(
  spec: Spec,
  random: Random,
  regions: readonly (string | undefined)[],
  lineOf: (node: Parameters<typeof accessOf>[0]) => AccessLine | undefined,
): PlannedNode[] {
  const nodes: PlannedNode[] = []
  for (const [group, said] of Object.entries(spec.nodes)) {
    const { count, strategy, runs, log = spec.log } = said
    for (let i = 1; i <= count; i++) {
      const name = `${group}-${i}`
      const region = regions[nodes.length]
      const place = { name, group, ...(region !== undefined && { region }) }
      const access = lineOf(place)
      nodes.push({
        ...{ name, group, index: nodes.length },
        ...(region !== undefined && { region }),
        ...(access && { access }),
        seed: hex(random.fork(name).bytes(SEED_BYTES)),
        mining: planMining(spec, said),
        ...planRuns(runs),
        ...(strategy && { strategy: planStrategy(strategy) }),
        ...(log !== USUAL_LEVEL && { log }),
      })
    }
  }
  return nodes
}

/** Those that nodes run and that have something to plan. */
function planSystems(spec: Spec, nodes: readonly PlannedNode[]): Pick<Plan, 'systems'> {
  const parts = spec as { readonly [system: string]: unknown }
  const planned = systemsOf({ nodes }).flatMap(system => {
    const { name, plan } = system
    return plan
      ? [
          [
            name,
            plan(
              parts[name],
              nodes.filter(node => isOn(system, node)),
            ),
          ] as const,
        ]
      : []
  })
  return planned.length > 0 ? { systems: Object.fromEntries(planned) } : {}
}

/** Absent where it is as usual. */
function planRuns(runs: Spec['nodes'][string]['runs']): Pick<PlannedNode, 'runs'> {
  const said = runsOf({ runs })
  return said.join() === USUAL_RUNS.join() ? {} : { runs: said }
}

function planLink({ links }: Spec): LinkConditions {
  return {
    latencyMs: links.latency,
    jitterMs: links.jitter,
    bandwidthBps: links.bandwidth ?? 0,
    loss: links.loss,
    blocked: false,
  }
}

function planEdges(spec: Spec, nodes: readonly PlannedNode[], random: Random): Edge[] {
  const { kind, degree, center, edges } = spec.topology
  const count = nodes.length
  const index = new Map(nodes.map(node => [node.name, node.index]))
  const find = (name: string) => index.get(name) as number // checked by the spec's rules
  switch (kind) {
    case 'ring':
      return ring(count)
    case 'star':
      return star(count, center === undefined ? 0 : find(center))
    case 'full':
      return full(count)
    case 'explicit':
      return (edges ?? []).map(([a, b]) => [find(a), find(b)] as const)
    case 'discovered':
      return discovered(count, random)
    case 'random-regular':
      return randomRegular(count, degree ?? defaultDegree(count), random)
  }
}

/** Each node but the first is given the address of one earlier node. */
function discovered(count: number, random: Random): Edge[] {
  return Array.from({ length: Math.max(0, count - 1) }, (_, i) => [i + 1, random.int(i + 1)] as const)
}

function planEdge(
  nodes: readonly PlannedNode[],
  from: number,
  to: number,
  linkOf: (from: string, to: string) => LinkConditions,
): PlannedEdge {
  const near = nodes[from] as PlannedNode
  const far = nodes[to] as PlannedNode
  const link = linkOf(near.region ?? '', far.region ?? '')
  const reverse = linkOf(far.region ?? '', near.region ?? '')
  const alike = link.latencyMs === reverse.latencyMs
  return { from: near.name, to: far.name, link, ...(!alike && { reverse }) }
}

function wantedPeers(
  spec: Spec,
  nodes: readonly PlannedNode[],
  edges: readonly Edge[],
): { [node: string]: number } {
  if (spec.topology.kind === 'discovered') {
    const wanted = Math.min(DISCOVERED_PEERS, nodes.filter(isPeer).length - 1)
    return Object.fromEntries(nodes.map(node => [node.name, isPeer(node) ? wanted : 0]))
  }
  const degrees = nodes.map(() => 0)
  const peers = nodes.map(isPeer)
  for (const [from, to] of edges)
    if (peers[from] && peers[to]) for (const end of [from, to]) degrees[end] = (degrees[end] ?? 0) + 1
  return Object.fromEntries(nodes.map((node, i) => [node.name, degrees[i] ?? 0]))
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
