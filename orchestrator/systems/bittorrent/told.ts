// What is told of BitTorrent: by nodes, as their service has it, and by the workload, of whom it gave what.

import type { BittorrentEvent, BittorrentHealth } from '../../../node/api.ts'
import type { ObservedEvent } from '../../observe/events.ts'

/** Of the network itself: what it had its nodes do. */
export type SwarmOrder =
  /** The node has all of it, and was the first or one of them. */
  | {
      readonly type: 'bittorrent/shared'
      readonly data: {
        readonly node: string
        readonly content: string
        readonly name: string
        readonly magnet: string
        readonly bytes: number
        readonly pieces: number
        readonly pieceLength: number
        /** Those who want it are told one after the other. */
        readonly apart?: boolean
      }
    }
  /** The node was told to get it. */
  | {
      readonly type: 'bittorrent/wanted'
      readonly data: { readonly node: string; readonly content: string; readonly name: string }
    }
  | {
      readonly type: 'bittorrent/failed'
      readonly data: { readonly node: string; readonly name: string; readonly detail: string }
    }

export type SwarmEvent = SwarmOrder | BittorrentEvent

/** An event as one of BitTorrent's; undefined: it is none. */
export function swarmEvent(
  event: ObservedEvent['event'] | { readonly type: string },
): SwarmEvent | undefined {
  return event.type.startsWith('bittorrent/') ? (event as unknown as SwarmEvent) : undefined
}

/** What `createtorrent` answers. */
export interface Made {
  readonly content: string
  readonly magnet: string
  readonly pieces: number
  readonly bytes: number
}

/** What a sample has of a node's service; undefined: the node runs none, or has not said. */
export function healthOf(
  services: { readonly [service: string]: object } | undefined,
): SampledHealth | undefined {
  const health = services?.bittorrent as Partial<SampledHealth> | undefined
  return Array.isArray(health?.contents) ? (health as SampledHealth) : undefined
}

/** Whom it sent what comes with those who got it: here it would only make samples long. */
export type SampledHealth = Omit<BittorrentHealth, 'contents'> & {
  readonly contents: readonly Omit<BittorrentHealth['contents'][number], 'upTo'>[]
}

export function sampledHealth(status: object): object {
  const { contents = [], ...rest } = status as Partial<BittorrentHealth>
  return { ...rest, contents: contents.map(({ upTo: _, ...content }) => content) }
}
