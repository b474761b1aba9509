// The plan of a node that joins a running network: its name, its seed, and the peers it dials. Pure.

import type { MiningManner } from '../../node/api.ts'
import { whyAmbiguous, whyReserved } from '../chaos/names.ts'
import { rosterOf } from '../chaos/partition.ts'
import { launchOf } from '../clients/client.ts'
import { JOINED, planJoined } from '../clients/joined.ts'
import type { AddNode } from '../control/api.ts'
import { EXIT, UserError } from '../errors.ts'
import { accessOf } from './access.ts'
import { nextHost } from './placement.ts'
import { createRandom, type Random } from './random.ts'
import { drawRegions, type RegionTable } from './regions.ts'
import { isPlaced, runsOf } from './runs.ts'
import { didYouMean } from './suggest.ts'
import type { Plan, PlannedNode } from './types.ts'

/** A DNS label: names become host names in containers. */
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
/** Nodes that do not mine, where nothing else is said. */
const FULL = 'full'
const MAX_HASH_RATE_HPS = 1e15
/** Peers of a newcomer where the topology has no degree of its own. */
const FEW_PEERS = 2
/** A newcomer's region is one of so many in their shares. */
const DRAWN_FROM = 1000

/** Nodes that run: those that can be reached, and those from whom a fault keeps the newcomer. */
type Running = readonly [near: readonly string[], far: readonly string[]]

export interface JoinPlan {
  readonly node: PlannedNode
  /** Names of the nodes it dials; of one that is dialled, those who dial it. */
  readonly peers: readonly string[]
}

/** `present`: every node so far. The same wish at the same point gives the same plan. */
export function planNewcomer(plan: Plan, present: readonly PlannedNode[], wish: AddNode): PlannedNode {
  const hashRateHps = wish.hashRateHps ?? 0
  if (!(hashRateHps >= 0 && hashRateHps <= MAX_HASH_RATE_HPS))
    throw new UserError(EXIT.usage, `${hashRateHps} is not a hash rate`)
  const group = groupOf(plan, present, hashRateHps, wish)
  const client = clientOf(present, group, wish, plan.chain)
  const name = label(wish.name ?? nextName(present, group), 'a node')
  if (present.some(node => node.name === name))
    throw new UserError(EXIT.usage, `there is already a node named ${name}`)
  refuseAmbiguous([...present, { name, group }])
  const random = randomOf(plan, name)
  const runs = client ? undefined : runsAs(present, group)
  if (hashRateHps > 0 && !runsOf({ runs }).includes('bitcoin'))
    throw new UserError(EXIT.usage, `a node that runs no ledger cannot mine: ${group}`)
  const { regions } = plan
  const place = regions ? { region: regionOf(regions, present, group, random.fork('region')) } : {}
  const access = accessOf({ name, group, ...place }, plan)
  const host = wish.from ? undefined : hostOf(plan, present, group, wish.host)
  const mode = hashRateHps === 0 ? 'off' : minerOf(plan)
  return {
    name,
    group,
    index: present.length,
    seed: Buffer.from(random.fork('seed').bytes(32)).toString('hex'),
    mining: { mode, hashRateHps, threads: 1 },
    ...(client && { client }),
    ...(runs && { runs }),
    ...transportAs(present, group),
    ...place,
    ...(host !== undefined && { host }),
    ...(access && { access }),
  }
}

/** As its group's, which may be other people's program; or one that runs already. */
function clientOf(
  present: readonly PlannedNode[],
  group: string,
  { from, hashRateHps = 0 }: AddNode,
  { network }: Plan['chain'],
): PlannedNode['client'] {
  if (!from) {
    const like = present.find(node => node.group === group)?.client
    if (!like || launchOf(like)) return like
    throw new UserError(
      EXIT.usage,
      `the programs of ${group} were started by hand`,
      'start another, and netsplit join brings it in',
    )
  }
  if (network !== 'regtest')
    throw new UserError(
      EXIT.usage,
      "other people's programs know Bitcoin's own rules: this network is not regtest",
    )
  if (hashRateHps > 0 && !from.rpc)
    throw new UserError(EXIT.usage, 'it cannot be asked for blocks', 'add --rpc and --cookie')
  return planJoined(from)
}

