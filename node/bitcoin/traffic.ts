// What went over a connection, one way, frames' headers included: in all, and by command.

export class Traffic {
  bytes = 0
  /** Of the newest byte. */
  lastMs: number
  /** Bytes and messages of a command side by side, at twice its place in the table: every message is counted here. */
  readonly #sums: number[]

  /** `commands`: how many the table has. */
  constructor(commands: number, nowMs: number) {
    this.#sums = new Array<number>(commands * 2).fill(0)
    this.lastMs = nowMs
  }

  /** A message of the command at `place`. */
  count(place: number, bytes: number): void {
    const sums = this.#sums
    this.bytes += bytes
    sums[place * 2] = (sums[place * 2] as number) + bytes
    sums[place * 2 + 1] = (sums[place * 2 + 1] as number) + 1
  }

  /** Bytes that are of no message. */
  spend(bytes: number): void {
    this.bytes += bytes
  }

  /** Adds what another one has counted by the same table. */
  add(other: Traffic): void {
    this.bytes += other.bytes
    for (let i = 0; i < other.#sums.length; i++)
      this.#sums[i] = (this.#sums[i] as number) + (other.#sums[i] as number)
  }

  /** By command, those that there were. `commands`: the table's, in order. */
  by(commands: readonly string[]): Map<string, { readonly bytes: number; readonly messages: number }> {
    const sums = commands.map((command, place) => {
      const [bytes = 0, messages = 0] = this.#sums.slice(place * 2, place * 2 + 2)
      return [command, { bytes, messages }] as const
    })
    return new Map(sums.filter(([, { messages }]) => messages > 0))
  }
}
