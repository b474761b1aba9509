// The rumours in a terminal, and the list of faces with theirs, in the place of orchestrator/systems/faces.ts.

import { plural } from '../../../orchestrator/format.ts'
import { FACES as OWN } from '../../../orchestrator/systems/faces.ts'
import { type Face, lines } from '../../../orchestrator/tui/face.ts'
import { line } from '../../../orchestrator/tui/lines.ts'
import { behind } from './system.ts'

const rumourFace: Face = {
  system: 'rumour',
  panels: [
    {
      ...{ id: 'rumours', title: 'Rumours', place: 100, column: 'right' },
      ...{ least: lines(3), want: ({ nodes }) => nodes + 1, rank: 3 },
      draw: ({ state }, _width, room) => ({
        note: plural(state.systems.rumour.begun, 'rumour'),
        lines: state.nodes
          .slice(0, room)
          .map(({ name, systems }) => line(` ${name} heard ${systems.rumour.heard}`)),
      }),
    },
  ],
  standing: state => [{ label: 'rumours', value: String(state.systems.rumour.begun) }],
  speed: () => [],
  status: state => [plural(state.systems.rumour.begun, 'rumour'), `${behind(state).length} behind`],
  summary: ({ systems }) => [['rumours', String((systems.rumour as { begun: number }).begun)]],
  detail: (_, { systems }) => ({ standing: [], holds: [`${systems.rumour.heard} rumours`], doing: [] }),
}

export const FACES: readonly Face[] = [...OWN, rumourFace]
