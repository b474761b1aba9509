// The ledger on the page: its sections, and what it adds to everybody's.

import { plural } from '../../../format.ts'
import type { PageFace } from '../../../web/client/face.ts'
import type { Page } from '../../../web/page.ts'
import { LedgerColumns } from './columns.ts'
import { newHops } from './hops.ts'
import { LANES } from './lanes.ts'
import { accountOf, looksOf } from './node.ts'
import { TILES } from './tiles.ts'
import { VIEWS } from './views.ts'

export const ledgerPageFace: PageFace = {
  system: 'ledger',
  tiles: TILES,
  views: VIEWS,
  lanes: LANES,
  title: ({ systems }) => `height ${systems.ledger.height}`,
  label: ({ systems: { ledger } }) => `height ${ledger.height}, ${plural(ledger.tips, 'tip')}`,
  columns: () => new LedgerColumns(),
  looks: looksOf,
  legend: ({ systems }) => (systems.ledger.tips > 1 ? 'numbers are tips' : ''),
  hops: newHops,
  account: accountOf,
  withPast: withBlocksOf,
}

/** The run as it is now, with the older blocks that somebody looks at. */
function withBlocksOf(page: Page, past: Page): Page {
  const { ledger } = page.systems
  const known = new Set(ledger.blocks.map(block => block.hash))
  const older = past.systems.ledger.blocks.filter(block => !known.has(block.hash))
  return {
    ...page,
    systems: { ...page.systems, ledger: { ...ledger, blocks: [...older, ...ledger.blocks] } },
  }
}
