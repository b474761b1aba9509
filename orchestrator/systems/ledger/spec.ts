// What a spec says of a ledger. Its keys stand at the top, and among those of a group, where they were before there were other systems.

import { z } from 'zod'
import { duration, hashRate, pace, percentage, rate, size } from '../../spec/units.ts'
import { SWARM_STRATEGIES } from '../bittorrent/strategy.ts'
import { deploymentKeys } from './deployments.ts'

const DAY_MS = 24 * 3_600_000

const LIES = ['headers', 'filters', 'blocks', 'silence'] as const

const doubleSpendKeys = {
  confirmations: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('double-spend: so many blocks the merchant waits for. Default: 6.'),
  giveUp: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe(
      'double-spend: a secret branch that is so many blocks shorter is given up, no fewer than confirmations. Default: 10 more than those.',
    ),
}

const WHICH_STRATEGY = `expected selfish, double-spend, liar, or a file such as ./mine.js; of BitTorrent ${SWARM_STRATEGIES.join(', ')}`

const strategyPath = z.string().regex(/^(\.{0,2}\/).{1,1000}\.m?[jt]s$/, WHICH_STRATEGY)

const strategyFile = z.strictObject({
  file: strategyPath,
  options: z.record(z.string(), z.unknown()).optional().describe('stage.options of the strategy.'),
  code: z.string().optional().describe('As netsplit records it: with it the file is not read.'),
  path: z.string().optional().describe('As netsplit records it.'),
  sha256: z.string().optional().describe('As netsplit records it.'),
})

export type StrategyFile = z.output<typeof strategyFile>

/** Of a group of nodes. */
export const ledgerGroup = {
  hashRate: hashRate({ min: 1, max: 1e9 }).optional().describe('Hash rate of each node of the group.'),
  share: percentage({ min: 0.0001, max: 1 })
    .optional()
    .describe(
      "The group's share of mining.hashRate, split evenly between its nodes. All shares add up to 100%.",
    ),
  threads: z.int().min(1).max(64).prefault(1).describe('Mining threads of each node.'),
  strategy: z
    .union(
      [
        z.literal('selfish'),
        z.literal('double-spend'),
        z.literal('liar'),
        ...SWARM_STRATEGIES.map(name => z.literal(name)),
        strategyPath,
        z.strictObject({ selfish: z.strictObject({ gamma: z.number().min(0).max(1) }) }),
        z.strictObject({ 'double-spend': z.strictObject(doubleSpendKeys) }),
        z.strictObject({ liar: z.strictObject({ lies: z.array(z.enum(LIES)).min(1) }) }),
        strategyFile,
      ],
      { error: WHICH_STRATEGY },
    )
    .optional()
    .describe(
      'How the nodes of the group are dishonest, each by itself. selfish: keeps the blocks it finds to itself and shows them when honest ones threaten them; gamma: the share of the others that mines on its block in a race; without it, as the network has it. double-spend: pays a merchant, mines in secret a branch in which the coin goes back, and shows it when the merchant has counted his confirmations and it is longer. liar: honest to full nodes, and tells light clients of filters that leave out what they look for; lies: of these among headers, filters, blocks, or silence in their place. ./mine.js: a strategy of your own, relative to the spec (docs/strategies.md). Of nodes that run bittorrent: free-rider takes and never gives; polluter serves blocks that are not what was asked for; liar-hashes answers hash requests with hashes that prove nothing; slow-unchoker serves one peer at a time, slowly. Default: honest.',
    ),
  ...doubleSpendKeys,
}

const mining = z.strictObject({
  mode: z
    .enum(['real', 'simulated'])
    .prefault('real')
    .describe(
      'real: every hash is computed. simulated: waiting times are drawn from the seed and proof of work is not checked.',
    ),
  hashRate: hashRate({ min: 1, max: 1e12 })
    .prefault('1MH/s')
    .describe('Hash rate that the shares of the groups divide.'),
})

