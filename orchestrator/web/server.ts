// The web page's server part: a handler for node:http that the controller puts before its API. It serves the page, its
// files and its live stream, and nothing that changes the network.
//
// Who may look: whoever has the page's key. The key derives from the controller's token and opens nothing but this page,
// so it may stand in an address. The first request trades it for a cookie, and the address is clean again.

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Assets, loadAssets } from './assets.ts'
import { PageStream, type Watched } from './stream.ts'

export interface WebHandler {
  /** True when the request was for the page (and is answered or will be); false when it is somebody else's. */
  handle(request: IncomingMessage, response: ServerResponse): boolean
  /** Ends open streams, so that the server can close. */
  close(): void
}

export interface WebOptions {
  /** The page's files; from the built package when absent. */
  readonly assets?: Assets
}

export function createWebHandler(testnet: Watched, token: string, options: WebOptions = {}): WebHandler {
  const stream = new PageStream(testnet)
  const key = pageKey(token)
  const serve = (request: IncomingMessage, response: ServerResponse, path: string, url: URL) => {
    for (const [name, value] of HEADERS) response.setHeader(name, value)
    if (!isOurs(request)) return refuse(response, 403, 'this page answers to 127.0.0.1 and localhost only')
    if (request.method !== 'GET') return refuse(response, 405, 'this page can only be read')
    const given = url.searchParams.get('key')
    if (path === '/' && given !== null && same(given, key)) return letIn(request, response, key)
    if (!same(cookieOf(request) ?? '', key))
      return refuse(response, 401, 'open the address that netsplit printed: it carries the key of this page')
    if (path === STREAM) return openStream(stream, request, response)
    return sendAsset(response, path, options.assets ?? loadAssets())
  }
  return {
    handle(request, response) {
      const url = URL.canParse(request.url ?? '', LOCAL) ? new URL(request.url ?? '', LOCAL) : undefined
      if (!url || !PATHS.has(url.pathname)) return false
      serve(request, response, url.pathname, url)
      return true
    },
    close: () => stream.close(),
  }
}

/** What to open in a browser, for a controller at `url` with this token. */
export function pageAddress(url: string, token: string): string {
  return `${url}/?key=${pageKey(token)}`
}

function pageKey(token: string): string {
  return createHmac('sha256', token).update('netsplit web page').digest('hex').slice(0, KEY_DIGITS)
}

/** 128 bits: out of reach for guessing, short enough for an address that a terminal shows whole. */
const KEY_DIGITS = 32

const LOCAL = 'http://127.0.0.1'
const STREAM = '/web/stream'
const FILES: { readonly [path: string]: readonly [file: keyof Assets, type: string] } = {
  '/': ['page', 'text/html; charset=utf-8'],
  '/web/app.js': ['script', 'text/javascript; charset=utf-8'],
  '/web/style.css': ['style', 'text/css; charset=utf-8'],
}
const PATHS: ReadonlySet<string> = new Set([...Object.keys(FILES), STREAM])

/** Nothing from elsewhere, nothing inline, in nobody's frame. */
const HEADERS = Object.entries({
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
})

/** Asked by a loopback name and not from another origin: a web site cannot point its own name here (DNS rebinding). */
function isOurs({ headers, socket }: IncomingMessage): boolean {
  const hosts = [`127.0.0.1:${socket.localPort}`, `localhost:${socket.localPort}`]
  if (!hosts.includes(headers.host ?? '')) return false
  return headers.origin === undefined || headers.origin === `http://${headers.host}`
}

/** Cookies know no ports, so the name does. */
const cookieName = (request: IncomingMessage) => `netsplit-${request.socket.localPort}`

function cookieOf(request: IncomingMessage): string | undefined {
  const prefix = `${cookieName(request)}=`
  const cookies = (request.headers.cookie ?? '').split('; ')
  return cookies.find(cookie => cookie.startsWith(prefix))?.slice(prefix.length)
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function letIn(request: IncomingMessage, response: ServerResponse, key: string): void {
  response.setHeader('set-cookie', `${cookieName(request)}=${key}; Path=/; HttpOnly; SameSite=Strict`)
  response.writeHead(303, { location: '/' }).end()
}

function openStream(stream: PageStream, request: IncomingMessage, response: ServerResponse): void {
  const last = request.headers['last-event-id']
  response.setHeader('content-type', 'text/event-stream; charset=utf-8')
  if (!stream.open(response, typeof last === 'string' ? last : undefined))
    refuse(response, 503, 'too many pages are open')
}

function sendAsset(response: ServerResponse, path: string, assets: Assets | undefined): void {
  if (!assets) {
    refuse(response, 503, 'this page is not built: npm run build')
    return
  }
  const [file, type] = FILES[path] ?? ['page', 'text/html; charset=utf-8']
  response.writeHead(200, { 'content-type': type }).end(assets[file])
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${message}\n`)
}
