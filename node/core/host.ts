// What a service needs of the world, injected: the same code runs in a process, in a container and in virtual time.
// Everything here is synchronous; answers come back through the sink that the service gave.

/** Stops a task that was planned with `after`; harmless when it already ran. */
export type Cancel = () => void

export interface Clock {
  /** Milliseconds since the Unix epoch, with fractions where the machine has them. */
  now(): number
  /** Runs `task` once, `ms` from now. */
  after(ms: number, task: () => void): Cancel
}

/** A seeded generator; two peers of one seed draw the same numbers. */
export interface Random {
  /** A float in [0, 1). */
  float(): number
  /** An integer in [0, below). */
  int(below: number): number
  /** 64 random bits. */
  u64(): bigint
  bytes(count: number): Uint8Array
  /** An independent generator for one purpose: draws there do not shift draws here. */
  fork(label: string): Random
}

/** A connection, numbered by the host in the order in which they open; never reused. */
export type PeerId = number

/** `host:port`, IPv4 dotted or `[IPv6]`. The identity of a peer is the address it listens on. */
export type Address = string

export interface Connections {
  /** Opens a connection; answered by `onConnected` or `onDialFailed`. */
  dial(address: Address): void
  /** Queues one whole frame. Frames to one peer arrive in order or not at all. */
  send(peer: PeerId, frame: Uint8Array): void
  /** Sends a frame so many times to whoever listens there, past the service; it is asked for each time, as the connection has it. */
  pad(address: Address, frameFor: (peer: PeerId) => Uint8Array | undefined, times: number): void
  /** Closes; `onClosed` follows. */
  close(peer: PeerId): void
  /** Tells the link model who listens behind an inbound connection (known from its `version`). */
  identify(peer: PeerId, address: Address): void
  /** Reads nothing more from the peer until told otherwise, so that its own TCP slows it down. */
  hold?(peer: PeerId, on: boolean): void
  /**
   * Whether the network answers for it that what goes over this connection, either way, comes through and is read. It then
   * calls `doubt` once, when that is so no longer. Where it cannot (absent, false), only a ping can tell.
   */
  vouches?(peer: PeerId, doubt: () => void): boolean
  /** This node's end of a connection. Absent: the host cannot tell. */
  bound?(peer: PeerId): Address | undefined
  /** How much waits to be sent to the peer; 1: as much as should. Absent: told by `backlogBytes` alone, and never too much. */
  fill?(peer: PeerId): number
  /** Bytes accepted by `send` and not yet handed to the network; 0 where unknown. */
  backlogBytes(peer: PeerId): number
  /** The connection itself, while it is open. Absent: the host has none at hand, and it goes by its number. */
  line?(peer: PeerId): Line | undefined
}

/** One connection at hand: whoever says and hears much over it need not have it looked up by its number each time. */
export interface Line {
  /** As the connections' own. */
  send(frame: Uint8Array): void
  readonly backlogBytes: number
  /** Once it is set, what comes is told to it, and no more to the sink. */
  reader: Reader | undefined
}

export interface Reader {
  onData(bytes: Uint8Array): void
}

/** Datagrams of a service's own port, whose number is that of its connections (datagrams.ts). */
export interface Datagrams {
  /** From here on `onDatagram` is told of what arrives; once a life. */
  bind(onDatagram: (from: Address, bytes: Uint8Array) => void): void
  /** Sends one of at most 65,507 bytes; nobody tells whether it arrived. */
  send(to: Address, bytes: Uint8Array): void
}

export type StoreOp = { readonly put: string; readonly value: Uint8Array } | { readonly del: string }
/** Applied whole or not at all, in the order of the commits. */
export type Batch = readonly StoreOp[]

/** A sorted key-value store. Keys are ASCII; a protocol prefixes its own with its name. */
export interface Store {
  /** Sees every commit at once, durable or not yet. */
  get(key: string): Uint8Array | undefined
  /** All entries whose key starts with `prefix`, in key order. Only at start (`Service.start`). */
  scan(prefix: string): Iterable<readonly [key: string, value: Uint8Array]>
  /** Ordered, atomic, durable later. */
  commit(batch: Batch): void
}

export interface AnyEvent {
  readonly type: string
}

/** Whom connections report to: the service whose port they are of. */
export interface ConnectionSink {
  onConnected(peer: PeerId, address: Address, inbound: boolean): void
  onDialFailed(address: Address, why: string): void
  onData(peer: PeerId, bytes: Uint8Array): void
  onClosed(peer: PeerId, why: string): void
}

/** One a service. */
export interface ServiceHost {
  readonly clock: Clock
  readonly random: Random
  /** Of its own port. */
  readonly connections: Connections
  /** Of its own port, where the host has any. */
  readonly datagrams?: Datagrams | undefined
  readonly store: Store
  emit(event: AnyEvent): void
}
