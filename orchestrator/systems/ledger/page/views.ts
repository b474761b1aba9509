// The ledger's sections of the page.

import type { PageView } from '../../../web/client/face.ts'
import { BlocksView } from './blocks.ts'
import { PowerView } from './power.ts'
import { hasMiners } from './powers.ts'
import { ReorgsView } from './reorgs.ts'
import { IntervalsView, PropagationView } from './spread.ts'

export const VIEWS: readonly PageView[] = [
  {
    ...{ id: 'blocks', title: 'Fork tree', width: 'half', before: 'timeline' },
    open: section => new BlocksView(section),
  },
  {
    ...{ id: 'power', title: 'Hash power', width: 'third', wanted: hasMiners },
    open: section => new PowerView(section),
  },
  {
    ...{ id: 'intervals', title: 'Time between blocks', width: 'third' },
    open: section => new IntervalsView(section),
  },
  {
    ...{ id: 'propagation', title: 'Until a block is there', width: 'third' },
    open: section => new PropagationView(section),
  },
  {
    ...{ id: 'reorgs', title: 'Reorganisations', width: 'third', before: 'events' },
    open: section => new ReorgsView(section),
  },
]