const chain = z.strictObject({
  network: z
    .enum(['netsplit', 'regtest'])
    .prefault('netsplit')
    .describe(
      "netsplit: the rules below. regtest: Bitcoin's own, byte for byte; of what stands below only blockInterval has a say: blocks come at drawn times, each proven (paced mining), since every second hash proves one.",
    ),
  blockInterval: duration({ min: 100, max: 7 * DAY_MS })
    .prefault('5s')
    .describe(
      'Expected time between blocks. Below 250ms only with fixed difficulty: headers tell whole seconds.',
    ),
  difficulty: z
    .strictObject({
      rule: z
        .enum(['asert', 'bitcoin', 'fixed'])
        .prefault('asert')
        .describe('asert: reacts per block. bitcoin: retargets every window. fixed: never changes.'),
      halfLife: duration({ min: 1000, max: 365 * DAY_MS })
        .optional()
        .describe('asert: this far behind schedule halves the difficulty. Default: 60 block intervals.'),
      window: z.int().min(2).max(100_000).prefault(2016).describe('bitcoin: blocks between retargets.'),
    })
    .prefault({}),
  maturity: z.int().min(1).max(10_000).prefault(10).describe('Blocks before a coinbase can be spent.'),
  subsidy: z.number().min(0).max(1_000_000).prefault(50).describe('Coins that the first blocks create.'),
  halvingInterval: z
    .int()
    .min(1)
    .max(100_000_000)
    .prefault(1000)
    .describe('Blocks between halvings of the subsidy.'),
  maxBlockWeight: z
    .int()
    .min(8000)
    .max(4_000_000)
    .prefault(4_000_000)
    .describe('Weight units, as in BIP141.'),
  blockSize: size({ min: 1, max: 4_000_000 })
    .optional()
    .describe(
      'Synthetic blocks: each takes the time on the links that so many bytes would, such as 1MB. Needs links with bandwidth. Default: their real size.',
    ),
  validation: pace({ min: 0, max: 10 })
    .optional()
    .describe(
      'How long a node checks a block from a peer before it counts and is passed on, one block after the other: 0.2ms/kB, of blockSize where that is larger. In the simulator virtual time; processes and containers wait so long before they check, in addition. Default: as long as it takes (in the simulator no time).',
    ),
  genesisTime: z
    .int()
    .min(1_230_768_000)
    .max(0xffffffff)
    .prefault(1_767_225_600)
    .describe(
      'Time of the genesis block in seconds since 1970. Difficulty counts from the first block, not from here.',
    ),
  ...deploymentKeys,
})

const load = z.strictObject({
  tx: rate({ min: 0, max: 1000 })
    .prefault('2/s')
    .describe('Payments sent between random nodes, over the whole network.'),
})

/** Of the whole network. */
export const ledgerKeys = {
  mining: mining.prefault({}),
  chain: chain.prefault({}),
  relay: z
    .enum(['inv', 'headers', 'unsolicited', 'compact'])
    .prefault('compact')
    .describe(
      'How nodes announce a block. inv: its hash. headers: its header (BIP130). unsolicited: the whole block, unasked. compact: header and short ids (BIP152).',
    ),
  blockFilters: z
    .boolean()
    .prefault(false)
    .describe('Nodes keep a filter of each block and serve it to light clients (BIP157, BIP158).'),
  load: load.prefault({}),
}

type OfGroup = z.output<z.ZodObject<typeof ledgerGroup>>
type OfNetwork = z.output<z.ZodObject<typeof ledgerKeys>>

/** What of a spec the ledger's rules and plan look at. */
export interface LedgerSpec extends OfNetwork {
  readonly name: string
  readonly runtime?: 'process' | 'docker' | 'sim' | undefined
  readonly nodes: { readonly [group: string]: LedgerGroup }
  readonly links: {
    readonly bandwidth?: unknown
    readonly access?: object | undefined
    readonly lines?: object | undefined
    readonly regions?: unknown
  }
}

export interface LedgerGroup extends OfGroup {
  readonly count: number
  readonly access?: object | undefined
  readonly runs?: string | readonly string[] | undefined
  readonly client?: string | undefined
}
