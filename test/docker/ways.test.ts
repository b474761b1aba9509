// The ways to an engine of another machine: over TLS and over SSH, with a real server of each before a real engine; and engines
// that do not do as they should.

import { execFileSync } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import { expect, test } from 'vitest'
import { socketPath } from '../../orchestrator/runtime/docker/discover.ts'
import { connectEngine, connectHost } from '../../orchestrator/runtime/docker/engine.ts'
import { certificates, engineOverSsh, engineOverTls, hasSshServer } from '../support/engine-ways.ts'
import { engineBehind } from '../support/several-hosts.ts'
import { until } from '../support/until.ts'

const engineSocket = async () => socketPath((await connectEngine()).place.address)

test('an engine over TLS wants our certificate, and we want its', async () => {
  const ours = certificates()
  const engine = await engineOverTls(await engineSocket(), ours)
  const { facts, docker } = await connectHost({ name: 'a', engine, tls: ours.tls })
  expect(facts).toEqual((await connectEngine()).facts)
  expect(await docker.listImages()).toEqual(expect.any(Array))

  // Of another authority: neither believes the other.
  await expect(connectHost({ name: 'a', engine, tls: certificates().tls })).rejects.toMatchObject({
    code: 'no-engine',
    message: expect.stringMatching(/^a: tcp:\/\/127\.0\.0\.1:\d+: cannot be reached: .*certificate/),
  })
  await expect(connectHost({ name: 'b', engine: 'tcp://192.0.2.1:2376' })).rejects.toThrow(/^b: .* TLS only/)
})

test.skipIf(!hasSshServer())(
  'an engine over SSH: one connection for all, made anew when it breaks, and nothing asked',
  async () => {
    const { engine, port } = await engineOverSsh(await engineSocket())
    const { docker, facts } = await connectHost({ name: 'a', engine })
    expect(facts).toEqual((await connectEngine()).facts)
    // As many streams at once as a server grants no sessions.
    const end = new AbortController()
    setMaxListeners(0, end.signal)
    const streams = await Promise.all(
      Array.from({ length: 24 }, () => docker.getEvents({ abortSignal: end.signal })),
    )
    for (const stream of streams) stream.on('error', () => {})
    expect((await docker.ping()).toString()).toBe('OK')
    end.abort()

    const carriers = sessionsOf(port)
    expect(carriers).toHaveLength(1)
    for (const pid of carriers) process.kill(pid)
    await until('it is there again', () => docker.ping().catch(() => undefined))

    const wrong = await connectHost({
      name: 'b',
      engine: `ssh://nobody-of-this-name@127.0.0.1:${port}`,
    }).catch(error => error)
    expect(wrong).toMatchObject({
      code: 'no-engine',
      message: expect.stringMatching(/^b: ssh:.*Permission denied/),
    })
  },
)

/** Processes of ours that carry something there. */
function sessionsOf(port: number): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n')
  return lines.flatMap(line => {
    const [, pid, program, args = ''] = /^\s*(\d+) (\S+) (.*)$/.exec(line) ?? []
    return program?.endsWith('ssh') && args.includes(`-p ${port}`) ? [Number(pid)] : []
  })
}

test('an engine of another version, and one that is too old', async () => {
  const { place } = await connectEngine()
  const as = (ApiVersion: string) =>
    engineBehind(place, (pass, { url }, response) => {
      if (!url?.endsWith('/version')) return pass()
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ Version: '29.0.0-rc.1+azure', ApiVersion, Components: [] }))
    })
  const { facts } = await connectHost({ name: 'a', engine: await as('1.52') })
  expect(facts).toMatchObject({ version: '29.0.0-rc.1+azure', apiVersion: '1.52', twoNetworks: true })
  await expect(connectHost({ name: 'a', engine: await as('1.39') })).rejects.toThrow(/^a: .* is too old: 29/)
})

test('an engine that takes the question and says nothing is told by its name, and one that answers later is waited for', async () => {
  const { place } = await connectEngine()
  const mute = await engineBehind(place, () => {})
  await expect(connectHost({ name: 'b', engine: mute })).rejects.toMatchObject({
    code: 'no-engine',
    message: `b: ${mute}: does not answer within 10 s`,
  })
  const slow = await engineBehind(place, pass => void setTimeout(pass, 1_500))
  const { docker } = await connectHost({ name: 'c', engine: slow })
  await expect(docker.getContainer('nobody').inspect()).rejects.toMatchObject({
    statusCode: 404,
    message: expect.stringMatching(/^c: No such container/),
  })
})
