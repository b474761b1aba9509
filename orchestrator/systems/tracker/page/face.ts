// Trackers on the page: a tile, and a tracker's account of itself.

import { formatCount, plural } from '../../../format.ts'
import type { PageFace } from '../../../web/client/face.ts'
import { askedText, nodeText } from '../words.ts'

export const trackerPageFace: PageFace = {
  system: 'tracker',
  tiles: [
    {
      name: 'Tracker knows',
      value: ({ systems: { tracker } }) => plural(tracker.peers, 'peer'),
      note: ({ systems: { tracker } }) =>
        `${formatCount(tracker.swarms)} ${tracker.swarms === 1 ? 'swarm' : 'swarms'}, ${askedText(tracker)}`,
    },
  ],
  account: ({ systems: { tracker } }) => ({
    facts: tracker.tracker
      ? [
          ['tracker', nodeText(tracker)],
          ['announces', askedText(tracker)],
        ]
      : [],
    lists: [],
  }),
}
