// Swarms of random faults: networks that are cut, killed, stopped and restarted while they mine and pay, each from one seed.
// Whatever happened, in the end all nodes agree, the supply adds up, and nobody took an honest peer for a hostile one.

import { describe, expect, test } from 'vitest'
import type { Random } from '../../node/core/host.ts'
import { createRandom } from '../../node/core/random.ts'
import { RpcError } from '../../node/core/service.ts'
import { createLedgerNetwork, type LedgerNetwork } from '../support/ledger-network.ts'

const STEPS = 40
const PAYMENTS_PER_STEP = 10
const RELAY_MODES = ['inv', 'headers', 'unsolicited', 'compact'] as const

class Swarm {
  readonly net: LedgerNetwork
  readonly #random: Random
  readonly #all: readonly number[]
  readonly #running: Set<number>
  readonly done = { partitions: 0, ends: 0, restarts: 0, payments: 0 }

  constructor(seed: string) {
    this.#random = createRandom(seed)
    this.#all = Array.from({ length: 6 + this.#random.int(5) }, (_, index) => index)
    this.#running = new Set(this.#all)
    this.net = createLedgerNetwork({
      seed,
      nodes: this.#all.length,
      mines: index => index % 2 === 0,
      ledger: { relay: this.#pick(RELAY_MODES) },
      linkOf: (_from, _to, random) => ({
        latencyMs: 5 + random.float() * 200,
        jitterMs: random.float() * 20,
        bandwidthBps: random.int(3) > 0 ? 10_000_000 : 500_000,
        loss: random.float() * 0.02,
        blocked: false,
      }),
    })
  }

  run(): void {
    for (let step = 0; step < STEPS; step++) {
      this.#fault()
      for (let i = 0; i < PAYMENTS_PER_STEP; i++) this.#pay()
      this.net.advance(this.#random.int(60_000))
    }
    this.net.heal()
    for (const index of this.#all) this.#restart(index)
    this.net.advance(600_000)
    this.net.settle()
  }

  #fault(): void {
    const what = this.#random.int(10)
    const some = this.#all.filter(() => this.#random.int(2) === 0)
    if (what === 0 && some.length > 0 && some.length < this.#all.length) {
      this.net.partition([some])
      this.done.partitions++
    } else if (what === 1) this.net.heal()
    else if ((what === 2 || what === 3) && this.#running.size > 2) {
      const index = this.#pick([...this.#running])
      if (what === 2) this.net.kill(index)
      else this.net.stop(index)
      this.#running.delete(index)
      this.done.ends++
    } else if (what < 6) this.#restart(this.#pick(this.#all))
  }

  #restart(index: number): void {
    if (this.#running.has(index)) return
    this.net.restart(index)
    this.#running.add(index)
    this.done.restarts++
  }

  #pay(): void {
    const running = [...this.#running]
    const address = this.net.rpc(this.#pick(running), 'getnewaddress')
    try {
      this.net.rpc(this.#pick(running), 'sendtoaddress', address, 0.01 * (1 + this.#random.int(100)))
      this.done.payments++
    } catch (error) {
      if (!(error instanceof RpcError)) throw error
      expect(error.message).toBe('Insufficient funds')
    }
    this.net.advance(this.#random.int(1_000))
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#random.int(from.length)] as T
  }
}

describe.each(['swarm 1', 'swarm 2', 'swarm 3'])('%s', seed => {
  test('ends with one chain on all nodes, and every coin accounted for', () => {
    const swarm = new Swarm(seed)
    swarm.run()
    const { done, net } = swarm
    expect(done.payments).toBeGreaterThan(100)
    expect(done.ends).toBeGreaterThan(1)
    expect(done.restarts).toBe(done.ends)

    expect(net.converged()).toBe(true)
    expect(net.count('misbehaviour')).toBe(0)
    expect(net.count('block-rejected')).toBe(0)
    const { height } = net.ledger(0).chain.tip
    let createdSat = 0
    for (let at = 1; at <= height; at++) createdSat += net.ledger(0).chain.subsidySat(at)
    for (const { chain, mempool } of net.ledgers()) {
      expect(chain.utxoStats().totalSat).toBe(createdSat)
      expect(chain.utxoStats().hash).toBe(net.ledger(0).chain.utxoStats().hash)
      expect(mempool.size).toBe(net.ledger(0).mempool.size)
    }
    expect(net.ledger(1).chain.verify(0)).toBe(true)
  })
})
