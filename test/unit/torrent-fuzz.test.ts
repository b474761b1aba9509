// A swarm in hostile company: messages of every kind, most of them spoilt, over connection after connection, to a seed and to a peer
// that fetches from it. Nothing breaks, memory stays bounded, and the honest go on. NETSPLIT_FUZZ_MESSAGES=<how many>: more of them;
// NETSPLIT_SEED=<seed>: those of a failure again.

import { expect, it } from 'vitest'
import type { PeerId } from '../../node/core/host.ts'
import { createRandom } from '../../node/core/random.ts'
import { retainedBytes } from '../support/memory.ts'
import { createSwarm, type Made, peerAddress, type Swarm, type ToldOf } from '../support/swarm.ts'
import { greeting, hostileMessage, KINDS, type Target } from '../support/torrent-fuzz.ts'

const MESSAGES = Number(process.env.NETSPLIT_FUZZ_MESSAGES ?? 100_000)
const SEED = process.env.NETSPLIT_SEED ?? `fuzz ${Date.now()}`
const CONTENT_BYTES = 2_000_000
/** A message a millisecond: the content takes some twenty thousand of them. */
const UP_BPS = 800_000
/** Of one attacker, in turns: the simulated network keeps a line for each. By then its ban is one of the oldest, and forgotten. */
const ADDRESSES = 2_000
/** Whatever it has heard: bans, addresses, parts of an info. */
const MOST_MEMORY_BYTES = 40_000_000
const [SEEDER, LEECHER] = [0, 1]

/** One connection after the other to one peer, each under another address and id. */
class Hostile {
  readonly #swarm: Swarm
  readonly #target: Target
  readonly #victim: number
  readonly #network: number
  readonly #random
  #attached = 0
  #open: { readonly send: (bytes: Uint8Array) => void } | undefined
  readonly kinds = new Map<string, number>()

  /** `network`: the first number of its addresses. */
  constructor(swarm: Swarm, target: Target, victim: number, network: number) {
    this.#swarm = swarm
    this.#target = target
    this.#victim = victim
    this.#network = network
    this.#random = createRandom(`${SEED} hostile ${network}`)
  }

  get connections(): number {
    return this.#attached
  }

  say(): void {
    if (!this.#open) this.#dial()
    const { kind, bytes } = hostileMessage(this.#random, this.#target)
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1)
    // In pieces, as a stream may come.
    const cut = this.#random.int(4) ? bytes.length : this.#random.int(bytes.length)
    this.#open?.send(bytes.subarray(0, cut))
    if (cut < bytes.length) this.#open?.send(bytes.subarray(cut))
    this.#swarm.advance(1)
  }

  #dial(): void {
    const number = this.#attached++
    const place = number % ADDRESSES
    const address = `${this.#network}.0.${place >> 8}.${place & 255}:6881`
    let connected: PeerId | undefined
    const network = this.#swarm.network.attach(address, {
      onConnected: peer => {
        connected = peer
      },
      onDialFailed: () => {},
      onData: () => {},
      onClosed: () => {
        this.#open = undefined
        this.#swarm.network.detach(address)
      },
    })
    network.dial(peerAddress(this.#victim))
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

/** Fetches the content from the seed, and again when it has it: nobody is lied about, and what it has is right each time. */
class Honest {
  readonly #swarm: Swarm
  readonly #made: Made
  fetched = 0

  constructor(swarm: Swarm, made: Made) {
    this.#swarm = swarm
    this.#made = made
    swarm.rpc(LEECHER, 'addtorrent', made.magnet)
  }

  look(): void {
    const { content, magnet } = this.#made
    this.#noneIsBlamed()
    if (!this.#swarm.complete(LEECHER, content)) return
    const [got, given] = [LEECHER, SEEDER].map(each =>
      this.#swarm.digest(each, content, ['film'], CONTENT_BYTES),
    )
    expect(got).toBe(given)
    this.fetched++
    this.#swarm.rpc(LEECHER, 'removetorrent', content, { files: true })
    this.#swarm.rpc(LEECHER, 'addtorrent', magnet)
  }

  /** What was told is let go: it is the test's memory, not the peers'. */
  #noneIsBlamed(): void {
    for (const { peer, event } of (this.#swarm.events as ToldOf[]).splice(0))
      if (event.type === 'bittorrent/banned')
        expect(event.address).not.toBe(peerAddress(peer === SEEDER ? LEECHER : SEEDER))
  }
}

it(`${MESSAGES} hostile messages: no crash, bounded memory, and the honest go on`, async () => {
  console.log(`seed: ${SEED}`)
  const accessOf = (peer: number) => (peer === SEEDER ? { upBps: UP_BPS, downBps: 0 } : undefined)
  const swarm = createSwarm({ seed: SEED, peers: 2, accessOf })
  const made = swarm.make(SEEDER, { length: CONTENT_BYTES, version: 'hybrid' })
  const root = swarm.peer(SEEDER).service.torrents.get(made.content)?.meta?.files[0]?.root
  if (!root || !made.infoHashV2 || !made.infoHashV1) throw new Error('a hybrid has all of these')
  const honest = new Honest(swarm, made)
  const targets = [made.infoHashV2.slice(0, 40), made.infoHashV1].map(hash => ({
    infoHash: hex(hash),
    root,
    pieces: made.pieces,
  }))
  const victims = [SEEDER, LEECHER].flatMap(victim => targets.map(target => ({ victim, target })))
  const attackers = victims.map(({ victim, target }, at) => new Hostile(swarm, target, victim, 20 + at))
  const before = await retainedBytes()
  for (let said = 0; said < MESSAGES; said++) {
    attackers[said % attackers.length]?.say()
    if (said % 1000 === 0) honest.look()
  }
  honest.look()
  expect((await retainedBytes()) - before).toBeLessThan(MOST_MEMORY_BYTES)
  const heard = attackers.flatMap(({ kinds }) => [...kinds.keys()])
  expect([...new Set(heard)].sort()).toEqual(Object.keys(KINDS).sort())
  expect(honest.fetched).toBeGreaterThanOrEqual(Math.floor(MESSAGES / 50_000))
  expect(swarm.until(() => swarm.complete(LEECHER, made.content), 3_600_000)).toBe(true)
  const connections = attackers.map(({ connections }) => connections).join(', ')
  console.log(`connections: ${connections}; fetched meanwhile: ${honest.fetched}`)
}, 7_200_000)
