// Bare peers in a terminal: they have no panel of their own; what there is to know of them stands in everybody's.

import { formatCount, plural } from '../../format.ts'
import type { NetworkState } from '../../observe/state.ts'
import type { Face } from '../../tui/face.ts'

const connections = ({ systems }: NetworkState) => systems.p2p.connections

export const p2pFace: Face = {
  system: 'p2p',
  panels: [],
  standing: state => [{ label: 'connections', value: formatCount(connections(state)) }],
  speed: () => [],
  status: state => [plural(connections(state), 'connection')],
  summary: ({ systems }) => [
    ['peers', plural((systems.p2p as { readonly connections: number }).connections, 'connection')],
  ],
  detail: () => ({ standing: [], holds: [], doing: [] }),
}
