// What the shaper costs when it has nothing to do: blocks relayed over the node's transport as it is, beside the same
// transport without a shaper.
//
// Two ends in one process over loopback. A relay is what it is between nodes: header, request, block, and the next header
// when the block is there. In turns of few relays each, so that both meet the same machine; by processor time, which other
// work on the machine changes least.

import { PERFECT_LINK } from '../../node/core/link.ts'
import { createRandom } from '../../node/core/random.ts'
import { systemClock } from '../../node/host/clock.ts'
import { TcpConnections, type TcpOptions } from '../../node/host/tcp.ts'
import { type BenchResult, machine, median } from './result.ts'

const HEADER_BYTES = 106
const REQUEST_BYTES = 61
const BLOCK_BYTES = [2_000, 100_000, 1_000_000] as const
/** Of each kind; the first few warm up. */
const TURNS = 160
const WARM_UP = 20
/** Bytes that a turn relays, at least one block of them. */
const TURN_BYTES = 4_000_000
const MOST_RELAYS = 200

/** Writes what it is given, and nothing else. */
const unshaped: NonNullable<TcpOptions['newLane']> = ({ write, ended }) => ({
  heldBytes: 0,
  aheadMs: 0,
  blocked: false,
  send: frame => write([frame]),
  end: ended,
  set: () => {},
  drop: () => {},
})

export async function run(): Promise<BenchResult> {
  const rows: BenchResult['rows'][number][] = []
  const ratios: Record<string, number> = {}
  for (const bytes of BLOCK_BYTES) {
    const [shaped, bare] = await Promise.all([Relay.open({}), Relay.open({ newLane: unshaped })])
    const us: [shaped: number[], bare: number[]] = [[], []]
    for (let turn = 0; turn < TURNS; turn++) {
      const order = turn % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)
      for (const which of order) {
        const spentUs = await (which === 0 ? shaped : bare).turn(bytes)
        if (turn >= WARM_UP) us[which].push(spentUs)
      }
    }
    shaped.close()
    bare.close()
    const [withUs, withoutUs] = [median(us[0]), median(us[1])]
    rows.push({ subject: `${bytes / 1000} kB block, shaper with nothing to do`, value: withUs, unit: 'us' })
    rows.push({ subject: `${bytes / 1000} kB block, no shaper`, value: withoutUs, unit: 'us' })
    ratios[`shaped/bare ${bytes / 1000} kB`] = withUs / withoutUs
  }
  return { bench: 'shaper', machine: machine(), rows, ratios }
}

/** Two connected ends, of which the first relays blocks to the second. */
class Relay {
  readonly #from: TcpConnections
  readonly #to: TcpConnections
  readonly #header = new Uint8Array(HEADER_BYTES)
  readonly #request = new Uint8Array(REQUEST_BYTES)
  #block = new Uint8Array(0)
  #left = 0
  #arrived = 0
  #done: () => void = () => {}
  #peers: [from: number, to: number] = [0, 0]

  static async open(options: Pick<TcpOptions, 'newLane'>): Promise<Relay> {
    const relay = new Relay(options)
    await relay.#connect()
    return relay
  }

  private constructor(options: Pick<TcpOptions, 'newLane'>) {
    const make = () =>
      new TcpConnections({
        clock: systemClock,
        random: createRandom('bench'),
        links: { default: PERFECT_LINK, peers: {} },
        warn: message => {
          throw new Error(message)
        },
        ...options,
      })
    this.#from = make()
    this.#to = make()
  }

  /** Relays blocks of `bytes`, one after the other; processor time for one, in microseconds. */
  async turn(bytes: number): Promise<number> {
    const relays = Math.max(1, Math.min(MOST_RELAYS, Math.floor(TURN_BYTES / bytes)))
    this.#block = new Uint8Array(bytes)
    this.#left = relays
    const before = process.cpuUsage()
    await new Promise<void>(resolve => {
      this.#done = resolve
      this.#next()
    })
    const { user, system } = process.cpuUsage(before)
    return (user + system) / relays
  }

  close(): void {
    this.#from.stop()
    this.#to.stop()
  }

  async #connect(): Promise<void> {
    const address = await this.#to.listen({ host: '127.0.0.1', port: 0 })
    const ends = { onDialFailed: () => {}, onClosed: () => {} }
    await new Promise<void>(resolve => {
      let open = 0
      const connected = (end: 0 | 1, peer: number) => {
        this.#peers[end] = peer
        if (++open === 2) resolve()
      }
      this.#from.start({
        ...ends,
        onConnected: peer => connected(0, peer),
        onData: () => this.#from.send(this.#peers[0], this.#block), // asked for it
      })
      this.#to.start({
        ...ends,
        onConnected: peer => connected(1, peer),
        onData: (_, bytes) => this.#onBytes(bytes.length),
      })
      this.#from.dial(address)
    })
  }

  #next(): void {
    this.#arrived = 0
    this.#from.send(this.#peers[0], this.#header)
  }

  /** At the second end: a header is answered by a request, a whole block by the next one. */
  #onBytes(bytes: number): void {
    const before = this.#arrived
    this.#arrived += bytes
    if (before < HEADER_BYTES && this.#arrived >= HEADER_BYTES) this.#to.send(this.#peers[1], this.#request)
    if (this.#arrived < HEADER_BYTES + this.#block.length) return
    if (--this.#left > 0) this.#next()
    else this.#done()
  }
}
