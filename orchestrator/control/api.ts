// The controller's API on loopback: what other terminals ask of a running network. HTTP + JSON, bearer token.

import type { JoinsFrom } from '../clients/joined.ts'
import type { NetworkState } from '../observe/state.ts'
import type { LedgerSummary } from '../systems/ledger/summary.ts'

/** `$XDG_STATE_HOME/netsplit/<network>/controller.json`, mode 0600: how to find and talk to a live network. */
export interface ControllerFile {
  readonly schemaVersion: 1
  readonly network: string
  readonly runtime: string
  readonly pid: number
  /** Of the process's start, to tell it from a later one of the same pid (processes.ts); absent where the system does not say. */
  readonly start?: string | undefined
  /** `http://127.0.0.1:port`. */
  readonly url: string
  readonly token: string
  /** The web page's address, with a key of its own that only lets look. */
  readonly page: string
  readonly runDirectory: string
}

// GET  /state                      NetworkState
// GET  /events?after=<seq>         NDJSON of ObservedEvent, then more as they come
// GET  /plan                       Plan
// GET  /metrics                    Prometheus text of the observer
// GET  /nodes/<name>/logs?lines=50&follow=1   text lines
// POST /nodes/<name>/rpc           JSON-RPC, passed on
// GET  /nodes/<name>/door          NodeDoor (network/handle.ts): how programs of others reach its RPC
// POST /nodes/<name>/stop | kill | start | pause | resume
// POST /nodes                      AddNode → { name }
// POST /systems/<name>             { order, params } → what came of it (systems/system.ts)
// POST /faults                     { fault: Fault, id?, forMs? } → FaultReport (chaos/faults.ts); 400 for what is no fault
// DELETE /faults, /faults/<id>     FaultReport[]
// POST /time                      TimeOrder; the simulator only
// POST /down                       → 202; the network goes down in order, the run's summary is kept
// POST /stop                       → 202; the same, but the chain is kept for netsplit start

export const TIME_VERBS = ['pause', 'go', 'step', 'block'] as const

/** To simulated time. `step`: so many events further, `block`: until so many more blocks are found; then it stands again. */
export interface TimeOrder {
  readonly time: (typeof TIME_VERBS)[number]
  /** Default: 1. */
  readonly count?: number
}

export interface AddNode {
  /** Name; the next of the group when absent. */
  readonly name?: string
  /** One that there is, or `full`. */
  readonly group?: string
  /** The group is new: it begins with this node. */
  readonly newGroup?: boolean
  /** Of several hosts, the one that it is to be on; absent: by their shares. */
  readonly host?: string
  /** Hashes per second; 0 or absent: does not mine. */
  readonly hashRateHps?: number
  /** It is other people's program, which runs already. */
  readonly from?: JoinsFrom
}

/** The document that `up --for T --json` prints at its end. What it says of the ledger stands in `systems.ledger`, too. */
export interface RunSummary extends LedgerSummary {
  readonly schemaVersion: 1
  readonly network: string
  readonly runtime: string
  readonly seed: number
  readonly nodes: number
  /** In the run's own time; virtual in the simulator. */
  readonly seconds: number
  /** How long it really took, where `seconds` are virtual. */
  readonly realSeconds?: number
  /** Messages that arrived and timers that ran out, where time is virtual. */
  readonly simulatedEvents?: number
  readonly runDirectory: string
  /** What the record in `runDirectory` lacks; absent: it is whole. */
  readonly unrecorded?: string
  /** The part of each system that nodes run. */
  readonly systems: { readonly [system: string]: object }
}

export type StateListener = (state: NetworkState) => void
