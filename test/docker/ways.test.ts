// The ways to an engine of another machine: over TLS and over SSH, with a real server of each before a real engine; and engines
// that do not do as they should.

import { execFileSync, spawn } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { socketPath } from '../../orchestrator/runtime/docker/discover.ts'
import { connectEngine, connectHost } from '../../orchestrator/runtime/docker/engine.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { engineBehind } from '../support/several-hosts.ts'
import { until } from '../support/until.ts'

const SSHD = '/usr/sbin/sshd'
const hasServer = existsSync(SSHD)
if (!hasServer) console.warn('SKIPPED: no sshd on this machine, an engine over SSH is not tried')

const engineSocket = async () => socketPath((await connectEngine()).place.address)

/** An authority, and a certificate of it for the server and for the client. */
function certificates() {
  const folder = temporaryDirectory()
  const file = (name: string) => join(folder, name)
  const openssl = (...words: string[]) => execFileSync('openssl', words, { stdio: 'pipe' })
  const key = (name: string) => [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    file(name),
  ]
  openssl(
    'req',
    '-x509',
    ...key('ca-key.pem'),
    '-subj',
    '/CN=authority',
    '-days',
    '2',
    '-out',
    file('ca.pem'),
  )
  writeFileSync(file('names'), 'subjectAltName=IP:127.0.0.1\n')
  for (const name of ['server', 'client']) {
    openssl('req', ...key(`${name}-key.pem`), '-subj', `/CN=${name}`, '-out', file(`${name}.csr`))
    const by = ['-CA', file('ca.pem'), '-CAkey', file('ca-key.pem'), '-CAcreateserial', '-days', '2']
    openssl(
      'x509',
      '-req',
      '-in',
      file(`${name}.csr`),
      ...by,
      '-extfile',
      file('names'),
      '-out',
      file(`${name}.pem`),
    )
  }
  return { folder, file, tls: { ca: file('ca.pem'), cert: file('client.pem'), key: file('client-key.pem') } }
}

async function overTls({ file }: ReturnType<typeof certificates>): Promise<string> {
  const path = await engineSocket()
  const server = createTlsServer(
    {
      ...{ key: readFileSync(file('server-key.pem')), cert: readFileSync(file('server.pem')) },
      ...{ ca: readFileSync(file('ca.pem')), requestCert: true, rejectUnauthorized: true },
    },
    near => {
      const far = connect(path)
      near.on('error', () => far.destroy()).pipe(far)
      far.on('error', () => near.destroy()).pipe(near)
    },
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('an engine over TLS wants our certificate, and we want its', async () => {
  const ours = certificates()
  const engine = await overTls(ours)
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

/** A real server with keys of its own on the port that is answered, and an `ssh` that knows them. */
async function sshServer(): Promise<number> {
  const folder = temporaryDirectory()
  const file = (name: string) => join(folder, name)
  for (const name of ['host', 'user'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(name)])
  const port = await freePort()
  writeFileSync(file('known'), `[127.0.0.1]:${port} ${readFileSync(file('host.pub'), 'utf8')}`)
  // Where it shuts itself in when it is root.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true })
  const options = {
    ...{ ListenAddress: `127.0.0.1:${port}`, HostKey: file('host'), AuthorizedKeysFile: file('user.pub') },
    ...{ StrictModes: 'no', UsePAM: 'no', PidFile: file('pid'), PermitRootLogin: 'prohibit-password' },
  }
  const words = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  const server = spawn(SSHD, ['-D', '-q', '-f', '/dev/null', ...words], { stdio: 'ignore' })
  onTestFinished(() => void server.kill())
  const mine = { IdentityFile: file('user'), UserKnownHostsFile: file('known') }
  const own = Object.entries(mine).map(([name, value]) => `-o ${name}=${value}`)
  const real = execFileSync('sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).trim()
  writeFileSync(file('ssh'), `#!/bin/sh\nexec ${real} -F /dev/null ${own.join(' ')} "$@"\n`)
  chmodSync(file('ssh'), 0o755)
  const path = process.env.PATH
  process.env.PATH = `${folder}:${path}`
  onTestFinished(() => {
    process.env.PATH = path
  })
  await until('the server listens', () => reaches(port))
  return port
}

async function freePort(): Promise<number> {
  const server = createTcpServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

function reaches(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

test.skipIf(!hasServer)(
  'an engine over SSH: one connection for all, made anew when it breaks, and nothing asked',
  async () => {
    const port = await sshServer()
    const engine = `ssh://${userInfo().username}@127.0.0.1:${port}${await engineSocket()}`
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
