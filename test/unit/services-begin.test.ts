// A service that finds its part of the store damaged: the whole store is set aside and all services begin anew, and nothing is
// left of what those had begun that stood before it.

import { connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { DamagedStore } from '../../node/errors.ts'
import { LocalNode } from '../../node/host/node.ts'
import { fixedPeers, nodeConfig, temporaryDirectory } from '../support/node-config.ts'
import { until } from '../support/until.ts'

vi.mock('../../node/services.ts', async original => {
  const own = await original<typeof import('../../node/services.ts')>()
  const { tally } = await import('../support/tally/service.ts')
  let starts = 0
  const make: typeof tally.make = (config, around) => {
    const service = tally.make(config, around)
    const begin = service.start.bind(service)
    const start: typeof begin = host => {
      starts++
      if (starts === 1) throw new DamagedStore('a count that is none')
      return begin(host)
    }
    return Object.assign(service, { name: 'fickle', start })
  }
  return { SERVICES: [...own.SERVICES, { ...tally, name: 'fickle', make }] }
})

test('all begin anew, and nobody is dialled by those who were before', async () => {
  const open = new Set<Socket>()
  const server = createServer(socket => {
    open.add(socket)
    socket.on('error', () => {}).once('close', () => open.delete(socket))
    socket.resume()
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await until('it listens', () => server.listening)
  const { port } = server.address() as { port: number }
  const config = nodeConfig(temporaryDirectory(), {
    peers: fixedPeers([`127.0.0.1:${port}`]),
  })
  const fickle = { listen: { host: '127.0.0.1', port: 0 }, connect: [] }
  let ended: number | undefined
  const node = new LocalNode(
    { ...config, services: { ...config.services, fickle } },
    {
      version: 'test',
      token: 'a-token-for-tests-only',
      onStopped: code => {
        ended = code
      },
    },
  )
  const { ports } = await node.start()
  expect(Object.keys(ports)).toEqual(['bitcoin', 'fickle'])
  expect(node.health().services).toMatchObject({ bitcoin: { ledger: { height: 0 } } })
  await until('the dial', () => open.size > 0)
  // Whatever was dialled before has arrived by the time that a later connection has.
  const last = connect({ host: '127.0.0.1', port })
  await until('the last', () => [...open].some(({ remotePort }) => remotePort === last.localPort))
  expect(open.size).toBe(2)
  last.destroy()
  node.stop('the test is over')
  expect(await until('its end', () => (ended === undefined ? undefined : { code: ended }))).toEqual({
    code: 0,
  })
  for (const socket of open) socket.destroy()
})
