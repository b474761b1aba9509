// What people can have a network do with contents while it lives: share files of this machine, and have nodes get what is shared.

import { basename } from 'node:path'
import { EXIT, UserError } from '../../errors.ts'
import type { NetworkState } from '../../observe/state.ts'
import { didYouMean } from '../../spec/suggest.ts'
import type { Order } from '../system.ts'
import type { WorkloadStage } from '../workload.ts'
import { usualPieceLength, wordsOf } from './plan.ts'
import type { ContentState } from './state.ts'
import type { Made, SwarmOrder } from './told.ts'

/** What `add` comes to. */
export interface Added {
  readonly content: string
  readonly name: string
  readonly magnet: string
  readonly bytes: number
  readonly pieces: number
  readonly on: string
  readonly for: readonly string[]
}

/** What `get` comes to. */
export interface Getting {
  readonly content: string
  readonly name: string
  readonly to: readonly string[]
}

export const ORDERS: { readonly [order: string]: Order } = {
  /** `{ path, bytes, on?, for?, pieceLength?, version? }`; `path`: absolute, on the machine of the nodes. */
  add: async (stage, params) => {
    const path = text(params, 'path')
    const bytes = Number(params.bytes)
    const peers = stage.nodes()
    const { on = peers[0] } = params as { readonly on?: string }
    if (on === undefined) throw new UserError(EXIT.failure, 'no node that runs bittorrent runs')
    if (!peers.includes(on)) throw noSuch(on, peers)
    const wanting =
      params.for === undefined ? [] : named(text(params, 'for'), stage).filter(name => name !== on)
    const name = basename(path)
    const { pieceLength = usualPieceLength(bytes), version = 'v2' } = params as {
      readonly pieceLength?: number
      readonly version?: string
    }
    const made = await asked<Made>(stage, on, 'createtorrent', [{ name, pieceLength, version, from: path }])
    const { content, magnet, pieces } = made
    say(stage, {
      type: 'bittorrent/shared',
      data: { node: on, content, name, magnet, bytes: made.bytes, pieces, pieceLength },
    })
    for (const node of wanting) await give(stage, node, { content, name, magnet })
    return { content, name, magnet, bytes: made.bytes, pieces, on, for: wanting } satisfies Added
  },
  /** `{ what, to }`: a name, a content's id or a magnet link; groups or nodes. */
  get: async (stage, params, state) => {
    const wanted = wantedOf(text(params, 'what'), state())
    const to = named(text(params, 'to'), stage)
    for (const node of to) await give(stage, node, wanted)
    return { content: wanted.content, name: wanted.name, to } satisfies Getting
  },
}

type Wanted = Pick<ContentState, 'content' | 'name' | 'magnet'>

async function give(stage: WorkloadStage, node: string, { content, name, magnet }: Wanted): Promise<void> {
  say(stage, { type: 'bittorrent/wanted', data: { node, content, name } })
  await asked(stage, node, 'addtorrent', [magnet])
}

/** Told of as any error of an order; a node's own words say what is wrong. */
async function asked<Answer>(
  stage: WorkloadStage,
  node: string,
  method: string,
  params: readonly unknown[],
): Promise<Answer> {
  try {
    return (await stage.rpc(node, method, params)) as Answer
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(EXIT.failure, `${node}: ${(error as Error).message}`)
  }
}

function wantedOf(what: string, { systems }: NetworkState): Wanted {
  const { contents } = systems.bittorrent
  const found = findContent(what, contents)
  if (what.startsWith('magnet:')) {
    const content = idOf(what)
    if (content === undefined)
      throw new UserError(
        EXIT.usage,
        'the magnet link names no content',
        'it has xt=urn:btmh:… or xt=urn:btih:…',
      )
    return { content, name: found?.name ?? '', magnet: what }
  }
  if (!found) throw unknownContent(what, contents)
  if (found.magnet === '')
    throw new UserError(EXIT.usage, `nobody said how ${found.name} is found`, 'give its magnet link')
  return found
}

/** By its name, the begin of its id, or its magnet link. */
export function findContent(what: string, contents: readonly ContentState[]): ContentState | undefined {
  const id = what.startsWith('magnet:') ? idOf(what) : undefined
  if (id !== undefined) return contents.find(({ content }) => content === id)
  return (
    contents.find(({ name }) => name === what) ??
    contents.find(({ content }) => /^[0-9a-f]{8,64}$/.test(what) && content.startsWith(what))
  )
}

export function unknownContent(what: string, contents: readonly ContentState[]): UserError {
  const names = contents.map(({ name }) => name)
  const hint =
    names.length === 0 ? 'nothing is shared yet: netsplit content add' : `contents: ${names.join(', ')}`
  return new UserError(EXIT.usage, `there is no content ${what}`, didYouMean(what, names) ?? hint)
}

/** Of version 2 where the link has that. */
function idOf(magnet: string): string | undefined {
  const [, v2] = /urn:btmh:1220([0-9a-f]{64})/i.exec(magnet) ?? []
  const [, v1] = /urn:btih:([0-9a-f]{40})/i.exec(magnet) ?? []
  return (v2 ?? v1)?.toLowerCase()
}

/** Nodes that run it, by names of nodes and groups, or all. */
function named(said: string, { nodes, groupOf }: WorkloadStage): readonly string[] {
  const peers = nodes()
  const words = wordsOf(said)
  const lost = words.find(
    word => word !== 'all' && !peers.some(name => name === word || groupOf(name) === word),
  )
  if (lost !== undefined) throw noSuch(lost, peers)
  return peers.filter(name => words.some(word => word === 'all' || word === name || word === groupOf(name)))
}

function noSuch(name: string, peers: readonly string[]): UserError {
  const shown = peers.length > 8 ? [...peers.slice(0, 8), '…'] : peers
  return new UserError(
    EXIT.usage,
    `no node or group that runs bittorrent is named ${name}`,
    didYouMean(name, peers) ?? `those who run: ${shown.join(', ')}`,
  )
}

function text(params: { readonly [name: string]: unknown }, key: string): string {
  const value = params[key]
  if (typeof value === 'string') return value
  throw new UserError(EXIT.usage, `the order has no ${key}`)
}

function say(stage: WorkloadStage, order: SwarmOrder): void {
  stage.observe(order)
}
