// spec + seed → plan, a pure function: node names, keys, hash rates, links, topology, chain rules.

import { createHash } from 'node:crypto'
import type { AccessLine } from '../../node/api.ts'
import type { Random } from '../../node/core/host.ts'
import { USUAL_LEVEL } from '../../node/log-level.ts'
import { dialledAsNeeded, planClient } from '../clients/all.ts'
import { onlyRuntime } from '../clients/spec.ts'
import { swarmStrategyOf } from '../systems/bittorrent/strategy.ts'
import { planVersionBits } from '../systems/ledger/deployments.ts'
import { planChain, planMining, planPace, planStrategy } from '../systems/ledger/plan.ts'
import { isOn, systemsOf, USUAL_RUNS } from '../systems/present.ts'
import { accessOf } from './access.ts'
import { accessRules } from './access-spec.ts'
import { planHosts } from './host-spec.ts'
import { isLight } from './light.ts'
import { planDefaultLink, planSpreads, tableOf } from './link-spec.ts'
import { pairLinks } from './pair-links.ts'
import { nodeNames, type PlacedNode, placedNodes, planRandom } from './placed.ts'
import { planTopology } from './plan-topology.ts'
import { runsOf } from './runs.ts'
import { planChecks, planSteps } from './scenario.ts'
import type { Spec } from './schema.ts'
import type { Plan, PlannedNode } from './types.ts'

const SEED_BYTES = 32

/** The plan of `spec`; the same spec gives the same plan. */
export function makePlan(spec: Spec): Plan {
  const random = planRandom(spec)
  const { regions, matrix } = tableOf(spec, nodeNames(spec))
  const access = accessRules(spec)
  const nodes = planNodes(spec, random.fork('nodes'), placedNodes(spec), node =>
    accessOf(node, { seed: spec.seed, access, regions }),
  )
  const spread = planSpreads(spec)
  const versionBits = planVersionBits(spec.chain, spec.nodes)
  const defaultLink = planDefaultLink(spec, spread)
  const apart = { ...(regions && { regions }), ...(matrix && { matrix }), ...(spread && { spread }) }
  const linkOf = pairLinks({ seed: spec.seed, defaultLink, ...apart })
  return {
    schemaVersion: 1,
    network: spec.name,
    seed: spec.seed,
    runtime: spec.runtime ?? onlyRuntime(spec) ?? 'process',
    chain: planChain(spec, nodes),
    ...planPace(spec, nodes),
    ...(versionBits && { versionBits }),
    ...planHosts(spec),
    nodes,
    topology: dialledAsNeeded(planTopology(spec, nodes, linkOf, random.fork('topology')), nodes),
    ...planTransport(spec),
    relay: spec.relay,
    ...(keepsFilters(spec) && { blockFilters: true }),
    blockBytes: spec.chain.blockSize ?? 0,
    ...(spec.chain.validation !== undefined && { validationMsPerKb: spec.chain.validation }),
    defaultLink,
    ...apart,
    ...(access && { access }),
    ...planFiles(spec),
    load: { txPerSecond: spec.load.tx },
    limits: { memoryBytes: spec.limits.memory, cpus: spec.limits.cpus, pids: spec.limits.pids },
    durationMs: spec.duration ?? 0,
    ...(spec.keep && { keep: true }),
    ...planSystems(spec, nodes),
    ...(spec.faults && { faults: planSteps(spec.faults, spec.files, spec.nodes) }),
    ...(spec.expect && { expect: planChecks(spec.expect) }),
  }
}

/** Asked for, or there are light clients, which live on filters. */
function keepsFilters({ blockFilters, nodes }: Spec): boolean {
  return blockFilters || Object.values(nodes).some(group => group.count > 0 && isLight(group))
}

/** What is to count more than it is, links have to see. */
function planTransport({ transport, chain }: Spec): Pick<Plan, 'transport'> {
  if (transport) return { transport }
  return chain.blockSize === undefined ? {} : { transport: 'v1' }
}

function planNodes(
  spec: Spec,
  random: Random,
  places: readonly PlacedNode[],
  lineOf: (node: Parameters<typeof accessOf>[0]) => AccessLine | undefined,
): PlannedNode[] {
  const filters = keepsFilters(spec)
  const nodes: PlannedNode[] = []
  for (const [group, said] of Object.entries(spec.nodes)) {
    const { count, runs, log = spec.log } = said
    const strategy = planStrategy(said)
    const swarm = swarmStrategyOf(said)
    const { program, image, args = [], version } = said
    const asked = version === undefined ? undefined : String(version)
    const client = planClient(said.client, { program, image, args, filters, version: asked })
    for (let i = 1; i <= count; i++) {
      const name = `${group}-${i}`
      const place = places[nodes.length] as PlacedNode
      const { region, host } = place
      const access = lineOf(place)
      nodes.push({
        ...{ name, group, index: nodes.length },
        ...(region !== undefined && { region }),
        ...(host !== undefined && { host }),
        ...(access && { access }),
        seed: hex(random.fork(name).bytes(SEED_BYTES)),
        mining: planMining(spec, said),
        ...planRuns(runs),
        ...(strategy && { strategy }),
        ...(swarm && { swarm }),
        ...(said.transport && { transport: said.transport }),
        ...(client ? { client } : ourBuild(program, image, asked)),
        ...(log !== USUAL_LEVEL && { log }),
      })
    }
  }
  return nodes
}

/** Of our own nodes that are not of this version. */
function ourBuild(
  program: string | undefined,
  image: string | undefined,
  version: string | undefined,
): Pick<PlannedNode, 'program' | 'image' | 'version'> {
  return {
    ...(program !== undefined && { program }),
    ...(image !== undefined && { image }),
    ...(version !== undefined && { version }),
  }
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

/** By their hashes: their contents are in the plan already. */
function planFiles({ files }: Spec): Pick<Plan, 'files'> {
  if (!files) return {}
  const hashes = Object.entries(files).map(([name, text]) => [
    name,
    createHash('sha256').update(text).digest('hex'),
  ])
  return { files: Object.fromEntries(hashes) }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
