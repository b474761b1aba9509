// Bare peers on the page: a tile; what there is to know of them stands in everybody's picture and table.

import { formatCount, plural } from '../../../format.ts'
import type { PageFace } from '../../../web/client/face.ts'

export const p2pPageFace: PageFace = {
  system: 'p2p',
  tiles: [
    {
      name: 'Connections',
      value: ({ systems }) => formatCount(systems.p2p.connections),
      note: ({ edges }) => `${plural(edges.length, 'connection')} planned`,
    },
  ],
  title: ({ systems }) => plural(systems.p2p.connections, 'connection'),
  label: ({ systems }) => plural(systems.p2p.connections, 'connection'),
}
