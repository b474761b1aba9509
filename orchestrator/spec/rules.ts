// Rules between values of a spec, which no single field can see. Each problem names the place to mend.

import { whyAmbiguous, whyReserved } from '../chaos/names.ts'
import { rosterOf } from '../chaos/partition.ts'
import { Addressed } from '../chaos/trace.ts'
import { clientProblems } from '../clients/spec.ts'
import { plural } from '../format.ts'
import { SYSTEMS } from '../systems/all.ts'
import { swarmStrategyOf } from '../systems/bittorrent/strategy.ts'
import { ledgerProblems } from '../systems/ledger/rules.ts'
import { accessProblems } from './access-spec.ts'
import { distributionProblems } from './distribution.ts'
import { fileOf } from './files.ts'
import { readGraph } from './graph-files.ts'
import { hostProblems } from './host-spec.ts'
import { isLight, LIGHT } from './light.ts'
import { linkProblems, regionNames } from './link-spec.ts'
import { hostsOf, namedNodes, nodeNames, placedNodes } from './placed.ts'
import { degreesOf } from './plan-topology.ts'
import { fileProblem, type Problem } from './problem.ts'
import { createRandom } from './random.ts'
import { regionProblems } from './regions.ts'
import { isPlaced, runsOf } from './runs.ts'
import { planSteps, scenarioProblems } from './scenario.ts'
import { MAX_NODES, type Spec } from './schema.ts'
import { placeGraph } from './topology-file.ts'
import { upgradeProblems } from './upgrade-rules.ts'

/** Half a million connections. */
const MAX_FULL = 1000

/** Everything impossible about a spec whose fields are each fine. */
export function findProblems(spec: Spec): Problem[] {
  const problems = [
    ...nodeProblems(spec),
    ...ledgerProblems(spec),
    ...clientProblems(spec),
    ...topologyProblems(spec),
    ...linkProblems(spec, nodeNames(spec)),
    ...placeProblems(spec),
    ...hostProblems(
      spec,
      { groups: Object.keys(spec.nodes), regions: regionNames(spec, nodeNames(spec)) },
      nodeNames(spec),
      () => hostsOf(spec),
    ),
    ...accessProblems(spec, nodeNames(spec)),
    ...runsProblems(spec),
    ...transportProblems(spec),
    ...systemProblems(spec),
    ...absentProblems(spec),
  ]
  // Faults are about nodes: they can be judged once these are right.
  if (problems.length > 0) return problems
  const roster = rosterOf(placedNodes(spec))
  const scenario = [
    ...scenarioProblems(spec.faults, spec.expect, roster, spec.files),
    ...upgradeProblems(spec.faults, spec.nodes, roster),
  ]
  return scenario.length > 0 ? scenario : traceProblems(spec)
}

function nodeProblems(spec: Spec): Problem[] {
  const names = nodeNames(spec)
  const problems: Problem[] = []
  if (names.length === 0)
    problems.push({ path: ['nodes'], message: 'there is no node: give at least one group a count above 0' })
  if (names.length > MAX_NODES)
    problems.push({
      path: ['nodes'],
      message: `${names.length} nodes are more than the limit of ${MAX_NODES}: lower a count`,
    })
  // Groups `a` and `a-1` can both make `a-1-1`.
  const known = new Set<string>()
  const twice = names.find(name => known.size === known.add(name).size)
  if (twice !== undefined)
    problems.push({ path: ['nodes'], message: `two groups both make a node named ${twice}: rename one` })
  for (const group of Object.keys(spec.nodes)) {
    const reserved = whyReserved(group)
    if (reserved !== undefined) problems.push({ path: ['nodes', group], message: reserved })
  }
  // Group `a` makes the node `a-1`, which may be a group, too.
  const ambiguous = whyAmbiguous(rosterOf(namedNodes(spec)))
  if (ambiguous) problems.push({ path: ['nodes', ambiguous.name], message: ambiguous.why })
  return problems
}

/** Checks and conditions of a system that no node runs: they could never hold. */
function absentProblems({ nodes, expect = {}, faults = {} }: Spec): Problem[] {
  const groups = Object.values(nodes).filter(({ count }) => count > 0)
  const present = new Set(groups.flatMap(group => runsOf(group)))
  return SYSTEMS.filter(({ runs }) => !present.has(runs)).flatMap(({ runs, expectations, conditions }) => {
    const message = `no node runs ${runs}, which this is about`
    const asked = Object.keys(expect).filter(name => expectations[name] !== undefined)
    const awaited = Object.entries(faults).flatMap(([name, { at, when }]) =>
      Object.entries({ at, when }).flatMap(([key, text]) =>
        conditions[/^[a-z-]+/.exec(text ?? '')?.[0] ?? ''] === undefined ? [] : [['faults', name, key]],
      ),
    )
    return [...asked.map(name => ['expect', name]), ...awaited].map(path => ({ path, message }))
  })
}

