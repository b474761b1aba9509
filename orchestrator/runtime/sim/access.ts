// The access lines of the nodes of a virtual network: one a direction, whatever ports a node has.

import { hostOf } from '../../../node/bitcoin/wire/address.ts'
import { type AccessLine, OPEN_LINE } from '../../../node/core/access.ts'
import type { Address } from '../../../node/core/host.ts'
import { Line } from './lines.ts'

interface NodeLines {
  /** One of its. */
  readonly address: Address
  up?: Line | undefined
  down?: Line | undefined
}

export class AccessLines {
  /** By host: a node has one of its own. */
  readonly #lines = new Map<string, NodeLines>()
  readonly #accessOf: (address: Address) => AccessLine | undefined

  constructor(accessOf: (address: Address) => AccessLine | undefined) {
    this.#accessOf = accessOf
  }

  /** Those that what goes from one to the other shares with all else of theirs. */
  between(from: Address, to: Address): readonly Line[] {
    const { up } = this.#of(from)
    const { down } = this.#of(to)
    if (up && down) return [up, down]
    const one = up ?? down
    return one ? [one] : NO_LINES
  }

  /** Asks again how wide they are. Those that limit nothing any more are forgotten: who is on them has to be told. */
  refresh(): void {
    for (const lines of this.#lines.values()) this.#set(lines)
  }

  #of(address: Address): NodeLines {
    const host = hostOf(address)
    const known = this.#lines.get(host)
    if (known) return known
    const lines: NodeLines = { address }
    this.#lines.set(host, lines)
    this.#set(lines)
    return lines
  }

  #set(lines: NodeLines): void {
    const { upBps, downBps } = this.#accessOf(lines.address) ?? OPEN_LINE
    lines.up = widened(lines.up, upBps)
    lines.down = widened(lines.down, downBps)
  }
}

const NO_LINES: readonly Line[] = []

function widened(line: Line | undefined, rateBps: number): Line | undefined {
  if (rateBps === 0) return undefined
  if (!line) return new Line(rateBps)
  line.set(rateBps)
  return line
}
