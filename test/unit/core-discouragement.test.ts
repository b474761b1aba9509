// Who is refused, how, and until when.

import { describe, expect, it } from 'vitest'
import { Discouragement } from '../../node/bitcoin/discouragement.ts'
import type { Peer } from '../../node/bitcoin/peer.ts'

const DAY_MS = 24 * 60 * 60_000

function setUp() {
  const clock = { nowMs: 1_000_000 }
  const list = new Discouragement({ now: () => clock.nowMs, after: () => () => {} })
  /** `claims`: what an inbound peer said it listens on. */
  const add = (socketAddress: string, inbound = false, claims = socketAddress) =>
    list.add({ socketAddress, inbound, address: claims } as Peer)
  const verdicts = (address: string) => [
    list.refusesDial(address),
    list.refusesInbound(address),
    list.refusesClaim(address),
  ]
  return { clock, list, add, verdicts }
}

const [NOBODY, DIAL_AND_INBOUND, DIAL_AND_CLAIM, CLAIM] = [
  [false, false, false],
  [true, true, false],
  [true, false, true],
  [false, false, true],
]

describe('a hostile peer', () => {
  it('is refused with its whole host where hosts are one node’s own', () => {
    for (const inbound of [true, false]) {
      const { add, verdicts } = setUp()
      add('8.8.8.8:50', inbound)
      expect(verdicts('8.8.8.8:50')).toEqual(DIAL_AND_INBOUND)
      expect(verdicts('8.8.8.8:51')).toEqual(DIAL_AND_INBOUND)
      expect(verdicts('8.8.8.9:50')).toEqual(NOBODY)
    }
  })

  it('is refused by its address alone where all nodes share a host', () => {
    const { add, verdicts } = setUp()
    add('127.0.0.1:50')
    expect(verdicts('127.0.0.1:50')).toEqual(DIAL_AND_CLAIM)
    expect(verdicts('127.0.0.1:51')).toEqual(NOBODY)
  })

  it('cannot bring another into disrepute whose address it claims', () => {
    const { add, verdicts } = setUp()
    add('127.0.0.1:40000', true, '127.0.0.1:50')
    expect(verdicts('127.0.0.1:50')).toEqual(CLAIM)
    expect(verdicts('127.0.0.1:40000')).toEqual(NOBODY)
  })

  it('that claimed nothing leaves no trace on a shared host', () => {
    const { add, verdicts } = setUp()
    add('127.0.0.1:40000', true)
    expect(verdicts('127.0.0.1:40000')).toEqual(NOBODY)
  })

  it('is refused for a day, and for a day anew when it is so again', () => {
    const { clock, add, verdicts } = setUp()
    add('8.8.8.8:50')
    clock.nowMs += DAY_MS - 1
    expect(verdicts('8.8.8.8:50')).toEqual(DIAL_AND_INBOUND)
    add('8.8.8.8:50')
    clock.nowMs += DAY_MS - 1
    expect(verdicts('8.8.8.8:50')).toEqual(DIAL_AND_INBOUND)
    clock.nowMs += 1
    expect(verdicts('8.8.8.8:50')).toEqual(NOBODY)
  })

  it('is forgiven when the operator wants it', () => {
    const { list, add, verdicts } = setUp()
    add('8.8.8.8:50')
    add('127.0.0.1:50')
    add('127.0.0.1:40000', true, '127.0.0.1:51')
    for (const address of ['8.8.8.8:99', '127.0.0.1:50', '127.0.0.1:51']) {
      list.forgive(address)
      expect(verdicts(address)).toEqual(NOBODY)
    }
  })

  it('is forgotten when ten thousand others came after its last offence', () => {
    const { add, verdicts } = setUp()
    const address = (i: number) => `127.0.0.1:${i + 1}`
    for (let i = 0; i < 10_000; i++) add(address(i))
    expect(verdicts(address(0))).toEqual(DIAL_AND_CLAIM)
    add(address(0))
    add(address(10_000))
    expect(verdicts(address(0))).toEqual(DIAL_AND_CLAIM)
    expect(verdicts(address(1))).toEqual(NOBODY)
    expect(verdicts(address(2))).toEqual(DIAL_AND_CLAIM)
  })
})