function minerOf({ chain, hashesPerBlock }: Plan): MiningManner {
  if (!chain.checkProofOfWork) return 'simulated'
  return hashesPerBlock === undefined ? 'real' : 'paced'
}

/** Whom it dials: of those who run, first those that no fault keeps it from. */
export function peersOf(
  plan: Plan,
  { name }: PlannedNode,
  running: readonly string[],
  cutOff: (other: string) => boolean,
): readonly string[] {
  const random = randomOf(plan, name).fork('peers')
  const near = running.filter(other => !cutOff(other))
  return choosePeers(plan, [near, running.filter(cutOff)], random)
}

function randomOf(plan: Plan, name: string): Random {
  return createRandom(`netsplit ${plan.seed} join ${name}`)
}

/** The plan with all who joined since, as they joined. */
export function grownPlan(plan: Plan, joined: readonly JoinPlan[]): Plan {
  const edges = joined.flatMap(({ node, peers }) =>
    peers.map(peer => {
      const [from, to] = node.client?.isDialled ? [peer, node.name] : [node.name, peer]
      return { from, to, link: plan.defaultLink }
    }),
  )
  const wanted = Object.fromEntries(joined.map(({ node, peers }) => [node.name, peers.length]))
  const { topology } = plan
  return {
    ...plan,
    nodes: [...plan.nodes, ...joined.map(({ node }) => node)],
    topology: {
      ...topology,
      edges: [...topology.edges, ...edges],
      wantedPeers: { ...topology.wantedPeers, ...wanted },
    },
  }
}

/** As its group; in a new one, as the first node. */
function runsAs(present: readonly PlannedNode[], group: string): PlannedNode['runs'] {
  const like = present.find(node => node.group === group) ?? present.find(isPlaced)
  return like?.runs
}

/** As its group; the first of one speaks what the network does. */
function transportAs(present: readonly PlannedNode[], group: string): Pick<PlannedNode, 'transport'> {
  const transport = present.find(node => node.group === group)?.transport
  return transport ? { transport } : {}
}

/** Where all of its group are; else drawn by the shares. */
function regionOf(
  regions: RegionTable,
  present: readonly PlannedNode[],
  group: string,
  random: Random,
): string {
  const [region, ...others] = new Set(present.filter(node => node.group === group).map(node => node.region))
  if (region !== undefined && others.length === 0) return region
  const names = drawRegions(regions, DRAWN_FROM, random)
  return names[0] as string
}

/** Of those that its group may be on, the one that is asked for, else by the shares of all groups that may be on the same. */
function hostOf(
  { hosts = [], pinned = {} }: Plan,
  present: readonly PlannedNode[],
  group: string,
  asked: string | undefined,
): string | undefined {
  const pinOf = (each: string) => (Object.hasOwn(pinned, each) ? pinned[each] : undefined)
  const pin = pinOf(group)
  const on = hosts.filter(({ name }) => pin?.includes(name) ?? true)
  if (asked === undefined) return nextHost(on, group, present, other => pinOf(other)?.join() === pin?.join())
  if (on.some(({ name }) => name === asked)) return asked
  const names = on.map(({ name }) => name)
  if (names.length === 0) throw new UserError(EXIT.usage, `there is no host ${asked}: this network has none`)
  throw new UserError(
    EXIT.usage,
    pin && hosts.some(({ name }) => name === asked)
      ? `${group} is pinned to ${names.join(', ')}`
      : `there is no host ${asked}`,
    didYouMean(asked, names) ?? `hosts: ${names.join(', ')}`,
  )
}

