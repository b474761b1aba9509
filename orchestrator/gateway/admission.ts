// Who may ask the gateway, and for whom: the controller for every node, whoever reads metrics for those, and programs that know
// a node's own password for that node.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { GatewayConfig, GatewayTable } from './api.ts'

/** Who asks, by what the request says of that (RFC 9110, 11.6.2). */
export type Asker =
  | { readonly who: 'controller' | 'metrics' }
  /** Of a program that knows host and port only, the user names the node. */
  | { readonly who: 'program'; readonly node: string; readonly authorization: string }
  | { readonly who: 'nobody'; readonly why: string }

const NOBODY: Asker = {
  who: 'nobody',
  why: "the network's token is wanted, or a node's name as the user and its own token as the password",
}

export class Admission {
  readonly #controller: Buffer
  readonly #metrics: Buffer

  constructor({ token, metricsToken }: Pick<GatewayConfig, 'token' | 'metricsToken'>) {
    this.#controller = digest(`Bearer ${token}`)
    this.#metrics = digest(`Bearer ${metricsToken}`)
  }

  of(authorization: string, nodes: GatewayTable): Asker {
    if (/^basic /i.test(authorization)) return program(authorization.slice('basic '.length).trim(), nodes)
    const given = digest(authorization)
    // Both, so that the time taken tells nothing.
    const [controller, metrics] = [this.#controller, this.#metrics].map(one => timingSafeEqual(given, one))
    if (controller) return { who: 'controller' }
    return metrics ? { who: 'metrics' } : NOBODY
  }
}

/** `<node>` with the node's token, or `<node>/<user>` with whatever password the node has for that user: it looks itself. */
function program(encoded: string, nodes: GatewayTable): Asker {
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  const [node = '', ...rest] = text.slice(0, Math.max(0, colon)).split('/')
  const found = Object.hasOwn(nodes, node) ? nodes[node] : undefined
  if (!found) return node === '' ? NOBODY : { who: 'nobody', why: `no node is named ${node}` }
  const password = text.slice(colon + 1)
  if (rest.length > 0) return { who: 'program', node, authorization: basic(rest.join('/'), password) }
  if (timingSafeEqual(digest(password), digest(found.token)))
    return { who: 'program', node, authorization: bearer(found.token) }
  return { who: 'nobody', why: `that is not the password of ${node}` }
}

export function bearer(token: string): string {
  return `Bearer ${token}`
}

/** RFC 7617. */
function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/** Digests have one length, so comparing them takes one time. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
