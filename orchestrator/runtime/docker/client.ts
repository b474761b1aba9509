// The client of one engine, whatever way leads there: a socket of this machine, TCP with TLS or SSH. Where there are several hosts,
// errors say which of them it was.

import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import Docker from 'dockerode'
import { tlsIn } from '../../spec/host-tls.ts'
import type { HostTls } from '../../spec/types.ts'
import { isLocal, isSocket, socketPath } from './discover.ts'
import { sshWay } from './ssh-way.ts'

export interface ClientWish {
  readonly address: string
  readonly tls?: HostTls | undefined
}

/** Rejects when no way leads there. */
export async function engineClient(wish: ClientWish): Promise<Docker> {
  return new Docker({ ...NOTHING_ELSE, ...(await wayTo(wish)) } as Docker.DockerOptions)
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
  return tlsIn(folder)
}

function readFiles({ ca, cert, key }: HostTls) {
  return { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) }
}

/** What an error says, without the name of its host: who names that in a sentence of his own says it once. */
export function unnamed(message: string, host: string): string {
  return ` ${message}`.replace(` ${host}: `, ' ').slice(1)
}

type Answered = (error: EngineRefusal | null, ...rest: unknown[]) => void
interface EngineRefusal extends Error {
  json?: { message?: string } | null
}

/** From now on its errors begin with the name of its host. */
export function nameHost(docker: Docker, host: string): Docker {
  const modem = docker.modem as unknown as { dial(options: unknown, answered: Answered): void }
  const { dial } = modem
  // Of whoever calls: one that differs in its connections alone (engine-alive.ts) dials by these.
  modem.dial = function (options, answered) {
    dial.call(this, options, (error, ...rest) => {
      if (error) prefix(error, host)
      answered(error, ...rest)
    })
  }
  return docker
}

function prefix(error: EngineRefusal, host: string): void {
  error.message = `${host}: ${error.message.replace(/^\(HTTP code \d+\) [\w ]* - /, '')}`
  if (error.json?.message) error.json.message = `${host}: ${error.json.message}`
}