/** What systems find wrong with their own parts. */
function systemProblems(spec: Spec): Problem[] {
  const parts = spec as { readonly [system: string]: unknown }
  const runs = new Map(Object.entries(spec.nodes).map(([group, said]) => [group, runsOf(said)]))
  const nodes = namedNodes(spec).map(node => ({ ...node, runs: runs.get(node.group) ?? [] }))
  return SYSTEMS.flatMap(({ name, problems }) =>
    (problems?.(parts[name], { nodes, runtime: spec.runtime }) ?? []).map(({ path, message }) => ({
      path: [name, ...path],
      message,
    })),
  )
}

/** Links see of a sealed frame how long it is, and no more. */
function transportProblems({ transport, chain, nodes }: Spec): Problem[] {
  if (chain.blockSize === undefined) return []
  const message = 'chain.blockSize counts blocks that links can see: with it, v1'
  const isSealed = (said: Spec['transport']) => said !== undefined && said !== 'v1'
  const groups = Object.entries(nodes).filter(([, group]) => isSealed(group.transport))
  const paths = groups.map(([name]) => ['nodes', name, 'transport'])
  return [...(isSealed(transport) ? [['transport']] : []), ...paths].map(path => ({ path, message }))
}

/** Peers with a ledger and peers without one are two networks: the rules of a chain tell its peers from others. */
function runsProblems({ nodes }: Spec): Problem[] {
  const groups = Object.entries(nodes).filter(([, group]) => group.count > 0)
  const problems: Problem[] = []
  for (const [name, group] of groups) {
    const runs = runsOf(group)
    const path = ['nodes', name, 'runs']
    if (runs.includes('bitcoin') && runs.includes('p2p'))
      problems.push({ path, message: 'bitcoin is a peer as well: leave p2p out' })
    if (isLight(group) && (runs.includes('bitcoin') || runs.includes('p2p')))
      problems.push({ path, message: `a full node needs no light client beside it: ${LIGHT} stands alone` })
    const swarm = swarmStrategyOf(group)
    if (swarm !== undefined && !runs.includes('bittorrent'))
      problems.push({
        path: ['nodes', name, 'strategy'],
        message: `${swarm} is how a peer of BitTorrent is dishonest, and this group runs ${runs.join(', ')}: let it run bittorrent`,
      })
    const plots = group.strategy !== undefined && swarm === undefined
    const mines = group.share !== undefined || group.hashRate !== undefined || plots
    if (mines && !runs.includes('bitcoin'))
      problems.push({ path, message: `who mines runs bitcoin: leave share, hashRate and strategy out` })
  }
  const light = groups.find(([, group]) => isLight(group))
  if (light && !groups.some(([, group]) => runsOf(group).includes('bitcoin')))
    problems.push({
      path: ['nodes', light[0], 'runs'],
      message: `${LIGHT} needs full nodes: give a group that runs bitcoin a count`,
    })
  const alone = groups.find(([, group]) => runsOf(group).includes('p2p'))
  if (alone && groups.some(([, group]) => runsOf(group).includes('bitcoin')))
    problems.push({
      path: ['nodes', alone[0], 'runs'],
      message: 'peers with a ledger do not understand peers without one: let all run bitcoin, or none',
    })
  return problems
}

function topologyProblems(spec: Spec): Problem[] {
  const { kind, degree, center, edges, file } = spec.topology
  const names = nodeNames(spec)
  const full = namesOf(spec, isPlaced)
  const problems: Problem[] = []
  const only = (key: 'degree' | 'center' | 'edges', owner: string) => {
    if (spec.topology[key] !== undefined && kind !== owner)
      problems.push({
        path: ['topology', key],
        message: `only kind: ${owner} has ${key}; this is kind: ${kind}`,
      })
  }
  only('degree', 'random-regular')
  only('center', 'star')
  only('edges', 'explicit')
  if (file !== undefined) problems.push(...fileTopologyProblems(spec, names))
  else if (typeof degree === 'object') problems.push(...degreeProblems(spec, full.length))
  if (kind === 'random-regular' && typeof degree === 'number') {
    if (degree >= full.length)
      problems.push({
        path: ['topology', 'degree'],
        message: `${plural(full.length, 'node')} cannot have ${plural(degree, 'peer')} each: at most ${full.length - 1}`,
      })
    else if ((degree * full.length) % 2 !== 0)
      problems.push({
        path: ['topology', 'degree'],
        message: `${full.length} nodes of degree ${degree}: one of the two must be even`,
      })
  }
  if (kind === 'full' && names.length > MAX_FULL)
    problems.push({
      path: ['topology', 'kind'],
      message: `${names.length} nodes connected each to each are more than the limit of ${MAX_FULL}: use random-regular`,
    })
  if (kind === 'star' && center !== undefined && !full.includes(center))
    problems.push({
      path: ['topology', 'center'],
      message: `there is no ${full.length < names.length ? 'full ' : ''}node ${center}: nodes are ${some(full)}`,
    })
  if (kind === 'explicit' && edges === undefined && file === undefined)
    problems.push({
      path: ['topology', 'kind'],
      message: 'kind: explicit needs edges, such as edges: [[miners-1, miners-2]]',
    })
  problems.push(...edgeProblems(edges ?? [], names), ...lightEdgeProblems(spec))
  return problems
}

