// The rumours in a terminal, in the place of orchestrator/systems/faces.ts.

import { plural } from '../../../orchestrator/format.ts'
import { FACES as OWN } from '../../../orchestrator/systems/faces.ts'
import { type Face, lines } from '../../../orchestrator/tui/face.ts'
import { line } from '../../../orchestrator/tui/lines.ts'

const rumourFace: Face = {
  system: 'rumour',
  panels: [
    {
      ...{ id: 'rumours', title: 'Rumours', place: 100, column: 'right', row: 5, rank: 3 },
      ...{ least: lines(3), want: ({ nodes }) => nodes + 1 },
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
  status: state => [plural(state.systems.rumour.begun, 'rumour')],
  summary: ({ systems }) => [['rumours', String((systems.rumour as { begun: number }).begun)]],
  detail: (_, { systems }) => ({ standing: [], holds: [`${systems.rumour.heard} rumours`], doing: [] }),
}

export const FACES: readonly Face[] = [...OWN, rumourFace]
