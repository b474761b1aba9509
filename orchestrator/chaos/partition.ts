// A partition: which directed pairs of nodes it cuts. Pure; whoever asks for an impossible one is told why.

import { EXIT, UserError } from '../errors.ts'
import { own } from '../own.ts'
import type { Random } from '../spec/random.ts'
import { didYouMean } from '../spec/suggest.ts'

/** `from` cannot reach `to`. */
export interface Cut {
  readonly from: string
  readonly to: string
}

/** Two or more sides that cannot reach each other; every node of the network is on exactly one. */
export type Sides = readonly (readonly string[])[]

/** What names in a fault's text may mean: nodes, and groups, regions or hosts that stand for all of theirs. */
export interface Roster {
  readonly nodes: readonly string[]
  readonly groups: ReadonlyMap<string, readonly string[]>
  /** Who is on which; absent: there are none. */
  readonly hosts?: ReadonlyMap<string, readonly string[]>
}

/** A partition ready to be made: what it cuts, and how people call it. */
export interface Partition {
  readonly target: string
  readonly cuts: readonly Cut[]
  /** Of a shape: where it put whom, but for a bridge's one node in the middle. */
  readonly sides?: Sides | undefined
}

interface Member {
  readonly name: string
  readonly group: string
  readonly region?: string | undefined
  readonly host?: string | undefined
}

/** Groups come before regions of the same name, and these before hosts. */
export function rosterOf(nodes: readonly Member[]): Roster {
  const hosts = namesBy(nodes, 'host')
  const groups = namesBy(nodes, 'group')
  for (const [word, names] of [...namesBy(nodes, 'region'), ...hosts])
    if (!groups.has(word)) groups.set(word, names)
  return { nodes: nodes.map(node => node.name), groups, ...(hosts.size > 0 && { hosts }) }
}

/** The nodes of each group, region or host. */
function namesBy(nodes: readonly Member[], key: 'group' | 'region' | 'host'): Map<string, string[]> {
  const names = new Map<string, string[]>()
  for (const node of nodes) {
    const word = node[key]
    if (word === undefined) continue
    const named = names.get(word)
    if (named) named.push(node.name)
    else names.set(word, [node.name])
  }
  return names
}

const RING = 'ring-of-majorities'
/** By the word that asks for it. */
export const SHAPES: { readonly [name: string]: (nodes: readonly string[]) => Partition } = {
  halves: nodes => bySides(halves(nodes)),
  'minority-third': nodes => bySides(minorityThird(nodes)),
  bridge,
  [RING]: ringOfMajorities,
}

/**
 * Reads a shape (`halves`, `minority-third`, `bridge`, `ring-of-majorities`, `random`), sides (`a,b | rest`), nodes that
 * see nobody (`isolate a,b`), one direction (`a -> b,c`: a's messages do not arrive) or pairs (`a <-> b,c`; all else
 * stays). `random` draws the sides of a random one; without it they are as in `halves`. Throws UserError (exit 2) for
 * unknown names and for a partition that would cut nothing.
 */
export function parsePartition(text: string, roster: Roster, random?: Random): Partition {
  const [word = '', ...rest] = text.trim().split(/\s+/)
  if (word === 'random' && rest.length === 0)
    return bySides(random ? randomSides(roster.nodes, random) : halves(roster.nodes))
  if (word === 'isolate') return bySides(isolated(parseNodes(rest.join(' '), roster), roster.nodes))
  const shape = own(SHAPES, text.trim())
  if (shape) return someCut(shape(roster.nodes))
  if (!text.includes('->')) return bySides(parseSides(text, roster))
  return someCut({ target: text.trim(), cuts: parsePairs(text, roster) })
}

/** Where a newcomer goes in a shape: the place of its side. */
const PLACES: { readonly [shape: string]: (sides: Sides, random: Random) => number } = {
  halves: smallest,
  bridge: smallest,
  // A minority stays one.
  'minority-third': sides => sides.length - 1,
  random: (sides, random) => random.int(sides.length),
}

/**
 * The same partition with everybody who has joined: whoever was there stays where it is. In a shape a newcomer goes to the
 * smaller side (`halves`, `bridge`; the first of two as large), to the majority (`minority-third`), to a side that is drawn
 * (`random`), or next to the last on the ring, seeing whom that one sees. In sides and pairs it is where `text` says: with its
 * group, in `rest`, else on a side of those not named.
 */
export function growPartition(
  text: string,
  before: Partition,
  newcomers: readonly string[],
  roster: Roster,
  random: Random,
): Partition {
  const shape = text.trim()
  if (shape === RING) return newcomers.reduce(besideTheLast(roster, newcomers), before)
  const place = own(PLACES, shape)
  if (!place || !before.sides) return parsePartition(text, roster)
  let { sides } = before
  for (const name of newcomers) {
    const side = place(sides, random.fork(`newcomer ${name}`))
    sides = sides.map((names, i) => (i === side ? [...names, name] : names))
  }
  const middle = roster.nodes.find(name => !sides.flat().includes(name))
  return middle === undefined ? bySides(sides) : bridged(sides, middle)
}

