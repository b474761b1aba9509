// What a run's report draws of swarms: how they stood over time, when peers were complete, who has what and who gave what.

import type { NetworkState } from '../../observe/state.ts'
import { leastCells, type Matrix, matrixOf, pieceRows } from './cells.ts'
import type { Ban, ContentState, HeldContent, SwarmPoint } from './state.ts'

const MOST_CELLS = 160
const MOST_ROWS = 200
const MOST_GIVERS = 48
const MOST_BANS = 100

export interface ReportedContent
  extends Pick<
    ContentState,
    | 'content'
    | 'name'
    | 'magnet'
    | 'bytes'
    | 'pieces'
    | 'seeds'
    | 'wanted'
    | 'complete'
    | 'progress'
    | 'copies'
    | 'seconds'
    | 'verifiedBytes'
    | 'wastedBytes'
  > {
  readonly boundSeconds: number | null
  /** From when each was told to get it, sorted. */
  readonly tookSeconds: readonly number[]
  /** Copies of each cell of the piece map. */
  readonly availability: readonly number[]
  /** Cells in per cent. */
  readonly rows: readonly {
    readonly node: string
    readonly role: HeldContent['role']
    readonly cells: readonly number[]
  }[]
  readonly given: Matrix
}

/** Of a node, over all contents. */
export interface ReportedPeer {
  readonly node: string
  readonly strategy: string | null
  readonly contents: number
  readonly complete: number
  readonly downBytes: number
  readonly upBytes: number
  readonly wastedBytes: number
  /** Of the first content that it wanted; null: it has not all of it. */
  readonly tookSeconds: number | null
}

export interface ReportedSwarms {
  readonly history: readonly SwarmPoint[]
  readonly contents: readonly ReportedContent[]
  readonly peers: readonly ReportedPeer[]
  readonly bans: readonly Ban[]
}

export function reportedOf({ nodes, systems }: NetworkState): ReportedSwarms {
  const { history, contents, bans } = systems.bittorrent
  return {
    history,
    contents: contents.map(each => contentOf(each, nodes)),
    peers: nodes.flatMap(node => {
      const { peer, strategy = null, contents: held } = node.systems.bittorrent
      if (!peer) return []
      const all = Object.values(held)
      const sum = (of: (one: HeldContent) => number) => all.reduce((total, one) => total + of(one), 0)
      const first = all.find(({ role }) => role === 'wants')
      const tookMs = first?.completeMs === undefined ? undefined : first.completeMs - first.sinceMs
      return [
        {
          ...{ node: node.name, strategy, contents: all.length },
          complete: all.filter(({ complete }) => complete).length,
          downBytes: sum(({ downBytes }) => downBytes),
          upBytes: sum(({ upBytes }) => upBytes),
          wastedBytes: sum(({ wastedBytes }) => wastedBytes),
          tookSeconds: tookMs === undefined ? null : Math.max(0, tookMs) / 1000,
        },
      ]
    }),
    bans: bans.slice(-MOST_BANS),
  }
}

function contentOf(of: ContentState, nodes: NetworkState['nodes']): ReportedContent {
  const { content, name, magnet, bytes, pieces, seeds, wanted, complete, progress, copies, seconds } = of
  const { verifiedBytes, wastedBytes, boundSeconds = null } = of
  return {
    ...{ content, name, magnet, bytes, pieces, seeds, wanted, complete, progress, copies, seconds },
    ...{ verifiedBytes, wastedBytes, boundSeconds },
    tookSeconds: of.completions.map(({ tookMs }) => tookMs / 1000).sort((a, b) => a - b),
    availability: leastCells(of.availability, MOST_CELLS),
    rows: pieceRows(nodes, of, Math.min(MOST_CELLS, of.availability.length))
      .slice(0, MOST_ROWS)
      .map(({ node, held: { role }, cells }) => ({
        ...{ node, role },
        cells: cells.map(share => Math.floor(100 * share)),
      })),
    given: matrixOf(
      of.given,
      nodes.map(({ name: node }) => node),
      MOST_GIVERS,
    ),
  }
}
