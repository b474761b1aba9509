// Engines of another machine, as far as their clients can tell: before an engine's socket a real server of TLS, or of SSH.

import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { onTestFinished } from 'vitest'
import { temporaryDirectory } from './node-config.ts'
import { until } from './until.ts'

const SSHD = '/usr/sbin/sshd'

/** Where there is none, that is said; under CI it is a failure. */
export function hasSshServer(): boolean {
  const has = existsSync(SSHD)
  if (!has) console.warn('SKIPPED: no sshd on this machine, an engine over SSH is not tried')
  return has
}

/** An authority, and a certificate of it for the server and for the client. */
export function certificates() {
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

/** The address of a real server of TLS before the engine at this socket. */
export async function engineOverTls(
  path: string,
  { file }: ReturnType<typeof certificates>,
): Promise<string> {
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

/** The address of a real server of SSH before the engine at this socket. Whoever asks it is let in without a word. */
export async function engineOverSsh(
  path: string,
): Promise<{ readonly engine: string; readonly port: number }> {
  const port = await sshServer()
  return { engine: `ssh://${userInfo().username}@127.0.0.1:${port}${path}`, port }
}

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
