// The client of one engine, whatever way leads there: a socket of this machine, TCP with TLS or SSH. What several hosts are asked
// says which of them answered wrongly, and nobody waits for ever for one that took the question and hangs.

import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import Docker from 'dockerode'
import type { HostTls } from '../../spec/types.ts'
import { isLocal, isSocket, socketPath } from './discover.ts'
import { sshWay } from './ssh-way.ts'

/** More than an engine takes for anything that it answers at once, on a busy machine; streams have as long as they want. */
const ANSWER_MS = 120_000
/** Answered when something happens, which may be never. */
const LATER = /^\/containers\/[^/]+\/wait\b/

export interface ClientWish {
  readonly address: string
  /** What errors begin with; absent: one engine needs no name. */
  readonly host?: string | undefined
  readonly tls?: HostTls | undefined
}

/** Rejects when no way leads there. */
export async function engineClient(wish: ClientWish): Promise<Docker> {
  const docker = new Docker({ ...NOTHING_ELSE, ...(await wayTo(wish)) } as Docker.DockerOptions)
  watchAnswers(docker, wish.host)
  return docker
}

/** The library would take from the environment what it is not told: of another engine, that. */
const NOTHING_ELSE = {
  ...{ host: undefined, port: undefined, socketPath: undefined, protocol: 'http' },
  ...{ ca: undefined, cert: undefined, key: undefined, timeout: undefined },
}

async function wayTo({ address, tls }: ClientWish): Promise<Docker.DockerOptions> {
  if (isSocket(address)) return { socketPath: socketPath(address) }
  if (address.startsWith('ssh://')) return { socketPath: (await sshWay(address)).socketPath }
  const { hostname: host, port, protocol } = new URL(address)
  const files = tls ?? tlsOfDocker()
  if (files && protocol !== 'http:')
    return { protocol: 'https', host, port: port || '2376', ...readFiles(files) }
  if (isLocal(address)) return { protocol: 'http', host, port: port || '2375' }
  throw new Error(
    'is spoken to over TLS only: say with tls (ca, cert, key) or DOCKER_CERT_PATH where the files are',
  )
}

/** Where Docker's own client has them. */
function tlsOfDocker(): HostTls | undefined {
  const { DOCKER_CERT_PATH, DOCKER_TLS_VERIFY } = process.env
  const folder = DOCKER_CERT_PATH || (DOCKER_TLS_VERIFY ? join(homedir(), '.docker') : undefined)
  if (folder === undefined || !existsSync(folder)) return undefined
  return { ca: join(folder, 'ca.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
}

function readFiles({ ca, cert, key }: HostTls) {
  return { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) }
}

interface Dial {
  readonly path: string
  readonly isStream?: boolean
  readonly hijack?: boolean
  abortSignal?: AbortSignal | undefined
}
type Answered = (error: EngineRefusal | null, ...rest: unknown[]) => void
interface EngineRefusal extends Error {
  json?: { message?: string } | null
}

function watchAnswers(docker: Docker, host: string | undefined): void {
  const modem = docker.modem as unknown as { dial: (options: Dial, answered: Answered) => void }
  const dial = modem.dial.bind(modem)
  modem.dial = (options, answered) => {
    const asked = performance.now()
    const late =
      options.isStream || options.hijack || LATER.test(options.path)
        ? undefined
        : AbortSignal.timeout(ANSWER_MS)
    if (late) options.abortSignal = options.abortSignal ? AbortSignal.any([options.abortSignal, late]) : late
    dial(options, (error, ...rest) => {
      if (error && late?.aborted && performance.now() - asked >= ANSWER_MS)
        error.message = `the engine did not answer within ${ANSWER_MS / 1000} s`
      if (error && host !== undefined) nameHost(error, host)
      answered(error, ...rest)
    })
  }
}

function nameHost(error: EngineRefusal, host: string): void {
  error.message = `${host}: ${error.message.replace(/^\(HTTP code \d+\) [\w ]* - /, '')}`
  if (error.json?.message) error.json.message = `${host}: ${error.json.message}`
}
