// A block that a node refuses though others build on it, by order or for its own reasons: it stays connected, says that there is more
// work elsewhere, and is back with the others once the block is judged anew.

import { describe, expect, test } from 'vitest'
import { createLedgerNetwork, simulatedSpec } from '../support/ledger-network.ts'

const FIXED = simulatedSpec(1, { difficulty: { rule: 'fixed' }, coinbaseMaturity: 2 })

/** Three nodes in a line; node 1 has set the block at height 3 aside. */
function setUp() {
  const net = createLedgerNetwork({
    seed: 'set aside',
    nodes: 3,
    chain: FIXED,
    connect: index => (index < 2 ? [index + 1] : []),
  })
  net.advance(5_000)
  const mine = (blocks: number) => {
    for (let i = 0; i < blocks; i++) {
      net.mine(0)
      net.advance(1_000)
    }
  }
  mine(4)
  expect(net.converged()).toBe(true)
  const refused = net.ledger(1).chain.at(3)?.hash ?? ''
  expect(net.rpc(1, 'invalidateblock', refused)).toBeNull()
  return { net, mine, refused }
}

describe('a node that has set a block aside', () => {
  test('is back at what stood before it, and says what it does not follow', () => {
    const { net, mine } = setUp()
    const [first, second] = net.ledgers()
    expect(second?.chain.tip.height).toBe(2)
    mine(3)
    net.advance(60_000)
    expect(first?.chain.tip.height).toBe(7)
    expect(second?.chain.tip.height).toBe(2)
    expect(second?.status()).toMatchObject({ refused: { height: 7, tip: first?.chain.tip.hash } })
    expect(first?.status()).not.toHaveProperty('refused')
    const metric = second?.readMetrics().find(({ name }) => name === 'netsplit_chain_refused_height')
    expect(metric?.value).toBe(7)
    const tips = net.rpc(1, 'getchaintips') as { height: number; status: string }[]
    expect(tips.map(({ height, status }) => `${height} ${status}`).sort()).toEqual(['2 active', '7 invalid'])
  })

  test('blames nobody for what stands on it, and hangs up on nobody', () => {
    const { net, mine } = setUp()
    mine(5)
    net.advance(120_000)
    expect(net.count('misbehaviour')).toBe(0)
    expect(net.count('peer-down')).toBe(0)
    expect(net.rpc(1, 'getpeerinfo')).toHaveLength(2)
  })

  test('says so no longer when its own chain has more work', () => {
    const { net } = setUp()
    for (let i = 0; i < 3; i++) net.mine(1)
    expect(net.ledger(1).chain.tip.height).toBe(5)
    expect(net.ledger(1).status()).not.toHaveProperty('refused')
  })

  test('is with the others again when the block is judged anew', () => {
    const { net, mine, refused } = setUp()
    mine(3)
    expect(net.rpc(1, 'reconsiderblock', refused)).toBeNull()
    net.advance(5_000)
    expect(net.converged()).toBe(true)
    expect(net.ledger(1).chain.tip.height).toBe(7)
    expect(net.ledger(1).chain.refusedAhead).toBeUndefined()
    mine(1)
    expect(net.converged()).toBe(true)
  })
})

test('a block that nobody knows cannot be set aside, genesis stays', () => {
  const net = createLedgerNetwork({ seed: 'unknown', nodes: 1, chain: FIXED })
  for (const method of ['invalidateblock', 'reconsiderblock'])
    expect(() => net.rpc(0, method, 'ab'.repeat(32))).toThrow('Block not found')
  const { genesis } = net.ledger(0).chain
  expect(() => net.rpc(0, 'invalidateblock', genesis.hash)).toThrow('The genesis block stays')
  expect(net.ledger(0).chain.tip).toBe(genesis)
  expect(genesis.status).toBe('valid')
})
