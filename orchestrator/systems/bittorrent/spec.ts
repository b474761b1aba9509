// What a spec says of BitTorrent: contents, who has each first, who wants it and when, and how peers find each other.

import { z } from 'zod'
import { contentSize, duration, MAX_DURATION_MS, rate } from '../../spec/units.ts'

/** One element of a path, on every machine. */
const safeName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
    'a content is named with letters, digits, dots and dashes (at most 100)',
  )

const who = (what: string) =>
  z
    .string()
    .regex(
      /^[a-z0-9-]+( ?, ?[a-z0-9-]+)*$/,
      'expected names of groups or nodes, such as seeds or peers-1,peers-2',
    )
    .optional()
    .describe(what)

const MIN_PIECE = 16_384
const MAX_PIECE = 64 * 1024 ** 2

/** What the loader found at `from`. */
const found = z.strictObject({ path: z.array(z.string()), length: z.int().min(0) })

const content = z.strictObject({
  name: safeName.describe('What the file, or the folder of its files, is called.'),
  size: contentSize({ min: 1, max: 1e11 })
    .optional()
    .describe('So many bytes, a pure function of seed and name. Default: 16MB; with from, what is there.'),
  pieceLength: contentSize({ min: MIN_PIECE, max: MAX_PIECE })
    .optional()
    .describe(
      'Of each piece: a power of two of at least 16KiB. Default: so that there are at most 512 pieces, and at most 16MiB.',
    ),
  files: z.int().min(1).max(1_000).prefault(1).describe('It is one file, or a folder of so many.'),
  version: z
    .enum(['v2', 'hybrid', 'v1'])
    .prefault('v2')
    .describe(
      'v2: SHA-256 trees (BEP 52), by which every block is checked. v1: SHA-1 of pieces (BEP 3). hybrid: both, for clients of either.',
    ),
  on: who('Groups or nodes that have it first. Default: the first group that runs bittorrent.'),
  for: who('Groups or nodes that want it. Default: all others that run bittorrent.'),
  arrive: z
    .union([z.literal('together'), rate({ min: 1 / 86_400, max: 1_000 })], {
      error: 'expected together, or a rate such as 2/s',
    })
    .prefault('together')
    .describe(
      'When those who want it are told of it: together, or one after the other at this rate, with the gaps of a Poisson process.',
    ),
  whenComplete: z
    .union([z.enum(['seed', 'leave']), duration({ min: 0, max: MAX_DURATION_MS })], {
      error: 'expected seed, leave, or a duration such as 60s',
    })
    .prefault('seed')
    .describe('What a peer does when it has all: seed, leave, or seed for so long and then leave.'),
  from: z
    .string()
    .min(1)
    .max(1_000)
    .optional()
    .describe(
      'A file or a folder with the bytes, relative to the spec; nodes read it on their own machine, so it needs processes. Default: bytes made of seed and name.',
    ),
  path: z.string().optional().describe('As netsplit records it.'),
  found: z.array(found).optional().describe('As netsplit records it: the files at from.'),
})

export const bittorrentSpec = z
  .strictObject({
    content: z
      .array(content)
      .max(100)
      .prefault([])
      .describe(
        'What is shared from the beginning; netsplit content add shares more while the network lives.',
      ),
    dht: z
      .boolean()
      .prefault(true)
      .describe(
        'Peers find each other by a distributed hash table (BEP 5), on the UDP port of the same number.',
      ),
    pex: z.boolean().prefault(true).describe('Peers tell each other of peers (BEP 11).'),
    slots: z
      .int()
      .min(1)
      .max(100)
      .prefault(4)
      .describe('Peers that a peer sends to for what they give, a content; one more is chosen by luck.'),
  })
  .prefault({})
  .describe('BitTorrent, where nodes run bittorrent.')

export type BittorrentSpec = z.output<typeof bittorrentSpec>
export type ContentSpec = BittorrentSpec['content'][number]
