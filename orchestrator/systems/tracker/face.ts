// Trackers in a terminal: they have no panel; what they know stands in everybody's lines.

import type { Face } from '../../tui/face.ts'
import type { TrackerState } from './state.ts'
import { askedText, knowsText, nodeText } from './words.ts'

export const trackerFace: Face = {
  system: 'tracker',
  panels: [],
  standing: () => [],
  speed: () => [],
  status: ({ systems: { tracker } }) => [`tracker knows ${knowsText(tracker)}`],
  summary: ({ systems }) => {
    const tracker = systems.tracker as TrackerState
    return [['tracker', `knew ${knowsText(tracker)}, ${askedText(tracker)}`]]
  },
  detail: (_, { systems: { tracker } }) =>
    tracker.tracker
      ? {
          standing: [],
          holds: [nodeText(tracker)],
          doing: [['tracker', askedText(tracker)]],
        }
      : { standing: [], holds: [], doing: [] },
}
