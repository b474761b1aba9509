// How the state of BitTorrent is made of what is seen of it: what each node says, and what the workload had it do.

import type { BittorrentEvent } from '../../../node/api.ts'
import type { ObservedEvent, TestnetEvent } from '../../observe/events.ts'
import type { Working } from '../../observe/folded.ts'
import { appended, type Fresh } from '../../observe/fresh.ts'
import type { Observation } from '../../observe/observation.ts'
import { emptySeries, extended, isDue } from '../../observe/series.ts'
import { writablePart } from '../../observe/writable.ts'
import type { PlannedNode } from '../../spec/types.ts'
import { type Kept, type KeptContent, keptContent } from './kept.ts'
import { BITTORRENT } from './service.ts'
import { pointOf, swarmOf } from './snapshot.ts'
import type { Ban, HeldContent, SwarmNode, SwarmState } from './state.ts'
import { healthOf, type SampledHealth, type SwarmOrder, swarmEvent } from './told.ts'

const MAX_BANS = 1_000
const FIRST_STEP_MS = 250

export const observation: Observation<Kept, SwarmState, SwarmNode> = {
  initial: () => ({
    contents: new Map(),
    before: new Map(),
    bans: [],
    damagedPieces: 0,
    history: emptySeries(FIRST_STEP_MS),
    stoodMs: 0,
    last: undefined,
  }),
  working: kept => ({
    ...kept,
    contents: new Map([...kept.contents].map(([id, each]) => [id, { ...each, given: new Map(each.given) }])),
    before: new Map(kept.before),
  }),
  node: ({ runs = [], ...node }) =>
    newNode(runs.includes('bittorrent'), (node as Partial<PlannedNode>).swarm),
  fold,
  snapshot: (kept, network) => kept.last ?? swarmOf(kept, network),
}

function newNode(peer: boolean, strategy: string | undefined): SwarmNode {
  return {
    ...{
      peer,
      address: undefined,
      strategy,
      connections: 0,
      dhtNodes: 0,
      sentBytes: 0,
      receivedBytes: 0,
      downBps: 0,
      upBps: 0,
    },
    contents: {},
  }
}

function fold(kept: Kept, observed: ObservedEvent, network: Working, fresh: Fresh | undefined): void {
  const { timeMs } = observed
  const told = swarmEvent(observed.event)
  if (observed.node !== undefined) {
    if (told) foldNode(kept, observed.node, told as BittorrentEvent, timeMs, network, fresh)
  } else if (told) foldOrder(kept, told as SwarmOrder, timeMs, network, fresh)
  else foldNetwork(kept, observed.event, timeMs, network, fresh)
  if (kept.contents.size > 0 && !kept.last && isDue(kept.history, timeMs))
    kept.history = extended(kept.history, pointOf(kept, network, timeMs))
}

function foldNetwork(
  kept: Kept,
  event: TestnetEvent,
  timeMs: number,
  network: Working,
  fresh: Fresh | undefined,
): void {
  switch (event.type) {
    case 'network-ready':
      kept.stoodMs = timeMs
      return
    case 'network-stopping':
      if (kept.contents.size > 0 && !kept.last)
        kept.history = extended(kept.history, pointOf(kept, network, timeMs))
      kept.last ??= swarmOf(kept, network)
      return
    case 'node-ready': {
      const node = writablePart(network, event.node, 'bittorrent', fresh)
      if (node?.peer) node.address = event.ports?.[BITTORRENT] ?? event.p2p
      return
    }
    case 'node-exited':
      ended(kept, event.node, network, fresh)
      return
    case 'node-sampled': {
      const health = healthOf(event.services)
      if (health) sampled(kept, event.node, health, timeMs, network, fresh)
    }
  }
}

function foldOrder(
  kept: Kept,
  event: SwarmOrder,
  timeMs: number,
  network: Working,
  fresh: Fresh | undefined,
): void {
  if (event.type === 'bittorrent/shared') {
    const { node, content, name, magnet, bytes, pieces, pieceLength, apart = false } = event.data
    const held = contentOf(kept, content, timeMs)
    Object.assign(held, { name, magnet, bytes, pieces, pieceLength, apart })
    if (!held.seeds.includes(node)) held.seeds = [...held.seeds, node]
    const all = { role: 'seed', pieces, verifiedBytes: bytes, complete: true } as const
    change(network, node, content, timeMs, fresh, () => all)
  } else if (event.type === 'bittorrent/wanted') {
    const held = contentOf(kept, event.data.content, timeMs)
    if (held.name === '') held.name = event.data.name
    change(network, event.data.node, event.data.content, timeMs, fresh, () => ({ role: 'wants' }))
  }
}

