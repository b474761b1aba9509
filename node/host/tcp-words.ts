// TCP in the words of the core: addresses as one text each, errors as the reason why a connection ended.

import type { Address } from '../core/host.ts'

/** IPv6 stands in brackets; an IPv4 address mapped into IPv6 is shown as what it is. */
export function joinAddress(host: string, port: number): Address {
  const plain = host.replace(/^::ffff:(?=\d+\.)/i, '')
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`
}

export function splitAddress(address: Address): { host: string; port: number } {
  const colon = address.lastIndexOf(':')
  return { host: bare(address.slice(0, colon)), port: Number(address.slice(colon + 1)) }
}

/** Without the brackets of IPv6. */
export function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}

const WORDS: { readonly [code: string]: string } = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset by peer',
  EPIPE: 'closed by peer',
  ETIMEDOUT: 'timeout',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'unknown host name',
  EAI_AGAIN: 'unknown host name',
  EADDRNOTAVAIL: 'no free local port',
  EMFILE: 'too many open files',
}

export function wordsFor(error: NodeJS.ErrnoException): string {
  return WORDS[error.code ?? ''] ?? error.message
}
