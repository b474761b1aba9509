// A recorded run as the page's subject: its last state, and every time before. Nothing in it changes any more.

import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { EXIT, UserError } from '../errors.ts'
import type { NetworkState } from '../observe/state.ts'
import type { Plan } from '../spec/types.ts'
import { Past } from './past.ts'
import type { WebOptions } from './server.ts'
import { createWebHandler } from './server.ts'
import type { Watched } from './stream.ts'

export interface Record extends Watched {
  readonly plan: Plan
  readonly past: Past
}

/** Reads a run directory. UserError (exit 2) when it is none. */
export async function readRecord(directory: string): Promise<Record> {
  const file = (name: string) => join(directory, name)
  try {
    const plan = JSON.parse(await readFile(file('plan.json'), 'utf8')) as Plan
    const past = new Past({ plan, file: file('events.ndjson') })
    const last = await past.at(Number.POSITIVE_INFINITY)
    // A run whose controller was killed never said that it ended.
    const state: NetworkState = { ...last, phase: 'stopped' }
    return { plan, past, state: () => state, subscribe: () => () => {} }
  } catch (error) {
    const hint = 'it has plan.json and events.ndjson; netsplit up says where it records'
    throw new UserError(EXIT.usage, `${directory} is not a run directory: ${(error as Error).message}`, hint)
  }
}

export interface Served {
  readonly url: string
  close(): void
}

/** Serves the page of a record on a free port of loopback to whoever has the key of this token. */
export async function serveRecord(record: Record, token: string, options: WebOptions = {}): Promise<Served> {
  const web = createWebHandler(record, token, { ...options, past: record.past })
  const server: Server = createServer((request, response) => {
    if (!web.handle(request, response)) response.writeHead(404).end('there is nothing here\n')
  })
  await new Promise<void>(resolve => server.listen({ host: '127.0.0.1', port: 0 }, resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      web.close()
      server.close()
      server.closeAllConnections()
    },
  }
}
