// What a spec says of trackers.

import { z } from 'zod'
import { duration } from '../../spec/units.ts'

export const trackerSpec = z
  .strictObject({
    interval: duration({ min: 1_000, max: 3_600_000 })
      .prefault('60s')
      .describe('How often peers are asked to come back.'),
  })
  .prefault({})
  .describe(
    'HTTP trackers (BEP 3, 23), where nodes run tracker: every node that runs bittorrent is told where they are.',
  )

export type TrackerSpec = z.output<typeof trackerSpec>
