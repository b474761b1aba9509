// Who may ask: whoever has the cookie, the user and password of the configuration, or one of its `rpcauth` lines.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { COOKIE_USER } from '../../../node/host/cookie.ts'
import { type Settings, SettingsError } from './settings.ts'

const NO_SERVER = 'Unable to start HTTP server. See debug log for details.'
/** Of the cookie file. */
const MODES: Readonly<Record<string, number>> & { readonly owner: number } = {
  owner: 0o600,
  group: 0o640,
  all: 0o644,
}

export class Credentials {
  /** The password that goes with the cookie's user. */
  readonly token = randomBytes(32).toString('hex')
  readonly #user: string | undefined
  readonly #password: string
  readonly #auths: readonly { readonly user: string; readonly salt: string; readonly digest: Buffer }[]
  /** What a user may call; who is not in it may call all, or nothing. */
  readonly #allowed: ReadonlyMap<string, ReadonlySet<string>>
  readonly #othersMay: boolean
  readonly #mode: number
  #file: string | undefined

  constructor(settings: Settings) {
    this.#allowed = allowed(settings.texts('rpcwhitelist'))
    this.#othersMay = !settings.flag('rpcwhitelistdefault', this.#allowed.size > 0)
    this.#mode = MODES[settings.text('rpccookieperms') ?? 'owner'] ?? MODES.owner
    this.#password = settings.text('rpcpassword') ?? ''
    this.#user = this.#password === '' ? undefined : (settings.text('rpcuser') ?? '')
    this.#auths = settings.texts('rpcauth').filter(Boolean).map(readAuth)
  }

  /** Core writes none where there is a password. */
  get hasCookie(): boolean {
    return this.#user === undefined
  }

  /** Whether this `authorization` is one of those that the configuration knows. */
  admits(authorization: string): boolean {
    if (!authorization.startsWith('Basic ')) return false
    const { user, password } = read(authorization)
    if (this.#user === user && this.#password === password) return true
    return this.#auths.some(auth => {
      const digest = createHmac('sha256', auth.salt).update(password).digest()
      return auth.user === user && timingSafeEqual(digest, auth.digest)
    })
  }

  /** Whether this body calls only what its sender may call. */
  mayCall(authorization: string, body: string): boolean {
    if (this.#allowed.size === 0 && this.#othersMay) return true
    const { user } = read(authorization)
    const methods = methodsIn(body)
    const own = this.#allowed.get(user)
    return own ? methods.every(method => own.has(method)) : this.#othersMay
  }

  writeCookie(folder: string): void {
    if (!this.hasCookie) return
    mkdirSync(folder, { recursive: true })
    const file = join(folder, '.cookie')
    try {
      writeFileSync(`${file}.tmp`, `${COOKIE_USER}:${this.token}`)
      chmodSync(`${file}.tmp`, this.#mode)
      renameSync(`${file}.tmp`, file)
    } catch {
      throw new SettingsError(NO_SERVER)
    }
    this.#file = file
  }

  removeCookie(): void {
    if (this.#file !== undefined) rmSync(this.#file, { force: true })
  }
}

function read(authorization: string): { readonly user: string; readonly password: string } {
  const text = Buffer.from(authorization.slice('Basic '.length), 'base64').toString('utf8')
  const user = text.slice(0, text.indexOf(':'))
  return { user, password: text.slice(user.length + 1) }
}

/** `user:method,method`; of several lines for one user what all of them allow. */
function allowed(lines: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const all = new Map<string, ReadonlySet<string>>()
  for (const line of lines) {
    const [user = '', list = ''] = line.split(/:(.*)/)
    const methods = new Set(list.split(/[, ]+/).filter(Boolean))
    const before = all.get(user)
    all.set(user, before ? new Set([...methods].filter(method => before.has(method))) : methods)
  }
  return all
}

function methodsIn(body: string): string[] {
  try {
    const message: unknown = JSON.parse(body)
    return (Array.isArray(message) ? message : [message]).map(each => String(each?.method))
  } catch {
    return []
  }
}

/** `user:salt$digest`. */
function readAuth(line: string) {
  const [, user, salt, digest] = /^([^:$]+):([^:$]+)\$([0-9a-f]{64})$/.exec(line) ?? []
  if (user === undefined || salt === undefined || digest === undefined) throw new SettingsError(NO_SERVER)
  return { user, salt, digest: Buffer.from(digest, 'hex') }
}