/** One that there is, unless a new one is asked for in so many words: a misspelt group would be a group of its own. */
function groupOf(
  plan: Plan,
  present: readonly PlannedNode[],
  hashRateHps: number,
  { group: asked, newGroup, from }: AddNode,
): string {
  const usual = from ? JOINED : defaultGroup(present, hashRateHps)
  const group = label(asked ?? usual, 'a group')
  const known = [...new Set([...plan.nodes, ...present].map(node => node.group))]
  if (plan.hosts?.some(({ name }) => name === group))
    throw new UserError(EXIT.usage, `${group} is the name of a host: choose another name for a group`)
  if (newGroup || asked === undefined || known.includes(group) || group === FULL) return group
  throw new UserError(
    EXIT.usage,
    `there is no group ${group}`,
    `${didYouMean(group, known) ?? `groups: ${known.join(', ')};`} --new-group ${group} makes it`,
  )
}

function refuseAmbiguous(nodes: readonly { readonly name: string; readonly group: string }[]): void {
  const ambiguous = whyAmbiguous(rosterOf(nodes))
  if (ambiguous) throw new UserError(EXIT.usage, ambiguous.why)
}

function label(text: string, what: string): string {
  const reserved = whyReserved(text)
  if (reserved !== undefined) throw new UserError(EXIT.usage, reserved)
  // States and reports are tables by name, and every table of JavaScript has this one.
  if (LABEL.test(text) && text !== 'constructor') return text
  throw new UserError(
    EXIT.usage,
    `${JSON.stringify(text)} cannot be the name of ${what}`,
    'use up to 63 lower-case letters, digits and dashes',
  )
}

/** Miners join the miners, others the nodes called `full`. */
function defaultGroup(present: readonly PlannedNode[], hashRateHps: number): string {
  if (hashRateHps === 0) return FULL
  return present.find(node => node.mining.mode !== 'off')?.group ?? 'miners'
}

function nextName(present: readonly PlannedNode[], group: string): string {
  const taken = new Set(present.map(node => node.name))
  for (let i = 1; ; i++) if (!taken.has(`${group}-${i}`)) return `${group}-${i}`
}

/** As many as the topology gives the others; the star's newcomer dials its centre. */
function choosePeers(plan: Plan, [near, far]: Running, random: Random): readonly string[] {
  const { kind, wantedPeers } = plan.topology
  const degrees = degreesOf(plan.topology)
  const running = [...near, ...far]
  switch (kind) {
    case 'full':
      return running
    case 'star': {
      const most = Math.max(0, ...degrees)
      const center = running.filter(name => wantedPeers[name] === most).slice(0, 1)
      return center.length > 0 ? center : choose(near, far, 1, random)
    }
    case 'discovered':
      return choose(near, far, 1, random)
    case 'random-regular':
      return choose(near, far, Math.max(1, ...degrees), random)
    case 'random':
    case 'ring':
    case 'explicit':
      return choose(near, far, FEW_PEERS, random)
  }
}

/** Of each node; where nobody waits for peers, as the edges have it. */
function degreesOf({ edges, wantedPeers }: Plan['topology']): readonly number[] {
  const wanted = Object.values(wantedPeers)
  if (wanted.some(count => count > 0)) return wanted
  const counts = new Map<string, number>()
  for (const end of edges.flatMap(({ from, to }) => [from, to])) counts.set(end, (counts.get(end) ?? 0) + 1)
  return [...counts.values()]
}

/** `count` different ones, or all when there are fewer; far ones only where there are not enough near. */
function choose(
  near: readonly string[],
  far: readonly string[],
  count: number,
  random: Random,
): readonly string[] {
  const [left, rest] = [[...near], [...far]]
  const chosen: string[] = []
  while (chosen.length < count && left.length + rest.length > 0) {
    const from = left.length > 0 ? left : rest
    chosen.push(...from.splice(random.int(from.length), 1))
  }
  return chosen
}
