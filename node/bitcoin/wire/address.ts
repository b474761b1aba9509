// Addresses between text (`10.0.0.1:8333`, `[2001:db8::1]:8333`) and the 16 bytes and port of the wire.
// One address has one text (RFC 5952 for IPv6), so that texts can be map keys.

/** An IPv6 address, or an IPv4 one as `::ffff:a.b.c.d`, and a port. */
export interface Endpoint {
  /** 16 bytes. */
  readonly ip: Uint8Array
  readonly port: number
}

/** Says that no address is known. */
export const NO_ENDPOINT: Endpoint = { ip: new Uint8Array(16), port: 0 }

const IPV4_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

/** `host:port` as text → bytes; undefined if it is none. Names are not resolved. */
export function parseAddress(text: string): Endpoint | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([0-9.]{7,15})):(\d{1,5})$/.exec(text)
  if (!match) return undefined
  const [, ipv6, ipv4, portText] = match
  const port = Number(portText)
  const ip = ipv6 !== undefined ? parseIpv6(ipv6) : mapIpv4(parseIpv4(ipv4 ?? ''))
  return ip && port <= 0xffff ? { ip, port } : undefined
}

/** Bytes → the one text of this address. */
export function formatAddress({ ip, port }: Endpoint): string {
  return isIpv4(ip) ? `${ip.subarray(12).join('.')}:${port}` : `[${formatIpv6(ip)}]:${port}`
}

/** The text in its canonical form; undefined if it is no address. */
export function canonicalAddress(text: string): string | undefined {
  const endpoint = parseAddress(text)
  return endpoint && formatAddress(endpoint)
}

/**
 * As an operator may write it: the port may be missing, and parts of an IPv4 address as `inet_aton` lets them (`127.1` is
 * 127.0.0.1). The canonical text; undefined if it is no address.
 */
export function addressAsTyped(text: string, usualPort: number): string | undefined {
  const [, short, port = `${usualPort}`] = /^([0-9.]+)(?::(\d{1,5}))?$/.exec(text) ?? []
  if (short === undefined)
    return canonicalAddress(text) ?? canonicalAddress(`[${text.replace(/^\[|\]$/g, '')}]:${usualPort}`)
  const parts = short.split('.')
  const last = Number(parts.pop())
  const room = 256 ** (4 - parts.length)
  if (parts.length > 3 || last >= room || /(^|\.)(\.|$)/.test(short)) return undefined
  const bytes = Array.from(
    { length: 4 - parts.length },
    (_, i) => Math.floor(last / 256 ** (3 - parts.length - i)) % 256,
  )
  return canonicalAddress(`${[...parts, ...bytes].join('.')}:${port}`)
}

/** `host:port` → `host`, brackets kept. */
export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'))
}

export function isIpv4(ip: Uint8Array): boolean {
  return IPV4_PREFIX.every((byte, i) => ip[i] === byte)
}

/** `0.0.0.0` or `::`. */
export function isUnspecified(ip: Uint8Array): boolean {
  return (isIpv4(ip) ? ip.subarray(12) : ip).every(byte => byte === 0)
}

/** Four bytes → `::ffff:a.b.c.d`. */
export function mapIpv4(ipv4: Uint8Array | undefined): Uint8Array | undefined {
  return ipv4 && Uint8Array.of(...IPV4_PREFIX, ...ipv4)
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255))
    return undefined
  return Uint8Array.from(parts, Number)
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half, i) => ipv6Words(half, i === halves.length - 1))
  if (!head || (halves.length === 2 && !tail)) return undefined
  const missing = 8 - head.length - (tail?.length ?? 0)
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const words = [...head, ...new Array<number>(missing).fill(0), ...(tail ?? [])]
  return Uint8Array.from(words.flatMap(word => [word >> 8, word & 0xff]))
}

/** 16-bit words of one side of `::`; the last of the address may be a dotted IPv4 address, which makes two. */
function ipv6Words(text: string, atEnd: boolean): number[] | undefined {
  if (text === '') return []
  const words: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    const dotted = atEnd && i === parts.length - 1 && part.includes('.') ? parseIpv4(part) : undefined
    if (dotted) {
      const [a = 0, b = 0, c = 0, d = 0] = dotted
      words.push((a << 8) | b, (c << 8) | d)
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) words.push(Number.parseInt(part, 16))
    else return undefined
  }
  return words
}

/** RFC 5952: lower case, no leading zeros, `::` for the first longest run of at least two zero words. */
function formatIpv6(ip: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => ((ip[2 * i] ?? 0) << 8) | (ip[2 * i + 1] ?? 0))
  let best = { from: 0, length: 1 }
  for (let from = 0; from < 8; from++) {
    let length = 0
    while (words[from + length] === 0) length++
    if (length > best.length) best = { from, length }
  }
  const text = (part: number[]) => part.map(word => word.toString(16)).join(':')
  if (best.length < 2) return text(words)
  return `${text(words.slice(0, best.from))}::${text(words.slice(best.from + best.length))}`
}
