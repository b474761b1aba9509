// What the gateway of a network is told, and what its controller and it say to each other. Types and names only: the gateway runs
// in a container of its own, and knows neither the nodes' code nor the orchestrator's.

/** In its environment: a GatewayConfig. */
export const GATEWAY_VARIABLE = 'NETSPLIT_GATEWAY'

/** Makes its program the far end of a tunnel, on standard input and output. */
export const TUNNEL_FLAG = '--tunnel'

export interface GatewayConfig {
  /** Where it listens: not on the nodes' network, so that no node can ask it anything. */
  readonly host: string
  readonly port: number
  /** Where the machine would be on the nodes' network, if it had an address there. */
  readonly machine: string
  /** Told to everybody: by this it is known from whatever else may listen at that port. */
  readonly id: string
  /** Of the controller, who may ask everything. */
  readonly token: string
  /** Of whoever may read metrics, and nothing else. */
  readonly metricsToken: string
  /** Without its controller for so long it ends; 0: never. */
  readonly heartbeatTimeoutMs: number
  /** Before it has had one it may be longer. Default: as long. */
  readonly heartbeatGraceMs?: number
}

/** Where a node listens for those who control it, and the one token that it knows. */
export interface GatewayNode {
  readonly host: string
  readonly port: number
  readonly token: string
}

/** By name. What `PUT /-/nodes` replaces as a whole. */
export type GatewayTable = { readonly [node: string]: GatewayNode }

/**
 * Its own routes, where a path would name a node; `-` is no node's name. All but METRICS are the controller's alone.
 *
 *   PUT  /-/nodes          GatewayTable
 *   GET  /-/health         GatewayHealth
 *   GET  /-/asks           GatewayAsk, one a line as they come: what it does not have itself, and the controller does
 *   POST /-/answers/<id>   GatewayAnswer to one of them
 *   GET  /-/metrics        the network's as a whole, asked of the controller
 *
 * `seen` is not asked of it: by asking the controller for it, it says that the machine has an address on the nodes' network.
 */
export const ROUTE = {
  nodes: '/-/nodes',
  health: '/-/health',
  asks: '/-/asks',
  answers: '/-/answers/',
  metrics: '/-/metrics',
  seen: '/-/seen',
} as const

/** The header that tells its id, to whoever may not come in. */
export const ID_HEADER = 'netsplit-gateway'

export interface GatewayHealth {
  readonly nodes: number
  /** Requests that are being forwarded. */
  readonly open: number
}

/** Somebody has asked for this path with GET. */
export interface GatewayAsk {
  readonly id: number
  readonly path: string
}

export interface GatewayAnswer {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** The line on its standard output that says that it can be used. */
export interface GatewayReady {
  readonly ready: true
}
