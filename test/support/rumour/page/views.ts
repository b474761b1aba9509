// The rumours on the page, in the place of orchestrator/systems/views.ts.

import { PAGE_FACES as OWN } from '../../../../orchestrator/systems/views.ts'
import type { PageFace } from '../../../../orchestrator/web/client/face.ts'
import type { Heard } from '../state.ts'

const heard = ({ heard }: Heard) => heard

const rumourFace: PageFace = {
  system: 'rumour',
  tiles: [{ name: 'Rumours', value: ({ systems }) => String(systems.rumour.begun), note: () => 'begun' }],
  views: [
    {
      ...{ id: 'rumours', title: 'Rumours', width: 'third' },
      open: section => {
        const text = section.appendChild(document.createElement('p'))
        return {
          show: ({ nodes }) => {
            text.textContent = nodes
              .map(({ name, systems }) => `${name}: ${heard(systems.rumour)}`)
              .join(', ')
          },
        }
      },
    },
  ],
}

export const PAGE_FACES: readonly PageFace[] = [...OWN, rumourFace]
