// Who may look and who may command. Both keys derive from the controller's token and open nothing but what they are for,
// so the token itself never enters a browser.
//
// The looking key stands in the address and becomes a cookie. The commanding key stands in the address's fragment, which
// browsers send to nobody; the page keeps it for its tab and sends it as a bearer with each order.

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** 128 bits: out of reach for guessing, short enough for an address that a terminal shows whole. */
const KEY_DIGITS = 32

const derive = (token: string, what: string) =>
  createHmac('sha256', token).update(`netsplit web ${what}`).digest('hex').slice(0, KEY_DIGITS)

export const lookingKey = (token: string) => derive(token, 'page')
/** Of a cookie that a page with the commanding key gets: it has a place of its own among the readers. */
export const ownerKey = (token: string) => derive(token, 'owner')
const commandingKey = (token: string) => derive(token, 'commands')

/** What to open in a browser to look at the network of a controller at `url` with this token. */
export function pageAddress(url: string, token: string): string {
  return `${url}/?key=${lookingKey(token)}`
}

/** The same, and its holder may give orders. */
export function commandAddress(url: string, token: string): string {
  return `${pageAddress(url, token)}#command=${commandingKey(token)}`
}

/** Does the request carry the commanding key, from our own page? Orders must say where they come from. */
export function mayCommand(request: IncomingMessage, token: string): boolean {
  const { method, headers } = request
  if (!isOurs(request) || (method !== 'GET' && headers.origin === undefined)) return false
  return same(headers.authorization ?? '', `Bearer ${commandingKey(token)}`)
}

/** Asked by a loopback name and not from another origin: a web site cannot point its own name here (DNS rebinding). */
export function isOurs({ headers, socket }: IncomingMessage): boolean {
  const hosts = [`127.0.0.1:${socket.localPort}`, `localhost:${socket.localPort}`]
  if (!hosts.includes(headers.host ?? '')) return false
  return headers.origin === undefined || headers.origin === `http://${headers.host}`
}

/** In a time that does not tell where they differ. */
export function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
