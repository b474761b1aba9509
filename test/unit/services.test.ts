// More than one service in a node, driven without a machine: how they are configured, what each has for itself, and that an
// adversary may stand around any of them.

import { describe, expect, it, vi } from 'vitest'
import { compose, readingsOf, rpcOf, teller } from '../../node/compose.ts'
import { parseConfig } from '../../node/config.ts'
import type { Address, AnyEvent, ServiceHost, Store } from '../../node/core/host.ts'
import { type LinkConditions, PERFECT_LINK } from '../../node/core/link.ts'
import { createRandom } from '../../node/core/random.ts'
import { mergeRpc, type Service } from '../../node/core/service.ts'
import { partOf } from '../../node/core/store-part.ts'
import { type LoggedEvent, logEntry } from '../../node/log-lines.ts'
import { BadCompany } from '../../node/strategy/company.ts'
import { VirtualClock } from '../../orchestrator/runtime/sim/clock.ts'
import { MemoryStore, VirtualHost } from '../../orchestrator/runtime/sim/host.ts'
import { VirtualNetwork } from '../../orchestrator/runtime/sim/network.ts'
import { NOW_MS, secp } from '../support/chain.ts'
import { nodeConfig, temporaryDirectory } from '../support/node-config.ts'
import type { TallyConfig } from '../support/tally/service.ts'

vi.mock('../../node/services.ts', async original => {
  const own = await original<typeof import('../../node/services.ts')>()
  const { tally } = await import('../support/tally/service.ts')
  return { SERVICES: [...own.SERVICES, tally] }
})

const A = '10.0.0.1:9000'
const B = '10.0.0.2:9000'
const ANYWHERE = { host: '127.0.0.1', port: 0 }

function silentService(name: string): Service {
  const sink = { onConnected() {}, onDialFailed() {}, onData() {}, onClosed() {} }
  const doing = { start: () => sink, stop() {}, status: () => ({}), readMetrics: () => [], pad() {} }
  return { name, bodies: [], rpc: {}, ...doing }
}

function configOf(services: object): unknown {
  return { ...nodeConfig(temporaryDirectory()), services }
}

describe('a configuration', () => {
  const tally = { listen: ANYWHERE, connect: [A] }
  const bitcoinPart = () => nodeConfig(temporaryDirectory()).services.bitcoin

  it('names each service, and each checks its own part', () => {
    const bitcoin = bitcoinPart()
    expect(parseConfig(configOf({ tally })).services).toEqual({ tally })
    expect(parseConfig(configOf({ tally, bitcoin })).services).toEqual({ tally, bitcoin })
    expect(() => parseConfig(configOf({ tally: { ...tally, connect: ['nowhere'] } }))).toThrow(
      'services.tally.connect[0] must be an address as host:port, not "nowhere"',
    )
    expect(() => parseConfig(configOf({ tally: { connect: [] } }))).toThrow(
      'services.tally.listen must be an object',
    )
  })

  it('that names a service which is not there, or none at all, is refused with those that are', () => {
    expect(() => parseConfig(configOf({ bitcoin: bitcoinPart(), gossip: tally }))).toThrow(
      'unknown service services.gossip; known services: bitcoin, bittorrent, tracker, tally',
    )
    expect(() => parseConfig(configOf({}))).toThrow(
      'services must be at least one of bitcoin, bittorrent, tracker, tally',
    )
  })

  it('is composed in the order of the list; the first service goes without its name', () => {
    const services = parseConfig(configOf({ tally, bitcoin: bitcoinPart() })).services
    const around = {
      version: 'test',
      random: createRandom('x'),
      address: () => A,
      machine: { secp: () => secp },
    }
    const shown = compose(services, around).map(({ service, draws, keys }) => [service.name, draws, keys])
    expect(shown).toEqual([
      ['bitcoin', 'core', ''],
      ['tally', 'service tally', 'service/tally/'],
    ])
  })
})

it('two services cannot mean different things by one event or one method', () => {
  const told: AnyEvent[] = []
  const tell = teller('tally', event => told.push(event))
  tell({ type: 'tally/added' })
  expect(() => tell({ type: 'tip' })).toThrow('tally may not tell of tip')
  expect(() => tell({ type: 'other/added' })).toThrow('tally may not tell of other/added')
  teller('bitcoin', event => told.push(event))({ type: 'tip' })
  expect(told.map(({ type }) => type)).toEqual(['tally/added', 'tip'])
  const table = { add: { params: [], summary: '', handle: () => 0 } }
  expect(() => mergeRpc([table, table])).toThrow('add: two tables have this method')
})

it('nor by one metric', () => {
  const counting = (name: string, ...metrics: readonly string[]) => {
    const readMetrics = () => metrics.map(name => ({ name, help: '', kind: 'gauge' as const, value: 1 }))
    return { ...silentService(name), readMetrics }
  }
  const [first, second] = [counting('first', 'a', 'a', 'b'), counting('second', 'c')]
  expect(readingsOf([first, second]).map(({ name }) => name)).toEqual(['a', 'a', 'b', 'c'])
  expect(() => readingsOf([first, second, counting('third', 'b')])).toThrow('b: first and third have this')
})

it('the connections of all are pinged and read alike, and a service may have no pings', () => {
  const asked: string[] = []
  const measured = (name: string, id: number, roundTripMs?: number, waitMs?: number): Service => {
    const read = () => [{ id, address: A, roundTripMs, waitMs, pings: { sent: 2, answered: 1 } }]
    return { ...silentService(name), links: { ping: () => asked.push(name), read } }
  }
  const { pinglinks, getlinkinfo } = rpcOf([measured('x', 1, 250, 40), silentService('y'), measured('z', 1)])
  expect(pinglinks?.handle([], () => {})).toBeNull()
  expect(asked).toEqual(['x', 'z'])
  const common = { id: 1, addr: A, pings_sent: 2, pings_answered: 1 }
  expect(getlinkinfo?.handle([], () => {})).toEqual([
    { service: 'x', ...common, pingtime: 0.25, pingwait: 0.04 },
    { service: 'z', ...common },
  ])
})