/** Light clients have nothing for each other. */
function lightEdgeProblems(spec: Spec): Problem[] {
  const lights = new Set(namesOf(spec, isLight))
  return (spec.topology.edges ?? []).flatMap(([a, b], i) =>
    lights.has(a) && lights.has(b)
      ? [
          {
            path: ['topology', 'edges', i],
            message: `${a} and ${b} are light clients: each connects to full nodes`,
          },
        ]
      : [],
  )
}

function namesOf(spec: Spec, wanted: (group: Spec['nodes'][string]) => boolean): string[] {
  return namedNodes(spec).flatMap(({ name, group }) => {
    const said = spec.nodes[group]
    return said && wanted(said) ? [name] : []
  })
}

/** Hash rates are for those who mine. */
function traceProblems(spec: Spec): Problem[] {
  const nodes = placedNodes(spec)
  const idle = new Set(
    nodes.flatMap(({ name, group }) => {
      const { share, hashRate } = spec.nodes[group] ?? {}
      return share === undefined && hashRate === undefined ? [name] : []
    }),
  )
  const who = new Addressed(rosterOf(nodes))
  return planSteps(spec.faults, spec.files).flatMap(({ name, fault }) => {
    if (fault.kind !== 'trace') return []
    const texts = new Set(fault.points.flatMap(point => ('hashRateHps' in point ? [point.nodes] : [])))
    const lost = [...texts].flatMap(text => who.nodes(text)).find(node => idle.has(node))
    if (lost === undefined) return []
    const message = `${fault.file}: ${lost} has a hash rate there, and does not mine: give its group a share or a hashRate`
    return [{ path: ['faults', name, 'trace', 'file'], message }]
  })
}

/** A file says all of it, and fits the nodes. */
function fileTopologyProblems(spec: Spec, names: readonly string[]): Problem[] {
  const { kind, file = '' } = spec.topology
  const other = (['degree', 'center', 'edges'] as const).find(key => spec.topology[key] !== undefined)
  if (other)
    return [{ path: ['topology', other], message: 'the file has the whole topology: leave this out' }]
  if (kind !== 'random-regular' && kind !== 'explicit')
    return [{ path: ['topology', 'kind'], message: 'the file has the whole topology: leave kind out' }]
  return fileProblem(['topology', 'file'], () => placeGraph(file, readGraph(file, fileOf(spec, file)), names))
}

function degreeProblems(spec: Spec, count: number): Problem[] {
  const { degree } = spec.topology
  if (typeof degree !== 'object') return []
  const path = ['topology', 'degree']
  const problems = distributionProblems(degree, { bare: false })
  if (problems.length > 0) return problems.map(problem => ({ ...problem, path: [...path, ...problem.path] }))
  if (degree.mean !== undefined && degree.mean > Math.max(1, count - 1))
    return [
      {
        path: [...path, 'mean'],
        message: `${plural(count, 'node')} cannot have ${plural(degree.mean, 'peer')} each: at most ${count - 1}`,
      },
    ]
  return fileProblem([...path, ...(degree.from === undefined ? [] : ['from'])], () =>
    degreesOf(spec, count, createRandom('degrees')),
  )
}

/** Groups are in regions that there are, and the table of regions is whole. */
function placeProblems(spec: Spec): Problem[] {
  const { links, nodes } = spec
  const { regions } = links
  const names = regionNames(spec, nodeNames(spec))
  const reserved = names.flatMap(name => {
    const message = whyReserved(name)
    return message === undefined ? [] : [{ path: ['links', 'regions', name], message }]
  })
  const problems: Problem[] = (regions === undefined ? [] : regionProblems(regions)).map(
    ({ path, message }) => ({ path: ['links', 'regions', ...path], message }),
  )
  for (const [name, { region }] of Object.entries(nodes))
    if (region !== undefined && !names.includes(region))
      problems.push({
        path: ['nodes', name, 'region'],
        message:
          names.length === 0
            ? 'there are no regions: give links.regions, such as 2019'
            : `there is no region ${region}: regions are ${names.join(', ')}`,
      })
  return [...reserved, ...problems]
}

function edgeProblems(edges: readonly (readonly [string, string])[], names: readonly string[]): Problem[] {
  const known = new Set(names)
  const seen = new Set<string>()
  const problems: Problem[] = []
  for (const [i, [a, b]] of edges.entries()) {
    const path = ['topology', 'edges', i]
    const unknown = [a, b].find(name => !known.has(name))
    const key = [a, b].sort().join(' ')
    if (unknown !== undefined)
      problems.push({ path, message: `there is no node ${unknown}: nodes are ${some(names)}` })
    else if (a === b) problems.push({ path, message: `${a} cannot connect to itself` })
    else if (seen.has(key)) problems.push({ path, message: `${a} and ${b} are connected twice` })
    seen.add(key)
  }
  return problems
}

function some(names: readonly string[]): string {
  return names.length <= 6 ? names.join(', ') : `${names.slice(0, 5).join(', ')} … ${names.at(-1)}`
}
