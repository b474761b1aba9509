// A gateway before an engine that is none: what it is told of its nodes, by a controller that learns of them while it tells; and when
// it is started anew.

import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import type Docker from 'dockerode'
import { expect, onTestFinished, test } from 'vitest'
import { ID_HEADER, ROUTE } from '../../orchestrator/gateway/api.ts'
import { Pace } from '../../orchestrator/network/pace.ts'
import type { ContainerLife } from '../../orchestrator/runtime/docker/container.ts'
import { Gateway } from '../../orchestrator/runtime/docker/gateway.ts'
import { GATEWAY_PORT } from '../../orchestrator/runtime/docker/gateway-spec.ts'
import { gatewayId } from '../../orchestrator/runtime/docker/tokens.ts'
import { until } from '../support/until.ts'

const TOKEN = 'secret'

/** `tables`: those that have come, each with its answer; `made`: its lives so far. */
async function gatewayThat(
  tables: { names: string[]; answer: ServerResponse }[],
  { ping = async () => 'OK', made = [] }: { ping?: () => Promise<unknown>; made?: ContainerLife[] } = {},
): Promise<Gateway> {
  const server = createServer((request, response) => {
    if (request.url === ROUTE.asks) return response.flushHeaders()
    if (request.method !== 'PUT') return response.writeHead(401, { [ID_HEADER]: gatewayId(TOKEN) }).end()
    let body = ''
    request.on('data', part => {
      body += part
    })
    request.on('end', () => tables.push({ names: Object.keys(JSON.parse(body)), answer: response }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const HostPort = `${(server.address() as AddressInfo).port}`
  const container = () => {
    const said = new PassThrough()
    return {
      attach: async () => said,
      start: async () => said.write('{"ready":true}\n'),
      kill: async () => {},
      remove: async () => {},
      inspect: async () => ({ NetworkSettings: { Ports: { [`${GATEWAY_PORT}/tcp`]: [{ HostPort }] } } }),
      end: () => said.end(),
    }
  }
  const docker = {
    createContainer: async () => container(),
    ping: () => ping(),
    modem: { demuxStream: (from: PassThrough, output: PassThrough) => void from.pipe(output) },
  } as unknown as Docker
  const subnet = { base: 0x0a000000, size: 1024 }
  const network = { name: 'network', id: 'network', subnet }
  const gateway = new Gateway({
    ...{
      docker,
      token: TOKEN,
      heartbeatTimeoutMs: 0,
      pace: new Pace(2, 2),
      logFile: '/dev/null',
      image: 'x',
    },
    ...{ identity: { network: 'n', run: 'r', data: 'r', owner: 'me' }, bothNetworks: true },
    networks: { control: network, data: network, front: network },
    watch: life => {
      made.push(life)
      onTestFinished(() => life.onRemoved())
    },
    onNote: () => {},
  })
  onTestFinished(() => {
    gateway.letGo()
    server.close()
    server.closeAllConnections()
  })
  gateway.start()
  return gateway
}

test('a table is told once the one before has been taken, so that none takes the place of a later one', async () => {
  const tables: { names: string[]; answer: ServerResponse }[] = []
  const gateway = await gatewayThat(tables)
  const node = { host: '10.0.0.2', port: 1, token: 'own' }
  gateway.know('a', node)
  const first = gateway.ready()
  await until('the first is under way', () => tables.length === 1)
  gateway.know('b', node)
  let isReady = false
  const second = gateway.ready().then(() => {
    isReady = true
  })
  for (let i = 0; i < 50; i++) await new Promise(resolve => setImmediate(resolve))
  expect(tables.map(({ names }) => names)).toEqual([['a']])
  tables[0]?.answer.writeHead(204).end()
  await first
  expect(isReady).toBe(false)
  await until('the next is under way', () => tables.length === 2)
  expect(tables[1]?.names).toEqual(['a', 'b'])
  tables[1]?.answer.writeHead(204).end()
  await second
})

test('with an engine that stops it ends, and is not started anew before that takes calls again', async () => {
  const made: ContainerLife[] = []
  let [there, asked] = [true, 0]
  const ping = async () => {
    asked++
    if (!there) throw new Error('connect ECONNREFUSED')
    return 'OK'
  }
  const tables: { names: string[]; answer: ServerResponse }[] = []
  const gateway = await gatewayThat(tables, { ping, made })
  const ready = gateway.ready()
  await until('it is told of its nodes', () => tables.length === 1)
  tables[0]?.answer.writeHead(204).end()
  await ready
  there = false
  const life = made[0] as ContainerLife
  life.onKilled()
  life.onDied(0)
  ;(life.container as unknown as { end(): void }).end()
  expect((await life.died).cause).toBe('engine')
  life.onRemoved()
  // Asked of its end, and then before a start; an answer is known for a moment.
  await until('it is asked whether the engine is there', () => asked >= 3)
  expect(made).toHaveLength(1)
  there = true
  await until('it is started anew', () => made.length === 2)
})