/**
 * Directed pairs that `text` names: `all`, `a -> b`, `a <-> b`, or names alone for every link of theirs, both ways.
 * Lists and groups on either side; `rest` is everybody who is not on the other.
 */
export function parsePairs(text: string, roster: Roster): Cut[] {
  const { nodes } = roster
  const pairs = (from: readonly string[], to: readonly string[]) =>
    from.flatMap(a => to.filter(b => b !== a).map(b => ({ from: a, to: b })))
  if (text.trim() === 'all') return pairs(nodes, nodes)
  const [left = '', right, more] = text.split(/<?->/)
  if (more !== undefined) throw refusal(`${JSON.stringify(text)} has more than one arrow`)
  if (right === undefined) {
    const names = parseNodes(left, roster)
    return nodes
      .flatMap(a => pairs([a], nodes))
      .filter(({ from, to }) => names.includes(from) || names.includes(to))
  }
  const from = left.trim() === 'rest' ? without(nodes, parseNodes(right, roster)) : parseNodes(left, roster)
  const to = right.trim() === 'rest' ? without(nodes, from) : parseNodes(right, roster)
  return text.includes('<->') ? [...pairs(from, to), ...pairs(to, from)] : pairs(from, to)
}

/** Nodes that `text` names: node names and groups between commas or blanks, or `all`. */
export function parseNodes(text: string, { nodes, groups }: Roster): readonly string[] {
  const words = text.split(/[\s,]+/).filter(word => word !== '')
  if (words.length === 0) throw refusal('a node is missing', someNames(nodes))
  if (words.length === 1 && words[0] === 'all') return nodes
  const unknown = words.find(word => !nodes.includes(word) && !groups.has(word))
  if (unknown !== undefined)
    throw refusal(
      `no node is named ${JSON.stringify(unknown)}`,
      didYouMean(unknown, [...nodes, ...groups.keys(), ...Object.keys(SHAPES)]) ?? someNames(nodes),
    )
  return [...new Set(words.flatMap(word => (nodes.includes(word) ? [word] : (groups.get(word) ?? []))))]
}

/** The nodes of each host that `text` names, whatever else is called so. */
export function parseHosts(text: string, { hosts }: Roster): Sides {
  if (!hosts) throw refusal('this network is on no hosts', 'hosts: in its spec, or --hosts, says which')
  const words = [...new Set(text.split(/[\s,]+/).filter(word => word !== ''))]
  const unknown = words.find(word => !hosts.has(word))
  if (words.length === 0) throw refusal('a host is missing', someNames([...hosts.keys()], 'hosts'))
  if (unknown !== undefined)
    throw refusal(
      `no node is on a host named ${JSON.stringify(unknown)}`,
      didYouMean(unknown, [...hosts.keys()]) ?? someNames([...hosts.keys()], 'hosts'),
    )
  return words.map(word => hosts.get(word) ?? [])
}

/** Each of these hosts is cut off from all others; nodes within one go on. */
export function cutHosts(text: string, roster: Roster): Partition {
  const sides = parseHosts(text, roster)
  const rest = without(roster.nodes, sides.flat())
  return bySides(rest.length > 0 ? [...sides, rest] : sides)
}

/**
 * Reads `a,b | c | rest`: sides between bars, names between commas or blanks; `rest` is everybody not named.
 * One side alone stands against the rest; `halves` splits the nodes in two. Nodes not named, without `rest`, make a side
 * of their own. Throws UserError (exit 2) for unknown or repeated names and for a side that is empty.
 */
export function parseSides(text: string, roster: Roster): Sides {
  const { nodes } = roster
  if (text.trim() === 'halves') return checked(halves(nodes))
  const wishes = text.split('|').map(side => side.split(/[\s,]+/).filter(word => word !== ''))
  const sidesNamed = wishes.map(side =>
    side.flatMap(word => (word === 'rest' ? [] : parseNodes(word, roster))),
  )
  const named = sidesNamed.flat()
  const twice = named.find((name, i) => named.indexOf(name) !== i)
  if (twice !== undefined) throw refusal(`${twice} cannot be on two sides`)
  const rest = without(nodes, named)
  const asked = wishes.some(side => side.includes('rest'))
  const sides = wishes.map((side, i) => [...(sidesNamed[i] ?? []), ...(side.includes('rest') ? rest : [])])
  return checked(asked || rest.length === 0 ? sides : [...sides, rest])
}

/** All pairs across sides, in both directions. */
export function cutsBetween(sides: Sides): Cut[] {
  return sides.flatMap((side, i) =>
    sides.flatMap((other, j) => (i === j ? [] : side.flatMap(from => other.map(to => ({ from, to }))))),
  )
}

