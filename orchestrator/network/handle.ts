// What may be done with a running network, whoever holds it: screens and commands, from here or from afar, or the run itself.

import type { FaultReport, InjectOptions } from '../chaos/chaos.ts'
import type { Fault } from '../chaos/faults.ts'
import type { AddNode, RunSummary, TimeOrder } from '../control/api.ts'
import type { ObservedEvent } from '../observe/events.ts'
import type { NetworkState } from '../observe/state.ts'
import type { Plan } from '../spec/types.ts'

/** Where a node's RPC is, and user and password of Basic authentication there. */
export interface NodeDoor {
  /** `http://host:port`. */
  readonly url: string
  readonly user: string
  readonly password: string
  /** Core's cookie file, where this machine has it. */
  readonly cookieFile?: string | undefined
}

/** What screens and commands may do with a network; the local Testnet and the client of a remote controller both are one. */
export interface TestnetHandle {
  readonly plan: Plan
  state(): NetworkState
  /** Called with each new snapshot, at most 10 times a second; returns its end. */
  subscribe(listener: (state: NetworkState) => void): () => void
  events(after: number, signal: AbortSignal): AsyncIterable<ObservedEvent>
  rpc(node: string, method: string, params: readonly unknown[]): Promise<unknown>
  /** How programs of others reach a node's RPC; absent where nodes have none. */
  door?(node: string): Promise<NodeDoor>
  add(wish: AddNode): Promise<string>
  /** Has a system do something that only it knows; resolves with what came of it. */
  ask(system: string, order: string, params: object): Promise<object>
  start(node: string): Promise<void>
  stop(node: string): Promise<void>
  kill(node: string): Promise<void>
  pause(node: string): Promise<void>
  resume(node: string): Promise<void>
  /** Breaks the network and measures that it broke; `forMs` heals it by itself. See Chaos.inject. */
  inject(fault: Fault, options?: InjectOptions): Promise<FaultReport>
  /** Ends one fault, or all, and measures that the links carry again. */
  heal(fault?: string, signal?: AbortSignal): Promise<readonly FaultReport[]>
  /** Stops time, lets it go on, or moves it a little; absent where time is not simulated. */
  steer?(order: TimeOrder): Promise<void>
  logs(node: string, lines: number, follow: AbortSignal | undefined): AsyncIterable<string>
  /** Ends everything; resolves with the summary of the run. Twice is fine. */
  down(why: string): Promise<RunSummary>
}

/** A network of this process: what its life needs beyond what screens and commands may do. */
export interface OwnTestnet extends TestnetHandle {
  /** Resolves when each node has its wanted peers and all stand on one tip. When it rejects, call `down`. */
  launch(): Promise<void>
  /** Resolves when `durationMs` of the network's own time have passed (0: never), or when `signal` aborts; rejects when it cannot go on. */
  elapse(durationMs: number, signal: AbortSignal): Promise<void>
  /** Sends no more load and waits until all running nodes stand on one tip; false when that took longer than `timeoutMs`. */
  agree(timeoutMs: number): Promise<boolean>
  /** Ids of the faults in force. */
  readonly faults: readonly string[]
  /** The plan with all who joined since. */
  readonly grown: Plan
  /** `down`; with `keep`, all but the nodes' data goes. */
  down(why: string, keep?: boolean): Promise<RunSummary>
  /** Milliseconds of the network's own time, from anywhere: virtual in the simulator. */
  nowMs(): number
  /** Resolves when so much of that time has passed, or early when `signal` aborts. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `listener` with every event that is still held, then with each as it comes, at once; returns its end. */
  tap(listener: (event: ObservedEvent) => void): () => void
  /** Adds a line to what is told of the network. */
  note(level: 'info' | 'warn', message: string): void
  /** Ends the nodes with kill −9, for whoever does not want to wait for `down`. */
  killAll(): Promise<void>
}
