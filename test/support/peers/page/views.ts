// In the place of the page's list of systems: bare peers with a section of their own, made by nothing but their own code.

import type { PageFace } from '../../../../orchestrator/web/client/face.ts'

const PEERS: PageFace = {
  system: 'p2p',
  views: [
    {
      ...{ id: 'gossip', title: 'Gossip', width: 'third' },
      wanted: ({ nodes }) => nodes.length > 1,
      open: section => ({
        show: ({ nodes, systems }) => {
          section.dataset.told = `${nodes.length} peers, ${systems.p2p.connections} connections`
        },
      }),
    },
  ],
}

export const PAGE_FACES: readonly PageFace[] = [PEERS]
