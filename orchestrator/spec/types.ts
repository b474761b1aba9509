// What a plan is. `spec + seed → Plan` is a pure function (plan.ts); the plan makes everything else.

import type {
  AccessLine,
  ChainSpec,
  DoubleSpendConfig,
  LiarConfig,
  LinkConditions,
  LogLevel,
  MiningManner,
  RelayMode,
  SwarmStrategy,
  Transport,
} from '../../node/api.ts'
import type { Fault } from '../chaos/faults.ts'
import type { PlannedClient } from '../clients/client.ts'
import type { PlannedVersionBits } from '../systems/ledger/deployments.ts'
import type { AccessRules } from './access.ts'
import type { LatencyMatrix } from './matrix.ts'
import type { LinkSpreads } from './pair-links.ts'
import type { RegionTable } from './regions.ts'
import type { TopologySource } from './topology-file.ts'
import type { Trigger, Within } from './words.ts'

export type RuntimeName = 'process' | 'docker' | 'sim'

/** What a node's container may use. */
export interface NodeLimits {
  readonly memoryBytes: number
  /** CPUs' worth of time. */
  readonly cpus: number
  /** Processes and threads. */
  readonly pids: number
}

/** An engine that runs a part of the nodes. */
export interface PlannedHost {
  /** Unique among the hosts, a DNS label. */
  readonly name: string
  /** `unix:///path`, `tcp://host:port` (over TLS) or `ssh://user@host:port`. */
  readonly engine: string
  /** Of the nodes, beside the other hosts' shares. */
  readonly share: number
  /** Words by which groups are pinned to it, beside its name; may be none. */
  readonly labels: readonly string[]
  /** By which the other hosts reach it; absent: the host that its engine names. */
  readonly address?: string
  /** What an engine over TLS is spoken to with; absent: as Docker's own client has it (DOCKER_CERT_PATH). */
  readonly tls?: HostTls
}

/** Paths of PEM files. */
export interface HostTls {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

export interface PlannedNode {
  /** Unique in the network, a DNS label: `miners-1`. */
  readonly name: string
  readonly group: string
  /** From 0 over the whole network. */
  readonly index: number
  /** One of the plan's regions; absent where there are none. */
  readonly region?: string
  /** One of the plan's hosts, by name; absent where there are none. */
  readonly host?: string
  /** Its line to the network, shared by all its connections and ports; absent: it limits nothing. */
  readonly access?: AccessLine
  /** Hex seed of everything random in this node, wallet keys included. */
  readonly seed: string
  readonly mining: {
    readonly mode: 'off' | MiningManner
    readonly hashRateHps: number
    readonly threads: number
  }
  /** Whose program it is; absent: ours. */
  readonly client?: PlannedClient
  /** Of our own program: what its container is made from; absent: the image of this version. */
  readonly image?: string
  /** Of our own program: the dist folder of another build; absent: this one. */
  readonly program?: string
  /** Of our own program: what it is to say that it is. */
  readonly version?: string
  /** What it runs, by the systems' words; absent: a peer with a ledger. */
  readonly runs?: readonly string[]
  /** How it is dishonest. */
  readonly strategy?: PlannedStrategy
  /** How it is dishonest in swarms. */
  readonly swarm?: SwarmStrategy
  /** What it speaks on the wire; absent: as the network. */
  readonly transport?: Transport
  /** How much its log tells; absent: as usual. */
  readonly log?: LogLevel
}

/** How a node is dishonest, with what it is set to. */
export type PlannedStrategy =
  /** `gamma`: in a race, the share of the others that mines on its block; undefined: as the network has it. */
  { readonly name: 'selfish'; readonly gamma?: number } | DoubleSpendConfig | LiarConfig | PlannedFile

/** Somebody's own. */
export interface PlannedFile {
  readonly name: 'file'
  /** As the spec names it, and where that is. */
  readonly file: string
  readonly path: string
  /** Of the file as it was then. */
  readonly sha256: string
  /** JavaScript: types are out of it. */
  readonly code: string
  readonly options?: { readonly [key: string]: unknown }
}

/** An undirected wish: `from` dials `to`. Conditions hold in each direction unless `reverse` differs. */
export interface PlannedEdge {
  readonly from: string
  readonly to: string
  readonly link: LinkConditions
  /** What `to` sends to `from`. */
  readonly reverse?: LinkConditions
}

/** A fault with its moment. */
export interface PlannedStep {
  readonly name: string
  readonly fault: Fault
  readonly trigger: Trigger
  /** 0: it ends at once (a restart). */
  readonly forMs: number
}

/** Something expected; `name` is that of a check (checks/all.ts), `numbers` and `words` are its own settings. */
export interface PlannedCheck {
  readonly name: string
  readonly within: Within
  readonly numbers: { readonly [setting: string]: number }
  readonly words?: { readonly [setting: string]: string }
}

export interface Plan {
  readonly schemaVersion: 1
  readonly network: string
  readonly seed: number
  readonly runtime: RuntimeName
  readonly chain: ChainSpec
  /** What a block is taken to cost; absent: what its target says. */
  readonly hashesPerBlock?: number
  /** Changes of the rules; absent: none. */
  readonly versionBits?: PlannedVersionBits
  /** In the order of the spec; absent: one engine, the one that answers here. */
  readonly hosts?: readonly PlannedHost[]
  /** The hosts, by name, on which nodes of a group may be; of a group that is not here: all. For whoever joins. */
  readonly pinned?: { readonly [group: string]: readonly string[] }
  readonly nodes: readonly PlannedNode[]
  readonly topology: {
    /** random: with the degrees that were drawn or given; of a file: explicit. */
    readonly kind: 'random-regular' | 'random' | 'ring' | 'star' | 'full' | 'explicit' | 'discovered'
    /** For `discovered`: from each later node to the one address it is given. */
    readonly edges: readonly PlannedEdge[]
    /** Connections each node should have once the network stands, by name (lower bound). */
    readonly wantedPeers: { readonly [node: string]: number }
    /** Where it is from a file. */
    readonly source?: TopologySource
  }
  /** What nodes speak on the wire; absent: what suits the runtime. */
  readonly transport?: Transport
  /** How nodes announce new blocks. */
  readonly relay: RelayMode
  /** Nodes keep block filters and serve them; absent: they do not. */
  readonly blockFilters?: true
  /** What every block counts on the links at least; 0: what it is. */
  readonly blockBytes: number
  /** How long a node checks a block before it passes it on, for each kB; absent: as long as it takes. */
  readonly validationMsPerKb?: number
  /** Links not named by an edge (discovered peers, addnode), where no regions say better. */
  readonly defaultLink: LinkConditions
  readonly regions?: RegionTable
  /** Where lines are limited otherwise than by regions: for whoever joins. */
  readonly access?: AccessRules
  /** Latencies between nodes by name, where a file has them. */
  readonly matrix?: LatencyMatrix
  /** What each pair of nodes draws for itself; the edges have theirs already. */
  readonly spread?: LinkSpreads
  /** SHA-256 of the files that the spec named, hex. */
  readonly files?: { readonly [name: string]: string }
  readonly load: { readonly txPerSecond: number }
  /** Of each node; where the runtime has containers. */
  readonly limits: NodeLimits
  /** How long `up` runs; 0: until told otherwise. */
  readonly durationMs: number
  /** The chain outlives the network, for `netsplit start`. */
  readonly keep?: boolean
  /** What systems planned, by their names; absent where none did. */
  readonly systems?: { readonly [system: string]: object }
  /** Only of a scenario. */
  readonly faults?: readonly PlannedStep[]
  readonly expect?: readonly PlannedCheck[]
}
