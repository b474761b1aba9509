// The spec: what a user may write in netsplit.yaml. The one source of validation, of defaults and of the JSON Schema.

import { z } from 'zod'
import { LOG_LEVELS, USUAL_LEVEL } from '../../node/log-level.ts'
import { clientKeys } from '../clients/spec.ts'
import { SYSTEMS } from '../systems/all.ts'
import { ledgerGroup, ledgerKeys } from '../systems/ledger/spec.ts'
import { distributionSchema } from './distribution.ts'
import { fileName } from './file-name.ts'
import { hostsSchema, pinKey } from './host-spec.ts'
import { accessLine, either, linksSchema, regionName } from './link-schema.ts'
import { groupName, networkName, nodeName } from './names.ts'
import { expectSchema, faultsSchema } from './scenario.ts'
import { duration, MAX_DURATION_MS, memory } from './units.ts'

export const MAX_NODES = 10_000

const logLevel = z.enum(LOG_LEVELS)

const RUNS = SYSTEMS.map(({ runs }) => runs)
const runsWord = z.enum(RUNS)

const transport = z.enum(['v1', 'accept-v2', 'v2'], { error: 'expected v1, accept-v2 or v2' })

const group = z.strictObject({
  count: z.int().min(0).max(MAX_NODES).prefault(1).describe('How many nodes.'),
  ...ledgerGroup,
  ...clientKeys,
  region: regionName
    .optional()
    .describe('Where the nodes are, one of links.regions. Default: drawn by the shares of the regions.'),
  host: pinKey,
  access: accessLine
    .optional()
    .describe(
      "The line of each node of the group to the network, shared by all its connections and ports. Default: as its region's, else as links.access.",
    ),
  runs: z
    .union([runsWord, z.array(runsWord).min(1).max(SYSTEMS.length)], {
      error: `expected one of ${RUNS.join(', ')}, or a list of them`,
    })
    .optional()
    .describe(
      'What the nodes of the group run, one or several. bitcoin: peers with a ledger. bitcoin-light: light clients of these, which keep headers and have filters tell which blocks concern their wallets. p2p: peers that find and keep each other, and nothing on top. bittorrent: peers that get contents from each other. tracker: tells these of each other. Default: bitcoin.',
    ),
  transport: transport
    .optional()
    .describe('What these nodes speak on the wire. Default: as `transport` of the network.'),
  log: logLevel
    .optional()
    .describe('How much the logs of these nodes tell. Default: as `log` of the network.'),
})

const topology = z.strictObject({
  kind: z
    .enum(['random-regular', 'ring', 'star', 'full', 'explicit', 'discovered'])
    .prefault('random-regular')
    .describe(
      'Who connects to whom. discovered: every node is given one address and finds the others itself.',
    ),
  degree: either(
    z.int().min(1).max(125),
    distributionSchema(
      z
        .number()
        .min(1)
        .max(MAX_NODES - 1),
      'of the numbers of peers',
    ),
  )
    .optional()
    .describe(
      'random-regular: connections of each node. Or a distribution, such as { mean: 8, shape: pareto 2.5 } or { from: degrees.csv }: a random connected graph in which nodes have so many. Default: 4.',
    ),
  center: nodeName.optional().describe('star: the node in the middle. Default: the first.'),
  edges: z
    .array(z.tuple([nodeName, nodeName]))
    .max(100_000)
    .optional()
    .describe('explicit: pairs of node names, such as [miners-1, miners-2].'),
  file: fileName
    .optional()
    .describe(
      'The topology is in this file: a list of edges (CSV), GraphML (.graphml, .xml) or JSON (.json). Its nodes are those of the network: by their names where these are the same, else in their order.',
    ),
})

const limits = z
  .strictObject({
    memory: memory({ min: 16e6, max: 1e12 }).prefault('512MB').describe('More, and the node is killed.'),
    cpus: z.number().min(0.05).max(256).prefault(1).describe("CPUs' worth of time, such as 0.5."),
    pids: z.int().min(32).max(100_000).prefault(128).describe('Processes and threads.'),
  })
  .describe(
    'What each node may use, and a program that is not ours as much again beside it. Containers only: the process runtime sets no limits.',
  )

/** What stands below the names of systems; the ledger's keys stand at the top, where they were before there were others. */
function partsOf(systems: typeof SYSTEMS): Record<never, z.ZodType> {
  return Object.fromEntries(systems.flatMap(({ name, spec }) => (spec ? [[name, spec]] : [])))
}

export const specSchema = z
  .strictObject({
    name: networkName.prefault('demo').describe('Name of the network.'),
    seed: z
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .prefault(1)
      .describe('Everything random comes from it.'),
    describe: z.string().max(200).optional().describe('What it shows, in a sentence.'),
    runtime: z
      .enum(['process', 'docker', 'sim'])
      .optional()
      .describe(
        'What runs the nodes. process: a child process each. docker: a container each. sim: all in one process under virtual time, reproducible from the seed; mining is simulated. Default: docker where an engine answers and the image can be had, else process.',
      ),
    duration: duration({ min: 1000, max: MAX_DURATION_MS })
      .optional()
      .describe('Go down after this long. Default: run until told otherwise.'),
    keep: z
      .boolean()
      .prefault(false)
      .describe(
        'The chain outlives the network, however it ends: `netsplit start` brings it up again, `netsplit down` removes it.',
      ),
    nodes: z
      .record(groupName, group)
      .prefault({ miners: { count: 5, share: '100%' } })
      .describe('Groups of nodes. Nodes are named <group>-<number>, counted from 1.'),
    hosts: hostsSchema,
    mining: ledgerKeys.mining,
    chain: ledgerKeys.chain,
    topology: topology.prefault({}),
    relay: ledgerKeys.relay,
    blockFilters: ledgerKeys.blockFilters,
    transport: transport
      .optional()
      .describe(
        'What nodes speak on the wire. v2: the encrypted transport (BIP324) with whoever speaks it, v1 with others. accept-v2: the same with whoever dials them, and v1 to whom they dial. v1: that alone. Default: accept-v2; in the simulator, and with chain.blockSize, v1.',
      ),
    links: linksSchema.prefault({}),
    load: ledgerKeys.load,
    limits: limits.prefault({}),
    log: logLevel
      .prefault(USUAL_LEVEL)
      .describe(
        "How much the nodes' logs tell. error, warn: what went wrong. info: peers, tips, reorganisations, rejections, mined blocks, faults too. debug: each block and transaction.",
      ),
    faults: faultsSchema,
    expect: expectSchema,
    files: z
      .record(fileName, z.string())
      .optional()
      .describe(
        'Contents of files that this spec names, by their names. Those that are not here are read from beside it.',
      ),
    ...partsOf(SYSTEMS),
  })
  .describe('A netsplit network.')

/** A spec with every default filled in and every quantity a number in its base unit. */
export type Spec = z.output<typeof specSchema>

/** The JSON Schema of what a user may write, for editors. */
export function jsonSchema(): object {
  return z.toJSONSchema(specSchema, { io: 'input', unrepresentable: 'any' })
}
