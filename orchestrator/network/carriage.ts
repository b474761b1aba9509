// What a network asks of its lines, beside what they carry: where that is less, no node can do anything about it.

import { EXIT, UserError } from '../errors.ts'

/** What is sent beside blocks (who has what already, pings, retransmissions) must have room as well. */
const USABLE_SHARE = 0.75

/** Both in bits per second, in one direction of one line. */
export interface Carriage {
  readonly askedBps: number
  readonly carriedBps: number
}

/** A network that cannot even stand, since its lines do not carry what it makes. */
export class Overloaded extends UserError {
  readonly carriage: Carriage
  constructor(message: string, carriage: Carriage) {
    super(EXIT.failure, `${message}: ${carriageInWords(carriage)}`)
    this.carriage = carriage
  }
}

export function isBeyond({ askedBps, carriedBps }: Carriage): boolean {
  return askedBps > carriedBps * USABLE_SHARE
}

/** In words: `made 41 kbit/s, the thinnest line carries 10 kbit/s`. */
export function carriageInWords({ askedBps, carriedBps }: Carriage): string {
  return `blocks ask ${kbit(askedBps)} of each line, the thinnest carries ${kbit(carriedBps)}`
}

function kbit(bps: number): string {
  return `${bps >= 10_000 ? Math.round(bps / 1000) : +(bps / 1000).toFixed(1)} kbit/s`
}