it('a service says what of its events is worth a line', () => {
  const added = { type: 'tally/added', count: 7 } as LoggedEvent
  expect(logEntry(added, 'info')).toEqual({ level: 'info', text: 'counted to 7' })
  expect(logEntry(added, 'warn')).toBeUndefined()
  expect(logEntry({ type: 'tally/heard' }, 'debug')).toBeUndefined()
  expect(logEntry({ type: 'nobody/knows' }, 'debug')).toBeUndefined()
})

it('keys of two services lie apart in one store, and those of the first where they always did', () => {
  const store = new MemoryStore()
  const put = (part: Store, key: string, byte: number) =>
    part.commit([{ put: key, value: Uint8Array.of(byte) }])
  const [first, second, third] = ['', 'service/a/', 'service/b/'].map(keys => partOf(store, keys))
  if (!first || !second || !third) throw new Error('three parts')
  put(first, 'tip', 1)
  put(second, 'tip', 2)
  put(third, 'tip', 3)
  expect([first, second, third].map(part => part.get('tip')?.[0])).toEqual([1, 2, 3])
  expect([...second.scan('')].map(([key]) => key)).toEqual(['tip'])
  second.commit([{ del: 'tip' }])
  expect([first, second, third].map(part => part.get('tip')?.[0])).toEqual([1, undefined, 3])
  expect([...store.scan('')].map(([key]) => key)).toEqual(['service/b/tip', 'tip'])
})

describe('a node without a ledger', () => {
  function world(link: LinkConditions = PERFECT_LINK) {
    const clock = new VirtualClock(NOW_MS)
    const random = createRandom('services')
    const network = new VirtualNetwork({ clock, random, conditionsOf: () => link })
    const begin = (address: Address, config: Partial<TallyConfig> = {}, wrap = (it: Service) => it) => {
      const around = { version: 'test', random, address: () => address, machine: { secp: () => secp } }
      const services = { tally: { listen: ANYWHERE, connect: [], ...config } }
      const [composed] = compose(services, around)
      if (!composed) throw new Error('one service')
      const service = wrap(composed.service)
      const events: AnyEvent[] = []
      const onEvent = (event: AnyEvent) => events.push(event)
      const host = new VirtualHost({ address, clock, network, random, store: new MemoryStore(), onEvent })
      host.run(service.start(host), frame => service.bytesOf?.(frame) ?? frame.length)
      return { service, events, add: () => service.rpc.tallyadd?.handle([], () => {}) }
    }
    const advance = (ms: number) => clock.runUntil(clock.now() + ms)
    return { begin, advance }
  }

  it('talks to its like over its own port', () => {
    const { begin, advance } = world()
    const a = begin(A)
    const b = begin(B, { connect: [A] })
    advance(100)
    a.add()
    a.add()
    b.add()
    advance(100)
    expect(a.service.status()).toMatchObject({ count: 2, peers: 1, heard: { [B]: 1 } })
    expect(b.service.status()).toMatchObject({ count: 1, peers: 1, heard: { [A]: 2 } })
    b.service.pad(A, { frames: 3, bytes: 100 })
    advance(100)
    expect(b.service.status()).toMatchObject({ pongs: 1 })
  })

  it('has links charge for its frames what it says', () => {
    /** 100 kbit/s: 1,250 bytes take 100 ms. */
    const timeOf = (frameBytes?: number) => {
      const { begin, advance } = world({ ...PERFECT_LINK, bandwidthBps: 100_000 })
      const a = begin(A, frameBytes === undefined ? {} : { frameBytes })
      const b = begin(B, { connect: [A] })
      advance(10_000)
      a.add()
      let ms = 0
      for (; b.events.every(event => (event as { count?: number }).count !== 1); ms++) advance(1)
      return ms
    }
    expect(timeOf()).toBeLessThan(5)
    expect(timeOf(1_250)).toBe(100)
  })

  it('may have an adversary around its service, which knows nothing of it', () => {
    const { begin, advance } = world()
    const silent = (host: ServiceHost): ServiceHost => {
      const { clock, random, store, connections } = host
      // It says hello and one count, and then no more.
      let left = 2
      const send = (...[peer, frame]: Parameters<typeof connections.send>) => {
        if (left-- > 0) connections.send(peer, frame)
      }
      const mute = {
        dial: (to: Address) => connections.dial(to),
        send,
        pad: () => {},
        close: (peer: number) => connections.close(peer),
        identify: () => {},
        backlogBytes: () => 0,
      }
      return { clock, random, store, connections: mute, emit: event => host.emit(event) }
    }
    const a = begin(A, { frameBytes: 77 }, service => new BadCompany(service, silent))
    const b = begin(B, { connect: [A] })
    advance(100)
    a.add()
    b.add()
    advance(100)
    expect(a.service).toMatchObject({ name: 'tally', bodies: ['body/'] })
    expect(a.service.bytesOf?.(new Uint8Array(3))).toBe(77)
    expect(a.service.status()).toMatchObject({ count: 1, heard: { [B]: 1 } })
    expect(b.service.status()).toMatchObject({ heard: { [A]: 0 } })
    expect(a.service.readMetrics()).toMatchObject([{ name: 'netsplit_tally_count', value: 1 }])
    a.service.stop()
    advance(100)
    expect(b.service.status()).toMatchObject({ peers: 0 })
  })
})
