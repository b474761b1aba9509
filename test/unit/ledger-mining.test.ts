// Mining control with a miner that the test holds in its hand, and the simulated miner's waiting times.

import { beforeEach, describe, expect, test } from 'vitest'
import type { Clock } from '../../node/core/host.ts'
import { createRandom } from '../../node/core/random.ts'
import { hasher } from '../../node/hash.ts'
import { targetBytes, workOfBits } from '../../node/ledger/consensus/target.ts'
import type { Ledger } from '../../node/ledger/ledger.ts'
import type { Miner, MiningJob } from '../../node/ledger/services.ts'
import { SimulatedMiner } from '../../node/ledger/simulated.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'
import { EASY_SPEC } from '../support/chain.ts'
import { START_MS } from '../support/harness.ts'
import { createLedgerNetwork, type LedgerNetwork } from '../support/ledger-network.ts'

/** Remembers what it was told; finds a nonce when the test says so. */
class HandMiner implements Miner {
  setRate(): void {}

  readonly mode = 'real'
  readonly hashRateHps = 1_000
  readonly kernel = 'scalar'
  readonly jobs: { job: MiningJob; unlimited: boolean }[] = []
  idles = 0

  work(job: MiningJob, unlimited = false): void {
    this.jobs.push({ job, unlimited })
  }

  idle(): void {
    this.idles++
  }

  stats() {
    return { hashes: 5, hashRateHps: 7 }
  }

  get last(): MiningJob {
    return (this.jobs.at(-1) as { job: MiningJob }).job
  }
}

function solve(job: MiningJob): number {
  return hasher.scan(job.header, targetBytes(job.bits), 0, 10_000).nonce ?? 0
}

describe('mining control', () => {
  let net: LedgerNetwork
  let miner: HandMiner
  let ledger: Ledger
  const found = (job: MiningJob) => ledger.onSolution(job.id, solve(job))
  const timeOf = (job: MiningJob) =>
    new DataView(job.header.buffer, job.header.byteOffset).getUint32(68, true)
  const rootOf = (job: MiningJob) => job.header.slice(36, 68)

  beforeEach(() => {
    miner = new HandMiner()
    net = createLedgerNetwork({
      seed: 'hand',
      nodes: 1,
      chain: { ...EASY_SPEC, genesisTime: START_MS / 1000 - 60 },
      ledger: { mining: { mode: 'real', hashRateHps: 1_000, threads: 1 } },
      services: { createMiner: () => miner },
    })
    ledger = net.ledger(0)
    net.advance(1)
  })

  test('starts with a job on the tip, and says so', () => {
    expect(miner.jobs).toHaveLength(1)
    expect(miner.last.header).toHaveLength(80)
    expect(net.events.at(-1)?.event).toMatchObject({
      type: 'mining-started',
      mode: 'real',
      hashRateHps: 1_000,
    })
  })

  test('a solution becomes a block, and the next job is on it at once', () => {
    const first = miner.last
    found(first)
    expect(ledger.chain.tip.height).toBe(1)
    expect(miner.jobs).toHaveLength(2)
    expect(hasher.sha256d(first.header)).not.toEqual(hasher.sha256d(miner.last.header))
    const types = net.events.slice(-5).map(({ event }) => event.type)
    expect(types).toEqual(['block-mined', 'block-seen', 'block-received', 'block-connected', 'tip'])
    expect(net.events.find(({ event }) => event.type === 'block-seen')?.event.by).toBe('mined')
  })

  test('a solution of an older job on the same tip still counts; one on an old tip does not', () => {
    const first = miner.last
    net.advance(6_000)
    expect(miner.jobs.length).toBeGreaterThan(1)
    const second = miner.last
    found(first)
    expect(ledger.chain.tip.height).toBe(1)
    found(second)
    expect(ledger.chain.tip.height).toBe(1)
    expect(net.count('block-rejected')).toBe(0)
  })

  test('the time in the header follows the clock', () => {
    const before = timeOf(miner.last)
    net.advance(60_000)
    expect(timeOf(miner.last) - before).toBeGreaterThanOrEqual(30)
  })

  test('spent nonces bring another coinbase', () => {
    const before = miner.last
    ledger.onExhausted(before.id)
    expect(rootOf(miner.last)).not.toEqual(rootOf(before))
    ledger.onExhausted(before.id) // late: that job is no more
    expect(miner.jobs).toHaveLength(2)
  })

  test('a transaction is in the work after the next refresh', () => {
    for (let i = 0; i < 4; i++) found(miner.last)
    net.rpc(0, 'sendtoaddress', net.rpc(0, 'getnewaddress'), 1)
    expect(ledger.mining.template?.transactions).toHaveLength(1)
    net.advance(31_000)
    expect(ledger.mining.template?.transactions).toHaveLength(2)
  })

  test('can be switched off and on', () => {
    ledger.setMining(false)
    expect(miner.idles).toBe(1)
    found(miner.last)
    expect(ledger.chain.tip.height).toBe(0)
    ledger.setMining(true)
    expect(miner.jobs).toHaveLength(2)
    expect(net.count('mining-started')).toBe(2)
    expect(net.count('mining-stopped')).toBe(1)
  })

  test('generatetoaddress mines without the budget, pays the address, and then goes back to its own work', () => {
    const own = miner.last
    const address = net.rpc(0, 'getnewaddress')
    let answer: unknown
    const method = net.node(0).core.rpc.generatetoaddress
    method?.handle([2, address], outcome => {
      answer = outcome
    })
    expect(miner.jobs.at(-1)?.unlimited).toBe(true)
    found(own) // it would pay to somebody else
    expect(ledger.chain.tip.height).toBe(0)
    found(miner.last)
    expect(answer).toBeUndefined()
    found(miner.last)
    const hashes = [ledger.chain.at(1)?.hash, ledger.chain.at(2)?.hash]
    expect(answer).toEqual({ result: hashes })
    expect(miner.jobs.at(-1)?.unlimited).toBe(false)
    for (const hash of hashes) {
      const block = net.rpc(0, 'getblock', hash, 2) as {
        tx: { vout: { scriptPubKey: { address: string } }[] }[]
      }
      expect(block.tx[0]?.vout[0]?.scriptPubKey.address).toBe(address)
    }
  })

  test('orders that are open when the node stops are answered', () => {
    let answer: unknown
    net.node(0).core.rpc.generatetoaddress?.handle([1, net.rpc(0, 'getnewaddress')], outcome => {
      answer = outcome
    })
    net.stop(0)
    expect(answer).toMatchObject({ error: { message: 'The node is shutting down' } })
  })
})