/** `miners-1 miners-2 | miners-3`. */
export function describeSides(sides: Sides): string {
  return sides.map(side => side.join(' ')).join(' | ')
}

/** The groups of nodes that can still reach each other both ways, over any path that `cuts` leaves of `links`. */
export function islands(nodes: readonly string[], links: readonly Cut[], cuts: readonly Cut[]): Sides {
  const gone = new Set(cuts.flatMap(({ from, to }) => [`${from} ${to}`, `${to} ${from}`]))
  const left = links.filter(({ from, to }) => !gone.has(`${from} ${to}`))
  const found: string[][] = []
  for (const node of nodes) {
    if (found.some(island => island.includes(node))) continue
    const reached = new Set([node])
    for (const at of reached)
      for (const { from, to } of left)
        if (from === at) reached.add(to)
        else if (to === at) reached.add(from)
    found.push(nodes.filter(name => reached.has(name)))
  }
  return found
}

function bySides(sides: Sides): Partition {
  return { target: describeSides(checked(sides)), cuts: cutsBetween(sides), sides }
}

function smallest(sides: Sides): number {
  return sides.reduce((least, side, i) => (side.length < (sides[least]?.length ?? 0) ? i : least), 0)
}

function halves(nodes: readonly string[]): Sides {
  const middle = Math.ceil(nodes.length / 2)
  return [nodes.slice(0, middle), nodes.slice(middle)]
}

function minorityThird(nodes: readonly string[]): Sides {
  const third = Math.floor(nodes.length / 3)
  return [nodes.slice(0, third), nodes.slice(third)]
}

/** Two sides, of any sizes, of any nodes; neither is empty. */
function randomSides(nodes: readonly string[], random: Random): Sides {
  const left = [...nodes]
  const first: string[] = []
  const size = 1 + random.int(Math.max(1, nodes.length - 1))
  while (first.length < size && left.length > 0) first.push(...left.splice(random.int(left.length), 1))
  return [nodes.filter(name => first.includes(name)), left]
}

/** Each of them on a side of its own. */
function isolated(alone: readonly string[], nodes: readonly string[]): Sides {
  const others = without(nodes, alone)
  const sides = alone.map(name => [name])
  return others.length > 0 ? [...sides, others] : sides
}

/** Two halves that see each other through one node only. */
function bridge(nodes: readonly string[]): Partition {
  const middle = Math.floor((nodes.length - 1) / 2)
  return bridged([nodes.slice(0, middle), nodes.slice(middle + 1)], nodes[middle] ?? '')
}

function bridged(sides: Sides, middle: string): Partition {
  const target = `${describeSides(sides)}, bridged by ${middle}`
  return { target, cuts: cutsBetween(checked(sides)), sides }
}

/** Each node sees a majority, and no two see the same: neighbours on a ring, as far as a majority needs. */
function ringOfMajorities(nodes: readonly string[]): Partition {
  const count = nodes.length
  const reach = Math.ceil(Math.floor(count / 2) / 2)
  const far = (i: number, j: number) => Math.min(Math.abs(i - j), count - Math.abs(i - j)) > reach
  const cuts = nodes.flatMap((from, i) => nodes.filter((_, j) => far(i, j)).map(to => ({ from, to })))
  return { target: `a ring of majorities of ${2 * reach + 1}`, cuts }
}

/** A newcomer is cut off from those from whom the last node of the ring is. */
function besideTheLast({ nodes }: Roster, newcomers: readonly string[]) {
  const last = nodes.findLast(name => !newcomers.includes(name))
  return ({ target, cuts }: Partition, newcomer: string): Partition => ({
    target,
    cuts: [
      ...cuts,
      ...cuts.flatMap(({ from, to }) =>
        from === last ? [{ from: newcomer, to }] : to === last ? [{ from, to: newcomer }] : [],
      ),
    ],
  })
}

function someCut(partition: Partition): Partition {
  if (partition.cuts.length > 0) return partition
  throw refusal(`${partition.target} cuts nothing here: there are too few nodes`)
}

function without(nodes: readonly string[], others: readonly string[]): readonly string[] {
  return nodes.filter(name => !others.includes(name))
}

function checked(sides: Sides): Sides {
  if (sides.length < 2 || sides.some(side => side.length === 0))
    throw refusal(
      'a partition needs at least two sides with a node on each',
      'such as halves, or "miners-1,miners-2 | rest"',
    )
  return sides
}

function someNames(names: readonly string[], what = 'nodes'): string {
  return `${what}: ${names.length <= 12 ? names.join(', ') : `${names.slice(0, 12).join(', ')}, …`}`
}

function refusal(message: string, hint?: string): UserError {
  return new UserError(EXIT.usage, message, hint)
}
