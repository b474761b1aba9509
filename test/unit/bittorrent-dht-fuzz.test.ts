// A live node of the hash table and datagrams that were bent: it refuses or passes over what it cannot read, keeps little of the rest,
// and is there for others after it. NETSPLIT_FUZZ_DHT=<how many>: more of them; NETSPLIT_SEED=<seed>: those of a failure again.

import { expect, it } from 'vitest'
import type { Dht } from '../../node/bittorrent/dht/dht.ts'
import { decodeKrpc, encodeAnswer, encodeError, encodeQuery } from '../../node/bittorrent/dht/krpc.ts'
import { createRandom } from '../../node/core/random.ts'
import { DhtWorld } from '../support/dht-world.ts'

const DATAGRAMS = Number(process.env.NETSPLIT_FUZZ_DHT ?? 100_000)
const seed = process.env.NETSPLIT_SEED ?? `${Math.random()}`
const ENEMIES = 50

it(`${DATAGRAMS} bent datagrams do nothing but to be refused`, () => {
  const random = createRandom(seed)
  const world = new DhtWorld()
  const nodes = world.grow(12)
  const [victim] = nodes as [Dht]
  const target = world.addressOf(0)
  const infoHash = random.bytes(20)
  nodes[5]?.announce(infoHash, 7_005)
  world.advance(10_000)

  const heard = { answers: 0, refusals: 0 }
  /** What the victim asked or gave last: what is bent is of a conversation that goes on. */
  let t = random.bytes(4)
  /** Of each enemy. */
  const tokens = new Map<number, Uint8Array>()
  const enemies = Array.from({ length: ENEMIES }, (_, i) => {
    const enemy = world.network.datagrams.at(`10.9.${i}.9:1`)
    enemy.bind((_, bytes) => {
      const said = decodeKrpc(bytes)
      if (!said || 'refused' in said) expect.fail(`${Buffer.from(bytes).toString('latin1')}, seed ${seed}`)
      if ('query' in said) t = said.t
      else if ('answer' in said) {
        heard.answers++
        if (said.answer.token) tokens.set(i, said.answer.token)
      } else {
        heard.refusals++
        expect([203, 204]).toContain(said.error)
      }
    })
    return enemy
  })

  const id = () => random.bytes(20)
  const address = () => `10.${random.int(256)}.${random.int(256)}.${random.int(256)}:${random.int(65_536)}`
  const whole = (enemy: number): Uint8Array => {
    const own = random.bytes(4)
    const nodes = Array.from({ length: random.int(12) }, () => ({ id: id(), address: address() }))
    switch (random.int(7)) {
      case 0:
        return encodeQuery(own, id(), { q: 'ping' })
      case 1:
        return encodeQuery(own, id(), { q: 'find_node', target: id() })
      case 2:
        return encodeQuery(own, id(), { q: 'get_peers', infoHash: id() })
      case 3:
        return encodeQuery(own, id(), {
          ...{ q: 'announce_peer', infoHash: id(), token: tokens.get(enemy) ?? random.bytes(8) },
          port: random.int(2) ? undefined : 1 + random.int(65_535),
        })
      case 4:
        return encodeError(t, random.int(1_000), 'no')
      default:
        return encodeAnswer(t, id(), {
          nodes,
          values: nodes.map(each => each.address),
          token: own,
        })
    }
  }
  const bend = (bytes: Uint8Array): Uint8Array => {
    const bent = bytes.slice()
    for (let changes = random.int(4); changes > 0; changes--)
      // A digit tells a length, mostly; other bytes are anything.
      bent[random.int(bent.length)] = random.int(2) ? 48 + random.int(10) : random.int(256)
    const end = random.int(8) === 0 ? random.int(bent.length) : bent.length
    const tail = random.int(20) === 0 ? random.bytes(random.int(3_000)) : new Uint8Array(0)
    return new Uint8Array([...bent.subarray(0, end), ...tail])
  }

  for (let i = 0; i < DATAGRAMS; i++) {
    const enemy = random.int(ENEMIES)
    enemies[enemy]?.send(target, bend(whole(enemy)))
    if (i % 100 === 99) world.advance(200)
  }
  world.advance(60_000)
  const status = victim.status()
  console.info(
    `bent: ${DATAGRAMS}, answered ${heard.answers}, refused ${heard.refusals}, ${status.nodes} nodes, ${status.hashes} hashes`,
  )
  // They are worth something only if they end in many ways.
  expect(heard.answers).toBeGreaterThan(DATAGRAMS / 20)
  expect(heard.refusals).toBeGreaterThan(DATAGRAMS / 100)
  expect(status.hashes).toBeLessThanOrEqual(2_000)
  // Eight a bucket; one for an address, and there are so many that answer.
  expect(status.nodes).toBeLessThanOrEqual(nodes.length - 1 + ENEMIES)
  expect(world.find(nodes[9] as Dht, infoHash).peers).toEqual(['10.0.0.5:7005'])
  expect(world.find(victim, infoHash).peers).toEqual(['10.0.0.5:7005'])
}, 3_600_000)
