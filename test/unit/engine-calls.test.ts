// An engine that hangs, that stops, that is not there: whoever calls it is told which, and waits for nobody for ever.

import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { Server as Listener } from 'node:net'
import { join } from 'node:path'
import Docker from 'dockerode'
import { expect, onTestFinished, test } from 'vitest'
import { nameHost } from '../../orchestrator/runtime/docker/client.ts'
import { takesCalls } from '../../orchestrator/runtime/docker/engine-alive.ts'
import { withPatience } from '../../orchestrator/runtime/docker/engine-calls.ts'
import { RuntimeError } from '../../orchestrator/runtime/runtime.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { until } from '../support/until.ts'

const PATIENT_MS = 60_000

async function engineThat(
  answers: RequestListener,
  callMs = PATIENT_MS,
): Promise<{ docker: Docker; server: Server }> {
  const socketPath = join(temporaryDirectory(), 'engine.sock')
  const server = createServer(answers)
  await new Promise<void>(resolve => server.listen(socketPath, resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { docker: withPatience(new Docker({ socketPath }), () => callMs), server }
}

const failure = (asked: Promise<unknown>) =>
  asked.then(
    () => undefined,
    (error: unknown) => error as RuntimeError,
  )

test('a call that hangs is given up, by name, and its connection is closed', async () => {
  const { docker, server } = await engineThat(() => {}, 50)
  const connections = () =>
    new Promise<number>(resolve => server.getConnections((_, count) => resolve(count)))
  const error = await failure(docker.getContainer('ab'.repeat(32)).pause())
  expect(error).toBeInstanceOf(RuntimeError)
  expect(error?.message).toBe(
    'the container engine did not answer POST /containers/abababababab/pause for 50 ms',
  )
  expect(error?.hint).toContain('docker ps')
  await until('it is closed', async () => (await connections()) === 0)
})

test('what takes long by its nature is waited for', async () => {
  const late: RequestListener = (_, response) => setTimeout(() => response.end('{"StatusCode":0}'), 150)
  const { docker } = await engineThat(late, 50)
  expect(await docker.getContainer('x').wait()).toEqual({ StatusCode: 0 })
  await docker.getContainer('x').stop({ t: 60 })
  // Of a large one an engine gathers all before it says a word.
  const image = await docker.getImage('some/where:1.0').get()
  image.resume()
  await once(image, 'end')
})

test('an engine that is not there is said to be, whoever calls; what it refuses are its own words', async () => {
  const nowhere = withPatience(new Docker({ socketPath: join(temporaryDirectory(), 'none.sock') }))
  const gone = await failure(nowhere.info())
  expect(gone?.message).toMatch(/^the container engine does not answer \(connect ENOENT/)
  const { docker } = await engineThat((_, response) =>
    response.writeHead(404).end('{"message":"no such thing"}'),
  )
  expect(await failure(docker.getContainer('x').inspect())).toMatchObject({ statusCode: 404 })
})

test('one that closed its door takes no calls, though it still serves the connections that it has', async () => {
  const { docker, server } = await engineThat((_, response) => response.end('OK'))
  expect(await takesCalls(docker)).toBe(true)
  await docker.info()
  Listener.prototype.close.call(server) // which leaves open what is open, as an engine does
  const again = new Docker({ socketPath: (docker.modem as unknown as { socketPath: string }).socketPath })
  expect(await takesCalls(again)).toBe(false)
})

test('so it is of an engine that is one of several', async () => {
  const { docker, server } = await engineThat((_, response) => response.end('OK'))
  nameHost(docker, 'east')
  await docker.info()
  Listener.prototype.close.call(server)
  expect(await docker.ping()).toBeTruthy() // over the connection that is open
  expect(await takesCalls(docker)).toBe(false)
})

test('any answer shows that an engine lives', async () => {
  const { docker } = await engineThat((_, response) => response.writeHead(503).end('{}'))
  expect(await takesCalls(docker)).toBe(true)
})
