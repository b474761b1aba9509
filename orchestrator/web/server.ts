// The web page's server part: a handler for node:http that the controller puts before its API. It serves the page, its
// files, its live stream and the run's past, and nothing that changes the network: orders go to the API (keys.ts).

import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Assets, loadAssets } from './assets.ts'
import { isOurs, lookingKey, mayCommand, ownerKey, same } from './keys.ts'
import { pageOf } from './page.ts'
import type { Past } from './past.ts'
import { edgesOf, PageStream, type Watched } from './stream.ts'

export interface WebHandler {
  /** True when the request was for the page (and is answered or will be); false when it is somebody else's. */
  handle(request: IncomingMessage, response: ServerResponse): boolean
  /** Does the request come from a page whose reader may give orders? */
  mayCommand(request: IncomingMessage): boolean
  /** Ends open streams, so that the server can close. */
  close(): void
}

export interface WebOptions {
  /** The page's files; from the built package when absent. */
  readonly assets?: Assets
  /** The run's record, where there is one. */
  readonly past?: Past
}

export function createWebHandler(testnet: Watched, token: string, options: WebOptions = {}): WebHandler {
  const stream = new PageStream(testnet)
  const key = lookingKey(token)
  const owner = ownerKey(token)
  const serve = (request: IncomingMessage, response: ServerResponse, path: string, url: URL) => {
    for (const [name, value] of HEADERS) response.setHeader(name, value)
    if (!isOurs(request)) return refuse(response, 403, 'this page answers to 127.0.0.1 and localhost only')
    if (request.method !== 'GET') return refuse(response, 405, 'this page can only be read')
    const given = url.searchParams.get('key')
    if (path === '/' && given !== null && same(given, key)) return letIn(request, response, key)
    if (!same(cookieOf(request) ?? '', key))
      return refuse(
        response,
        401,
        'open the address that netsplit dash prints: it carries the key of this page',
      )
    if (path === OWNER && mayCommand(request, token)) return giveOwner(request, response, owner)
    if (path === OWNER) return refuse(response, 403, 'this page may only look')
    if (path === STREAM)
      return openStream(stream, request, response, same(cookieOf(request, OWNER_SUFFIX) ?? '', owner))
    if (path === PAST) return void sendPast(response, testnet, options.past, url.searchParams.get('ms'))
    return sendAsset(response, path, options.assets ?? loadAssets())
  }
  return {
    handle(request, response) {
      const url = URL.canParse(request.url ?? '', LOCAL) ? new URL(request.url ?? '', LOCAL) : undefined
      if (!url || !PATHS.has(url.pathname)) return false
      serve(request, response, url.pathname, url)
      return true
    },
    mayCommand: request => mayCommand(request, token),
    close: () => stream.close(),
  }
}

const LOCAL = 'http://127.0.0.1'
const STREAM = '/web/stream'
const PAST = '/web/past'
/** Where a page that may give orders says so, before it opens its stream: an EventSource can send nothing but cookies. */
const OWNER = '/web/owner'
const OWNER_SUFFIX = '-owner'
const FILES: { readonly [path: string]: readonly [file: keyof Assets, type: string] } = {
  '/': ['page', 'text/html; charset=utf-8'],
  '/web/app.js': ['script', 'text/javascript; charset=utf-8'],
  '/web/style.css': ['style', 'text/css; charset=utf-8'],
}
const PATHS: ReadonlySet<string> = new Set([...Object.keys(FILES), STREAM, PAST, OWNER])

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

const COOKIE = 'Path=/; HttpOnly; SameSite=Strict'

/** Cookies know no ports, so the name does. */
const cookieName = (request: IncomingMessage) => `netsplit-${request.socket.localPort}`

function cookieOf(request: IncomingMessage, suffix = ''): string | undefined {
  const prefix = `${cookieName(request)}${suffix}=`
  const cookies = (request.headers.cookie ?? '').split('; ')
  return cookies.find(cookie => cookie.startsWith(prefix))?.slice(prefix.length)
}

function letIn(request: IncomingMessage, response: ServerResponse, key: string): void {
  response.setHeader('set-cookie', `${cookieName(request)}=${key}; ${COOKIE}`)
  response.writeHead(303, { location: '/' }).end()
}

function giveOwner(request: IncomingMessage, response: ServerResponse, key: string): void {
  response.setHeader('set-cookie', `${cookieName(request)}${OWNER_SUFFIX}=${key}; ${COOKIE}`)
  response.writeHead(204).end()
}

function openStream(
  stream: PageStream,
  request: IncomingMessage,
  response: ServerResponse,
  isOwner: boolean,
): void {
  const last = request.headers['last-event-id']
  response.setHeader('content-type', 'text/event-stream; charset=utf-8')
  if (!stream.open(response, typeof last === 'string' ? last : undefined, isOwner))
    refuse(response, 503, 'too many pages are open')
}

/** The page as it was at a time. */
async function sendPast(
  response: ServerResponse,
  testnet: Watched,
  past: Past | undefined,
  ms: string | null,
): Promise<void> {
  if (!past) return refuse(response, 404, 'this run is not recorded')
  if (!/^\d{1,15}(\.\d{1,6})?$/.test(ms ?? '')) return refuse(response, 400, 'ms is a time since the epoch')
  try {
    const page = pageOf(await past.at(Number(ms)), edgesOf(testnet.plan))
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(page))
  } catch (error) {
    refuse(response, 500, `the record cannot be read: ${(error as Error).message}`)
  }
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
