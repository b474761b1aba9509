// The hash table in bad weather: links that lose every tenth datagram, nodes that come and go all the time. Look-ups still find.

import { expect, it } from 'vitest'
import type { Dht } from '../../node/bittorrent/dht/dht.ts'
import { createRandom } from '../../node/core/random.ts'
import { DhtWorld, EARTHLY } from '../support/dht-world.ts'

const SIZE = 80
const MINUTES = 60
/** They go without a word, and as many others come. */
const GO_A_MINUTE = 2
/** As peers do: again and again, as long as they are there. */
const ANNOUNCE_MINUTES = 5

it('finds whoever is there, with a tenth of all datagrams lost and every fortieth node replaced each minute', () => {
  const world = new DhtWorld()
  world.conditions = () => ({ ...EARTHLY, loss: 0.1, jitterMs: 20 })
  const draws = createRandom('churn')
  const infoHash = draws.bytes(20)
  const living = new Map<number, Dht>(world.grow(SIZE).entries())
  const announcers = [3, 40]
  let next = SIZE
  let [lookups, complete, some] = [0, 0, 0]
  const anyOf = () => {
    const free = [...living.keys()].filter(index => !announcers.includes(index))
    return free[draws.int(free.length)] as number
  }
  for (let minute = 0; minute < MINUTES; minute++) {
    if (minute % ANNOUNCE_MINUTES === 0)
      for (const index of announcers) living.get(index)?.announce(infoHash, 7_000 + index)
    for (let i = 0; i < GO_A_MINUTE; i++) {
      const going = anyOf()
      living.get(going)?.stop()
      living.delete(going)
      world.network.datagrams.detach(world.addressOf(going))
      const coming = world.node(next, [anyOf(), anyOf(), announcers[0] as number])
      coming.start()
      living.set(next++, coming)
    }
    world.advance(60_000)
    const { peers } = world.find(living.get(anyOf()) as Dht, infoHash)
    lookups++
    if (peers.length > 0) some++
    if (peers.length === 2) complete++
    expect(peers.every(each => ['10.0.0.3:7003', '10.0.0.40:7040'].includes(each))).toBe(true)
  }
  console.info(`look-ups in bad weather: ${complete} of ${lookups} found both, ${some} one at least`)
  expect(next).toBe(SIZE + GO_A_MINUTE * MINUTES)
  expect(some).toBe(lookups)
  expect(complete).toBeGreaterThanOrEqual(0.95 * lookups)
})
