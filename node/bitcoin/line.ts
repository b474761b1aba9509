// A peer's connection at hand: the host's own where it gives it out, else one that goes by its number.

import type { Connections, Line, PeerId, Reader } from '../core/host.ts'
import type { V2Transport } from './wire/v2/transport.ts'

/** Its reader hears nothing where the host tells the sink. */
export function lineOf(connections: Connections, id: PeerId, reader: Reader): Line {
  const line = connections.line?.(id)
  if (!line) return new NumberedLine(connections, id, reader)
  line.reader = reader
  return line
}

class NumberedLine implements Line {
  reader: Reader | undefined
  readonly #connections: Connections
  readonly #id: PeerId

  constructor(connections: Connections, id: PeerId, reader: Reader) {
    this.#connections = connections
    this.#id = id
    this.reader = reader
  }

  get backlogBytes(): number {
    return this.#connections.backlogBytes(this.#id)
  }

  send(frame: Uint8Array): void {
    this.#connections.send(this.#id, frame)
  }
}

/** What is said over it is sealed. What comes is the transport's to open, and its reader hears it as it is. */
export class SealedLine implements Line {
  readonly #line: Line
  readonly #transport: V2Transport

  constructor(line: Line, transport: V2Transport) {
    this.#line = line
    this.#transport = transport
  }

  get reader(): Reader | undefined {
    return this.#line.reader
  }

  set reader(reader: Reader | undefined) {
    this.#line.reader = reader
  }

  get backlogBytes(): number {
    return this.#line.backlogBytes
  }

  send(frame: Uint8Array): void {
    this.#transport.send(frame)
  }
}
