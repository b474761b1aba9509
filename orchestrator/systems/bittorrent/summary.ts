// BitTorrent's part of a run's summary.

import type { NetworkState } from '../../observe/state.ts'
import type { Ban, ContentState } from './state.ts'

export interface SwarmSummary {
  readonly peers: number
  /** Peers that have what they wanted, once a content, and those that wanted it. */
  readonly complete: number
  readonly wanted: number
  readonly verifiedBytes: number
  readonly wastedBytes: number
  /** From when a peer was told to get a content until it had it, of all contents. */
  readonly seconds: { readonly p50: number; readonly p90: number; readonly max: number }
  /** Of the content that takes longest by the lines of the network; null where they limit nothing. */
  readonly bound: number | null
  readonly bans: { readonly honest: number; readonly dishonest: number; readonly strangers: number }
  readonly contents: readonly ContentSummary[]
}

type ContentSummary = Pick<
  ContentState,
  'content' | 'name' | 'bytes' | 'pieces' | 'wanted' | 'complete' | 'copies' | 'seconds'
> & { readonly bound: number | null }

export function summaryOf({ nodes, systems }: NetworkState): SwarmSummary {
  const { peers, complete, wanted, verifiedBytes, wastedBytes, contents, bans } = systems.bittorrent
  const names = new Set(nodes.map(({ name }) => name))
  const took = contents
    .flatMap(({ completions }) => completions.map(({ tookMs }) => tookMs / 1000))
    .sort((a, b) => a - b)
  const at = (share: number) => took[Math.max(0, Math.ceil(share * took.length) - 1)] ?? 0
  const bounds = contents.flatMap(({ boundSeconds }) => boundSeconds ?? [])
  const count = (is: (ban: Ban) => boolean) => bans.filter(is).length
  return {
    ...{ peers, complete, wanted, verifiedBytes, wastedBytes },
    seconds: { p50: at(0.5), p90: at(0.9), max: took.at(-1) ?? 0 },
    bound: bounds.length === 0 ? null : Math.max(...bounds),
    bans: {
      honest: count(({ honest }) => honest),
      dishonest: count(({ node, honest }) => !honest && names.has(node)),
      strangers: count(({ node }) => !names.has(node)),
    },
    contents: contents.map(each => {
      const { content, name, bytes, pieces, copies, seconds, boundSeconds = null } = each
      return {
        ...{ content, name, bytes, pieces, wanted: each.wanted, complete: each.complete },
        ...{ copies, seconds, bound: boundSeconds },
      }
    }),
  }
}
