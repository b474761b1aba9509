// One HTTP request as a tracker is asked: GET without a body, in at most a few kilobytes. Read as it comes, piece by piece; what is
// not to the letter of RFC 9112 is refused.

/** A request line holds a query of some hundred bytes, a scrape of many hashes some thousand. */
const MAX_LINE_BYTES = 8_192
const MAX_HEAD_BYTES = 16_384
const MAX_FIELDS = 64

export interface Request {
  /** Before the question mark, and behind it, as they came. */
  readonly path: string
  readonly query: string
}

/** Why it is not answered, as HTTP says it. */
export interface Refused {
  readonly status: 400 | 405 | 414 | 431 | 505
}

export class RequestReader {
  #head = ''

  /** Undefined: more is to come. What follows a whole request is not looked at: each has a connection of its own. */
  push(bytes: Uint8Array): Request | Refused | undefined {
    // All of it is ASCII, and what is not is refused by the patterns; so each byte may be a character.
    const before = Math.max(0, this.#head.length - 3)
    this.#head += latin1(bytes.subarray(0, MAX_HEAD_BYTES + 4 - this.#head.length))
    const end = this.#head.indexOf('\r\n\r\n', before)
    const lineEnd = this.#head.indexOf('\r\n')
    if ((lineEnd < 0 ? this.#head.length : lineEnd) > MAX_LINE_BYTES) return { status: 414 }
    if (end < 0) return this.#head.length > MAX_HEAD_BYTES ? { status: 431 } : undefined
    return requestOf(this.#head.slice(0, end))
  }
}

function requestOf(head: string): Request | Refused {
  const [line = '', ...fields] = head.split('\r\n')
  const [, method, target = '', version] =
    /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP\/(\d\.\d)$/.exec(line) ?? []
  if (method === undefined) return { status: 400 }
  if (version !== '1.0' && version !== '1.1') return { status: 505 }
  if (fields.length > MAX_FIELDS) return { status: 431 }
  const problem = problemOf(fields, version)
  if (problem) return problem
  if (method !== 'GET') return { status: 405 }
  const [, path, query = ''] =
    /^(\/[\x21-\x22\x24-\x3e\x40-\x7e]*)(?:\?([\x21-\x22\x24-\x7e]*))?$/.exec(target) ?? []
  return path === undefined ? { status: 400 } : { path, query }
}

/** A body would be read as the next request by whoever stands between. */
function problemOf(fields: readonly string[], version: string): Refused | undefined {
  let hosts = 0
  for (const field of fields) {
    const [, name = '', value = ''] =
      /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/.exec(field) ?? []
    const known = name.toLowerCase()
    if (known === '' || known === 'transfer-encoding') return { status: 400 }
    if (known === 'content-length' && !/^0+[ \t]*$/.test(value)) return { status: 400 }
    if (known === 'host') hosts++
  }
  return hosts > 1 || (version === '1.1' && hosts === 0) ? { status: 400 } : undefined
}

function latin1(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 4_096)
    text += String.fromCharCode(...bytes.subarray(at, at + 4_096))
  return text
}
