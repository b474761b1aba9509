// The query of a URL, whose values are bytes: hashes come as they are, each byte that is no letter behind a per cent sign.

/** Nobody asks for so much. */
const MAX_FIELDS = 256

/** Values by name, in their order; undefined: this is no query. */
export type Query = ReadonlyMap<string, readonly Uint8Array[]>

export function parseQuery(text: string): Query | undefined {
  const query = new Map<string, Uint8Array[]>()
  if (text === '') return query
  const fields = text.split('&')
  if (fields.length > MAX_FIELDS) return undefined
  for (const field of fields) {
    if (field === '') continue
    const equals = field.indexOf('=')
    const name = textOf(unescaped(equals < 0 ? field : field.slice(0, equals)))
    const value = unescaped(equals < 0 ? '' : field.slice(equals + 1))
    if (name === undefined || !value) return undefined
    const values = query.get(name)
    if (values) values.push(value)
    else query.set(name, [value])
  }
  return query
}

/** The first value of this name, as text; undefined: there is none, or it is not ASCII. */
export function textIn(query: Query, name: string): string | undefined {
  return textOf(query.get(name)?.[0])
}

/** A whole number that is not negative; undefined: there is none of that name; NaN: it is something else. */
export function numberIn(query: Query, name: string): number | undefined {
  if (!query.has(name)) return undefined
  const text = textIn(query, name) ?? ''
  return /^\d{1,20}$/.test(text) ? Number(text) : Number.NaN
}

/**
 * Undefined: a per cent sign without its two digits. A plus is a space, as forms write it: whoever escapes as RFC 3986 has it
 * escaped the byte 0x2b too, and whoever does not means a space.
 */
function unescaped(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length)
  let length = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string
    if (character === '%') {
      const hex = text.slice(at + 1, at + 3)
      if (!/^[0-9A-Fa-f]{2}$/.test(hex)) return undefined
      bytes[length++] = Number.parseInt(hex, 16)
      at += 2
    } else bytes[length++] = character === '+' ? 0x20 : character.charCodeAt(0)
  }
  return bytes.slice(0, length)
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  if (!bytes?.every(byte => byte >= 0x20 && byte < 0x7f)) return undefined
  return String.fromCharCode(...bytes)
}