function foldNode(
  kept: Kept,
  name: string,
  event: BittorrentEvent,
  timeMs: number,
  network: Working,
  fresh: Fresh | undefined,
): void {
  const { content } = event
  const own = (to: (before: HeldContent) => Partial<HeldContent>) =>
    change(network, name, content, timeMs, fresh, to)
  switch (event.type) {
    case 'bittorrent/joined':
    case 'bittorrent/info': {
      const of = contentOf(kept, content, timeMs)
      if (event.pieces > 0) Object.assign(of, { name: event.name, bytes: event.bytes, pieces: event.pieces })
      if (event.type === 'bittorrent/info') return
      const whole = event.pieces > 0 && event.has === event.pieces
      own(({ role, sinceMs, ...before }) => ({
        // Nobody said what it is to be: who has all of it from the first gives it.
        role: whole && sinceMs === timeMs ? 'seed' : role,
        ...{ pieces: event.has, left: false, stuck: undefined, complete: whole },
        verifiedBytes: whole ? event.bytes : before.pieces === event.has ? before.verifiedBytes : 0,
      }))
      return
    }
    case 'bittorrent/progress':
      own(() => ({ pieces: event.pieces, verifiedBytes: event.verifiedBytes, stuck: undefined }))
      for (const [address, bytes] of Object.entries(event.from))
        given(contentOf(kept, content, timeMs), nameAt(network, address), name, bytes)
      return
    case 'bittorrent/complete': {
      const { pieces } = contentOf(kept, content, timeMs)
      own(({ completeMs = timeMs }) => ({
        ...{ complete: true, completeMs, verifiedBytes: event.verifiedBytes, stuck: undefined },
        ...(pieces > 0 && { pieces }),
      }))
      return
    }
    case 'bittorrent/banned':
      banned(kept, name, event, timeMs, network)
      return
    case 'bittorrent/damaged':
      kept.damagedPieces += event.pieces
      own(({ pieces }) => ({ pieces: Math.max(0, pieces - event.pieces), complete: false }))
      return
    case 'bittorrent/stuck':
      own(() => ({ stuck: event.why }))
      return
    case 'bittorrent/left':
      own(() => ({ left: true, downBps: 0, upBps: 0, connections: 0 }))
  }
}

function banned(
  kept: Kept,
  by: string,
  { address, content, why }: Extract<BittorrentEvent, { type: 'bittorrent/banned' }>,
  timeMs: number,
  network: Working,
): void {
  const node = nameAt(network, address)
  const planned = network.nodes[network.places.get(node) ?? -1]
  const honest = planned !== undefined && planned.systems.bittorrent.strategy === undefined
  const ban: Ban = { by, node, honest, content, why, timeMs }
  kept.bans = appended(kept.bans, ban, MAX_BANS)
}

/** What events were lost of is put right by the next sample. */
function sampled(
  kept: Kept,
  name: string,
  { contents, ...health }: SampledHealth,
  timeMs: number,
  network: Working,
  fresh: Fresh | undefined,
): void {
  const node = writablePart(network, name, 'bittorrent', fresh)
  if (!node) return
  const { connections, sentBytes, receivedBytes, dhtNodes } = health
  const sum = (of: 'downBps' | 'upBps') => contents.reduce((all, each) => all + each[of], 0)
  Object.assign(node, { connections, sentBytes, receivedBytes, dhtNodes })
  Object.assign(node, { downBps: sum('downBps'), upBps: sum('upBps') })
  for (const { content, name: called, bytes, pieces, hasPieces, ...each } of contents) {
    const of = contentOf(kept, content, timeMs)
    if (pieces > 0) Object.assign(of, { name: called, bytes, pieces })
    const lived = kept.before.get(keyOf(name, content)) ?? NOTHING_YET
    const { has, verifiedBytes, downBps, upBps, complete } = each
    change(network, name, content, timeMs, fresh, before => ({
      ...{ pieces: hasPieces, has, verifiedBytes, downBps, upBps, complete, connections: each.connections },
      downBytes: lived.downBytes + each.downBytes,
      wastedBytes: lived.wastedBytes + each.wastedBytes,
      upBytes: lived.upBytes + each.upBytes,
      completeMs: before.completeMs ?? (complete && before.role === 'wants' ? timeMs : undefined),
    }))
  }
}

const NOTHING_YET = { downBytes: 0, wastedBytes: 0, upBytes: 0 }

/** The counts of the life that is over stay with those of the next. */
function ended(kept: Kept, name: string, network: Working, fresh: Fresh | undefined): void {
  const node = writablePart(network, name, 'bittorrent', fresh)
  if (!node?.peer) return
  Object.assign(node, { connections: 0, downBps: 0, upBps: 0, sentBytes: 0, receivedBytes: 0, dhtNodes: 0 })
  node.contents = Object.fromEntries(
    Object.entries(node.contents).map(([content, held]) => {
      const { downBytes, wastedBytes, upBytes } = held
      kept.before.set(keyOf(name, content), { downBytes, wastedBytes, upBytes })
      return [content, { ...held, connections: 0, downBps: 0, upBps: 0 }]
    }),
  )
}

const keyOf = (node: string, content: string) => `${node} ${content}`

function contentOf(kept: Kept, content: string, timeMs: number): KeptContent {
  const known = kept.contents.get(content)
  if (known) return known
  const fresh = keptContent(content, timeMs)
  kept.contents.set(content, fresh)
  return fresh
}

function given(content: KeptContent, from: string, to: string, bytes: number): void {
  const key = keyOf(from, to)
  const before = content.given.get(key)?.bytes ?? 0
  content.given.set(key, { from, to, bytes: before + bytes })
}

const nameAt = ({ connections }: Working, address: string) => connections.nameAt.get(address) ?? address

/** Writes what a node has of a content; it is there from its first mention on. */
function change(
  network: Working,
  name: string,
  content: string,
  timeMs: number,
  fresh: Fresh | undefined,
  to: (before: HeldContent) => Partial<HeldContent>,
): void {
  const node = writablePart(network, name, 'bittorrent', fresh)
  if (!node) return
  const before = node.contents[content] ?? { ...NOTHING_HELD, sinceMs: timeMs }
  node.contents = { ...node.contents, [content]: { ...before, ...to(before) } }
}

const NOTHING_HELD: Omit<HeldContent, 'sinceMs'> = {
  ...{ role: 'wants', pieces: 0, verifiedBytes: 0, has: '', downBytes: 0, wastedBytes: 0, upBytes: 0 },
  ...{ downBps: 0, upBps: 0, connections: 0, complete: false, completeMs: undefined },
  ...{ stuck: undefined, left: false },
}