describe('the simulated miner', () => {
  const BITS = 0x1f00ffff
  const RATE_HPS = 1_000

  /** Waiting times of so many blocks found one after the other. */
  function waits(
    clock: VirtualClock,
    count: number,
    disturb?: (miner: SimulatedMiner, job: MiningJob) => void,
  ): number[] {
    const times: number[] = []
    let last = clock.now()
    const job = (id: number): MiningJob => ({ id, header: new Uint8Array(80), bits: BITS })
    const miner: SimulatedMiner = new SimulatedMiner(
      { mode: 'simulated', hashRateHps: RATE_HPS },
      clock as Clock,
      createRandom('waits'),
      {
        onSolution(id, nonce) {
          expect(nonce).toBe(0)
          times.push(clock.now() - last)
          last = clock.now()
          miner.work(job(id + 1))
        },
        onExhausted: () => {},
      },
    )
    miner.work(job(1))
    while (times.length < count) {
      disturb?.(miner, job(100_000 + times.length))
      clock.step()
    }
    return times
  }

  const mean = (times: readonly number[]) => times.reduce((sum, ms) => sum + ms, 0) / times.length
  const expectedMs = (1000 * Number(workOfBits(BITS))) / RATE_HPS

  test('takes the expected time on average, and scatters as an exponential distribution does', () => {
    const times = waits(new VirtualClock(0), 4_000)
    expect(mean(times) / expectedMs).toBeGreaterThan(0.95)
    expect(mean(times) / expectedMs).toBeLessThan(1.05)
    const deviation = Math.sqrt(mean(times.map(ms => (ms - mean(times)) ** 2)))
    expect(deviation / expectedMs).toBeGreaterThan(0.93)
    expect(deviation / expectedMs).toBeLessThan(1.07)
  })

  test('new work on the way changes nothing about that', () => {
    const clock = new VirtualClock(0)
    let renewals = 0
    const times = waits(clock, 2_000, (miner, job) => {
      if (renewals++ % 3 === 0) clock.after(expectedMs / 5, () => miner.work(job))
    })
    expect(mean(times) / expectedMs).toBeGreaterThan(0.9)
    expect(mean(times) / expectedMs).toBeLessThan(1.1)
  })

  test('takes as long as a block is said to cost, whatever its target says', () => {
    const clock = new VirtualClock(0)
    const times: number[] = []
    const paced = { mode: 'paced', hashRateHps: 500, hashesPerBlock: 1_000 } as const
    const miner = new SimulatedMiner(paced, clock, createRandom('paced'), {
      onSolution: id => {
        times.push(clock.now())
        miner.work({ id: id + 1, header: new Uint8Array(80), bits: 0x207fffff })
      },
      onExhausted: () => {},
    })
    miner.work({ id: 1, header: new Uint8Array(80), bits: 0x207fffff })
    clock.runUntil(4_000_000)
    expect(Math.abs(times.length / 2_000 - 1)).toBeLessThan(3.3 / Math.sqrt(2_000))
  })

  test('counts the hashes of the time that it worked, and finds nothing while idle', () => {
    const clock = new VirtualClock(0)
    let solutions = 0
    const miner = new SimulatedMiner(
      { mode: 'simulated', hashRateHps: RATE_HPS },
      clock,
      createRandom('idle'),
      {
        onSolution: () => void solutions++,
        onExhausted: () => {},
      },
    )
    miner.work({ id: 1, header: new Uint8Array(80), bits: BITS })
    clock.runUntil(10)
    miner.idle()
    clock.runUntil(1e9)
    expect(miner.stats()).toEqual({ hashes: 10, hashRateHps: 0 })
    expect(solutions).toBe(0)
  })

  test('at another rate counts what it did at each, and takes as long as the new one says', () => {
    const clock = new VirtualClock(0)
    const miner = new SimulatedMiner({ mode: 'simulated', hashRateHps: 1000 }, clock, createRandom('rates'), {
      onSolution: () => {},
      onExhausted: () => {},
    })
    miner.work({ id: 1, header: new Uint8Array(80), bits: 0x1d00ffff })
    clock.runUntil(10)
    miner.setRate(5000)
    expect(miner.stats()).toEqual({ hashes: 10, hashRateHps: 5000 })
    clock.runUntil(20)
    expect(miner.stats()).toEqual({ hashes: 60, hashRateHps: 5000 })
    miner.idle()
    miner.setRate(1000)
    clock.runUntil(30)
    expect(miner.stats()).toEqual({ hashes: 60, hashRateHps: 0 })
  })
})
