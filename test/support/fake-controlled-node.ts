// A node behind the control address that does nothing but note what it was asked, and a client that asks it.

import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { LinkPadding, LinkTable, MachineConditions, NodeHealth } from '../../node/api.ts'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { EventLog } from '../../node/host/events.ts'
import type { ControlledNode } from '../../node/host/http.ts'
import { TOKEN } from './node-config.ts'

export const TABLE: LinkTable = { default: PERFECT_LINK, peers: {} }

export class FakeNode implements ControlledNode {
  readonly events = new EventLog(100, () => 0)
  status: NodeHealth['status'] = 'running'
  links = TABLE
  calls: string[] = []
  health() {
    return { status: this.status, name: 'fake' } as NodeHealth
  }
  async rpc(body: string, wallet?: string) {
    this.calls.push(wallet === undefined ? body : `${wallet}: ${body}`)
    if (body === 'bug') throw new Error('a bug')
    return { status: 404, body: '{"answer":1}\n' } as const
  }
  async rest(path: string, query: URLSearchParams) {
    this.calls.push(`rest ${path} ${query}`)
    return { status: 200, type: 'application/octet-stream', body: Uint8Array.of(1, 2) } as const
  }
  async metrics() {
    return { contentType: 'text/plain; version=0.0.4', text: 'up 1\n' }
  }
  setLinks(links: LinkTable) {
    this.links = links
  }
  pad(load: LinkPadding) {
    this.calls.push(`pad ${JSON.stringify(load)}`)
  }
  reset(peers: readonly string[]) {
    this.calls.push(`reset ${peers}`)
  }
  machine() {
    return { clockSkewMs: 5, diskFull: false, timeMs: 1, cpuMs: 2 }
  }
  setMachine(conditions: MachineConditions) {
    this.calls.push(`machine ${JSON.stringify(conditions)}`)
  }
  stop(why: string) {
    this.calls.push(`stop ${why}`)
  }
}

export interface Ask {
  readonly token?: string | undefined
  readonly body?: string
  readonly headers?: Record<string, string>
}

export async function askControl(
  url: string,
  method: string,
  path: string,
  { token = TOKEN, body, headers = {} }: Ask = {},
) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest(`${url}${path}`, {
      method,
      agent: false,
      headers: { authorization: `Bearer ${token}`, ...headers },
    })
    request.on('response', resolve).on('error', reject).end(body)
  })
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode, headers: response.headers, text }
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}
