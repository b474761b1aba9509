// What a spec may say of links: the schema.

import { z } from 'zod'
import { distributionSchema } from './distribution.ts'
import { fileName } from './file-name.ts'
import { nodeName } from './names.ts'
import { bandwidth, duration, percentage } from './units.ts'

export const MAX_LATENCY_MS = 60_000
export const LEAST_BPS = 1000
export const MOST_BPS = 1e12

export const regionName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,23}$/, 'a region name has letters, digits and dashes (at most 24)')

const latencyOf = duration({ min: 0, max: MAX_LATENCY_MS })
const bandwidthOf = bandwidth({ min: LEAST_BPS, max: MOST_BPS })

const width = bandwidthOf.optional()

const oneLine = z.strictObject({
  up: width.describe('What the node sends. Default: as where less is said, else unlimited.'),
  down: width.describe('What it receives. Default: likewise.'),
})

const region = z.strictObject({
  share: percentage({ min: 0, max: 1 })
    .optional()
    .describe('Of the nodes whose group names no region. Default: the same for each region.'),
  down: width.describe(
    'What each of its nodes can receive, from all peers together. Default: as links.access.',
  ),
  up: width.describe('What each of its nodes can send, to all peers together. Default: as links.access.'),
  latency: z
    .record(regionName, latencyOf)
    .prefault({})
    .describe('One way, to each region and to itself; what stands at one end need not stand at the other.'),
})

const symmetric = z
  .boolean()
  .prefault(true)
  .describe('Both directions of a pair have the same value. false: each direction draws its own.')
const values = z
  .enum(['rtt', 'one-way'])
  .prefault('rtt')
  .describe('What the file holds. rtt: round trips, of which half is a way. Both in ms.')

/** One value for all, or a distribution: what is wrong is said of the one that was meant. */
export function either<One extends z.ZodType, Many extends z.ZodType>(one: One, many: Many) {
  return z.union([one, many], {
    error: ({ input, errors }) => {
      const mapping = typeof input === 'object' && input !== null
      return mapping ? undefined : (errors as { message: string }[][] | undefined)?.[0]?.[0]?.message
    },
  })
}

const lineWidth = either(bandwidthOf, distributionSchema(bandwidthOf, 'of the widths of lines')).optional()

/** Of several nodes. */
export const accessLine = z.strictObject({
  up: lineWidth.describe(
    'What each node sends; or a distribution that each draws its own from, once, such as { mean: 10Mbit, shape: lognormal 0.5 } or { from: uplinks.csv } (Mbit/s). Default: as where less is said, else unlimited.',
  ),
  down: lineWidth.describe('What each receives; or a distribution. Default: likewise.'),
})

export const linksSchema = z.strictObject({
  latency: either(latencyOf, distributionSchema(latencyOf, 'of the latencies').extend({ values, symmetric }))
    .prefault('50ms')
    .describe(
      'One way, between any two nodes; or a distribution that each pair of nodes draws its own from, once, such as { mean: 80ms, shape: pareto 5 } or { from: rtt.csv }. With regions or a matrix these give the mean, and only a shape is said here.',
    ),
  jitter: latencyOf.prefault('5ms').describe('Standard deviation of the latency, drawn for each frame.'),
  bandwidth: either(bandwidthOf, distributionSchema(bandwidthOf, 'of the bandwidths').extend({ symmetric }))
    .optional()
    .describe(
      'Of each direction of a link between two nodes, or a distribution as of latency (a file has Mbit/s). Default: unlimited.',
    ),
  access: accessLine
    .optional()
    .describe(
      "Every node's line to the network: what it sends to all its peers together, and what it receives. Default: unlimited.",
    ),
  lines: z
    .record(nodeName, oneLine)
    .optional()
    .describe('The lines of single nodes, by name, where they differ from those of their groups.'),
  loss: percentage({ min: 0, max: 0.9 })
    .prefault('0%')
    .describe('Segments lost, felt as retransmission delay; datagrams are lost for good.'),
  duplicates: percentage({ min: 0, max: 0.9 })
    .optional()
    .describe('Datagrams that arrive twice. Default: none does.'),
  regions: z
    .union([z.literal(2019), z.record(regionName, region)], {
      error: 'expected 2019 (a published table of six regions) or a table of your own',
    })
    .optional()
    .describe(
      "Where nodes are says how far apart they are and how wide their lines to the network: both come from a table. 2019: six regions (NA, EU, SA, AP, JP, AU) as measured in Bitcoin's network. Jitter and loss stay as above.",
    ),
  matrix: z
    .strictObject({ file: fileName, values })
    .optional()
    .describe(
      'Latencies from a file, in ms: names in its first line and first column, from the row to the column. Of all nodes by their names; or of regions, which are then those of the network.',
    ),
})
