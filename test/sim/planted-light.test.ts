// Planted bugs of light clients, which the checks must see: one believes whichever peer it asks first, one keeps what a reorganisation
// undid.

import { afterEach, describe, expect, test, vi } from 'vitest'
import { firstRed, rehearsed } from '../support/rehearsal.ts'

const planted = vi.hoisted(() => ({ believes: false, keeps: false }))

vi.mock('../../node/light/same-bytes.ts', async original => {
  const { sameBytes } = await original<typeof import('../../node/light/same-bytes.ts')>()
  return { sameBytes: (a: Uint8Array, b: Uint8Array) => planted.believes || sameBytes(a, b) }
})

vi.mock('../../node/light/wallet.ts', async original => {
  const { LightWallet } = await original<typeof import('../../node/light/wallet.ts')>()
  class Keeping extends LightWallet {
    override rewind(...of: Parameters<InstanceType<typeof LightWallet>['rewind']>): void {
      if (!planted.keeps) super.rewind(...of)
    }

    override apply(...of: Parameters<InstanceType<typeof LightWallet>['apply']>): void {
      const isKnown = of[1].transactions.some(({ txid }) => this.get(txid))
      if (!planted.keeps || !isKnown) super.apply(...of)
    }
  }
  return { LightWallet: Keeping }
})

afterEach(() => Object.assign(planted, { believes: false, keeps: false }))

const AMONG_LIARS = `
nodes: { miners: { count: 2, share: 100% }, liar: { count: 2, strategy: liar }, light: { count: 2, runs: bitcoin-light } }
topology: { kind: full }
chain: { blockInterval: 1s, maturity: 2 }
load: { tx: 0/s }
light: { tx: 2/s }
faults: { away: { pause: miners-2, at: 20s, for: 5s } }
expect: { light-agrees: { within: 20s after heal }, liars-refused: { within: 20s after heal } }
`

/** The clients stand with the weaker side, which leaves its branch. */
const LEAVING = `
nodes: { strong: { count: 2, share: 80% }, weak: { count: 1, share: 20% }, light: { count: 2, runs: bitcoin-light } }
topology: { kind: full }
chain: { blockInterval: 1s, maturity: 2 }
load: { tx: 0/s }
light: { tx: 4/s }
faults: { split: { partition: strong | weak light, at: 20s, for: 20s } }
expect: { light-agrees: { within: 20s after heal } }
`

describe('an honest client', () => {
  test('among liars is right, and blames them alone', async () => {
    const checks = await rehearsed(AMONG_LIARS)
    expect(checks.get('light-agrees')).toMatchObject({ passed: true, measured: '2 of 2' })
    expect(checks.get('liars-refused')).toMatchObject({
      passed: true,
      measured: '4 of 4, 0 blamed wrongly',
    })
  })

  test('leaves a branch with what was paid on it', async () => {
    expect((await rehearsed(LEAVING)).get('light-agrees')).toMatchObject({ passed: true })
  })
})

test('a client that believes whom it asks first turns light-agrees red, and finds no liar', async () => {
  planted.believes = true
  const red = await firstRed(AMONG_LIARS, 'light-agrees', 5)
  expect(red?.message).toMatch(/it does not know \w{64} in block \d+/)
  expect((await rehearsed(AMONG_LIARS)).get('liars-refused')).toMatchObject({ passed: false })
})

test('a client that keeps what was undone turns light-agrees red', async () => {
  planted.keeps = true
  const red = await firstRed(LEAVING, 'light-agrees', 3)
  expect(red?.message).toMatch(/it does not know \w{64} in block \d+/)
})
