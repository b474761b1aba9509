// A swarm in hostile company: messages of every kind, most of them spoilt, over connection after connection, to a seed and to a peer
// that fetches from it. Nothing breaks, memory stays bounded, and the honest go on. NETSPLIT_FUZZ_MESSAGES=<how many>: more of them;
// NETSPLIT_SEED=<seed>: those of a failure again.

import { expect, it } from 'vitest'
import type { Address, PeerId } from '../../node/core/host.ts'
import { createRandom } from '../../node/core/random.ts'
import { retainedBytes } from '../support/memory.ts'
import { createSwarm, peerAddress, type Swarm } from '../support/swarm.ts'
import { greeting, hostileMessage, KINDS, type Target } from '../support/torrent-fuzz.ts'

const MESSAGES = Number(process.env.NETSPLIT_FUZZ_MESSAGES ?? 100_000)
const SEED = process.env.NETSPLIT_SEED ?? `fuzz ${Date.now()}`
const CONTENT_BYTES = 2_000_000
/** Whatever it has heard: bans, addresses, parts of an info. */
const MOST_MEMORY_BYTES = 40_000_000
const [SEEDER, LEECHER] = [0, 1]

/** One connection after the other to one peer, each under an address and an id of its own. */
class Hostile {
  readonly #swarm: Swarm
  readonly #target: Target
  readonly #random = createRandom(`${SEED} hostile`)
  #attached = 0
  #open: { readonly send: (bytes: Uint8Array) => void } | undefined
  readonly kinds = new Map<string, number>()

  constructor(swarm: Swarm, target: Target) {
    this.#swarm = swarm
    this.#target = target
  }

  get connections(): number {
    return this.#attached
  }

  say(to: Address): void {
    if (!this.#open) this.#dial(to)
    const { kind, bytes } = hostileMessage(this.#random, this.#target)
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1)
    // In pieces, as a stream may come.
    const cut = this.#random.int(4) ? bytes.length : this.#random.int(bytes.length)
    this.#open?.send(bytes.subarray(0, cut))
    if (cut < bytes.length) this.#open?.send(bytes.subarray(cut))
    this.#swarm.advance(1)
  }

  #dial(to: Address): void {
    const number = this.#attached++
    const address = `10.${2 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}:6881`
    let connected: PeerId | undefined
    const network = this.#swarm.network.attach(address, {
      onConnected: peer => {
        connected = peer
      },
      onDialFailed: () => {},
      onData: () => {},
      onClosed: () => {
        this.#open = undefined
      },
    })
    network.dial(to)
    this.#swarm.until(() => connected !== undefined, 10_000)
    const peer = connected
    if (peer === undefined) throw new Error('nobody takes connections any more')
    this.#open = { send: bytes => network.send(peer, bytes) }
    this.#open.send(greeting(this.#target.infoHash, this.#random.bytes(20)))
    this.#swarm.advance(1)
  }
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
}

it(`${MESSAGES} hostile messages: no crash, bounded memory, and the honest finish`, async () => {
  console.log(`seed: ${SEED}`)
  // Whatever comes of the fuzz, the transfer is there all the time.
  const seconds = MESSAGES / 1000
  const swarm = createSwarm({
    seed: SEED,
    peers: 2,
    accessOf: peer => (peer === SEEDER ? { upBps: (8 * CONTENT_BYTES) / seconds, downBps: 0 } : undefined),
  })
  const made = swarm.make(SEEDER, { length: CONTENT_BYTES, version: 'hybrid' })
  swarm.rpc(LEECHER, 'addtorrent', made.magnet)
  const root = swarm.peer(SEEDER).service.torrents.get(made.content)?.meta?.files[0]?.root
  if (!root || !made.infoHashV2 || !made.infoHashV1) throw new Error('a hybrid has all of these')
  const targets = [made.infoHashV2.slice(0, 40), made.infoHashV1].map(hash => ({
    infoHash: hex(hash),
    root,
    pieces: made.pieces,
  }))
  const attackers = targets.map(target => new Hostile(swarm, target))
  const before = await retainedBytes()
  for (let said = 0; said < MESSAGES; said++)
    attackers[said % 2]?.say(peerAddress(said % 4 < 2 ? SEEDER : LEECHER))
  expect((await retainedBytes()) - before).toBeLessThan(MOST_MEMORY_BYTES)
  const heard = attackers.flatMap(({ kinds }) => [...kinds.keys()])
  expect([...new Set(heard)].sort()).toEqual(Object.keys(KINDS).sort())
  expect(swarm.until(() => swarm.complete(LEECHER, made.content), 3_600_000)).toBe(true)
  const file = ['film']
  expect(swarm.digest(LEECHER, made.content, file, CONTENT_BYTES)).toBe(
    swarm.digest(SEEDER, made.content, file, CONTENT_BYTES),
  )
  for (const [one, other] of [
    [SEEDER, LEECHER],
    [LEECHER, SEEDER],
  ] as const)
    expect(swarm.told(one, 'bittorrent/banned').map(({ address }) => address)).not.toContain(
      peerAddress(other),
    )
  console.log(`${attackers.map(({ connections }) => connections).join(' and ')} connections`)
}, 3_600_000)
