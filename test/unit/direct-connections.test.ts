// Connections of other people's program past its node: what it says of its peers, less what the node knows to be its own.

import { expect, test } from 'vitest'
import type { CoreEvent } from '../../node/bitcoin/events.ts'
import { linkMethods } from '../../node/core/link-methods.ts'
import { RPC, RpcError, type Service } from '../../node/core/service.ts'
import { DirectConnections } from '../../node/foreign/direct.ts'
import type { Program } from '../../node/foreign/program.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'

const OWN = '127.0.0.1:1'
const own = { id: 0, addr: OWN, inbound: true, subver: '/spy/' }
const other = { id: 4, addr: '127.0.0.1:2', inbound: false, subver: '/theirs/' }

function stage(answers = true) {
  const clock = new VirtualClock(0)
  const told: CoreEvent[] = []
  let peers: unknown = [own]
  const program = {
    answers,
    call: (_method, _params, respond) =>
      respond(peers === undefined ? { error: new RpcError(RPC.misc, 'gone') } : { result: peers }),
  } satisfies Pick<Program, 'answers' | 'call'> as unknown as Program
  const direct = new DirectConnections({
    ...{ program, clock, isOwn: address => address === OWN, tell: event => told.push(event) },
  })
  direct.start()
  const say = (now: unknown) => {
    peers = now
    clock.runUntil(clock.now() + 2_000)
  }
  return { direct, told, say, clock }
}

test('one is told of when it was seen twice, and when it is gone', () => {
  const { direct, told, say } = stage()
  say([own, other])
  expect([direct.read(), told]).toEqual([[], []])
  say([own, other])
  expect(direct.read()).toMatchObject([{ id: -6, address: other.addr, direct: true }])
  expect(told).toEqual([
    { type: 'peer-up', peer: -6, address: other.addr, inbound: false, userAgent: '/theirs/' },
  ])
  say([own])
  expect(direct.read()).toEqual([])
  expect(told.at(-1)).toMatchObject({ type: 'peer-down', peer: -6, address: other.addr })
})

test('what comes and goes meanwhile, another at the same place, and answers that are none are no way round', () => {
  const { direct, told, say } = stage()
  say([own, other])
  say([own, { ...other, id: 5 }])
  say([own, null, {}, { id: '4', addr: 5 }])
  say('nonsense')
  say(undefined)
  expect([direct.read(), told]).toEqual([[], []])
})

test('nobody asks after its end, nor a program that answers nothing', () => {
  const { direct, told, say } = stage()
  direct.stop()
  say([other])
  say([other])
  expect(told).toEqual([])
  const mute = stage(false)
  mute.say([other])
  mute.say([other])
  expect(mute.direct.read()).toEqual([])
})

test('getlinkinfo marks them', () => {
  const { direct, say } = stage()
  say([other])
  say([other])
  const service = {
    name: 'bitcoin',
    links: { ping: () => {}, read: () => direct.read() },
  } as unknown as Service
  expect(linkMethods([service]).getlinkinfo?.handle([], () => {})).toEqual([
    { service: 'bitcoin', id: -6, addr: other.addr, pings_sent: 0, pings_answered: 0, direct: true },
  ])
})
