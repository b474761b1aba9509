// What peers of one process share of their messages, as the peer sees it; shared-frames.ts is the one that does.

import type { Line, PeerId, ServiceHost } from '../core/host.ts'
import type { RouteTable } from './route.ts'
import type { Codec } from './wire/codec.ts'
import type { Frame } from './wire/frame.ts'

/** What peers of one process need not make or read again; see shared-frames.ts. */
export interface FrameStore {
  /** The frame that this chunk holds, if somebody has read it. */
  get(chunk: Uint8Array): Frame | undefined
  put(chunk: Uint8Array, frame: Frame): void
  /** The frame of a message, made if nobody has made one like it. */
  made(magic: Uint8Array, command: string, message: unknown, codec: Codec<unknown>): Uint8Array
  /** The message in `frame`, if somebody has read it; else undefined. */
  message(frame: Frame): unknown
  putMessage(frame: Frame, message: unknown): void
  /** The table of their commands. */
  routes(make: () => RouteTable): RouteTable
}

/** What Bitcoin's peer needs of the world. */
export interface Host extends ServiceHost {
  /** Where peers of one process hand each other frames by reference. */
  readonly frames?: FrameStore
  /** What stands between a peer and its connection, and is told each frame before it is sealed: a line over that line. */
  screen?(peer: PeerId, line: Line): Line
}
