// Swarms on the page: all that is drawn of them. Which pieces each node has comes with the nodes; who got what from whom is a picture
// of bounded size, a byte a cell.

import { fieldsOf, small, whole, windowed } from '../../../web/fields.ts'
import type { PagePart } from '../../../web/part.ts'
import { matrixOf } from '../cells.ts'
import type { Ban, ContentState, SwarmState } from '../state.ts'

const MOST_GIVERS = 40
const MOST_BANS = 50
const MOST_TIMES = 400

declare module '../../states.ts' {
  interface SystemPages {
    readonly bittorrent: SwarmPage
  }
}

export interface SwarmPage extends Omit<SwarmState, 'contents'> {
  readonly contents: readonly ContentPage[]
}

export interface ContentPage extends Omit<ContentState, 'completions' | 'given' | 'givenBeside'> {
  /** From when each was told to get it until it had it, sorted; of very many some, the last among them. */
  readonly tookSeconds: readonly number[]
  readonly given: Picture
}

/** Who got what from whom: a row for each who got, a column for each who gave. */
export interface Picture {
  readonly names: readonly string[]
  /** Base64 of a byte a cell: its part of `most`, in 255ths; 0 is nothing at all. */
  readonly cells: string
  /** Bytes of the cell that has most. */
  readonly most: number
}

const fields = fieldsOf<SwarmPage>({
  peers: whole(),
  connections: whole(),
  contents: small(),
  wanted: whole(),
  complete: whole(),
  progress: whole(),
  copies: whole(),
  verifiedBytes: whole(),
  wastedBytes: whole(),
  downBps: whole(),
  upBps: whole(),
  bans: windowed<Ban>(),
  damagedPieces: whole(),
  history: windowed(),
})

export const bittorrentPart: PagePart<SwarmPage> = {
  of: ({ nodes, systems: { bittorrent } }) => {
    const names = nodes.map(({ name }) => name)
    return {
      ...bittorrent,
      contents: bittorrent.contents.map(each => contentPage(each, names)),
      bans: bittorrent.bans.slice(-MOST_BANS),
    }
  },
  ...fields,
}

function contentPage(
  { completions, given, givenBeside: _, ...content }: ContentState,
  names: readonly string[],
): ContentPage {
  const took = completions.map(({ tookMs }) => Math.round(tookMs / 10) / 100).sort((a, b) => a - b)
  const step = Math.max(1, Math.ceil(took.length / MOST_TIMES))
  return {
    ...content,
    tookSeconds: step === 1 ? took : took.filter((_, i) => (took.length - 1 - i) % step === 0),
    given: pictureOf(given, names),
  }
}

function pictureOf(given: ContentState['given'], nodes: readonly string[]): Picture {
  const { names, bytes, most } = matrixOf(given, nodes, MOST_GIVERS)
  const cells = bytes.map(value => (value === 0 ? 0 : Math.max(1, Math.round((value / most) * 255))))
  return { names, cells: btoa(String.fromCharCode(...cells)), most }
}

/** Bytes of a cell of a picture, to 1 in 255 of the most. */
export function bytesAt({ cells, most }: Picture): readonly number[] {
  const bytes = atob(cells)
  return Array.from(bytes, cell => (cell.charCodeAt(0) / 255) * most)
}
