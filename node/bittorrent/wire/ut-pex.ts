// Messages about other peers (BEP 11).

import { ProtocolError } from '../../errors.ts'
import { decodeBencode, encodeBencode, isDictionary } from '../bencode.ts'

export interface PexPeer {
  readonly address: string
  readonly seed: boolean
  readonly reachable: boolean
}

export function encodePex({ added, dropped }: { readonly added: readonly PexPeer[]; readonly dropped: readonly string[] }): Uint8Array {
  const v4 = added.filter(({ address }) => /^\d+\.\d+\.\d+\.\d+:/.test(address))
  return encodeBencode({
    added: compact(v4.map(({ address }) => address)),
    'added.f': Uint8Array.from(v4, ({ seed, reachable }) => (seed ? 2 : 0) | (reachable ? 0x10 : 0)),
    dropped: compact(dropped.filter(address => /^\d+\.\d+\.\d+\.\d+:/.test(address))),
  })
}

export function decodePex(payload: Uint8Array): { readonly added: readonly PexPeer[]; readonly dropped: readonly string[] } {
  const said = decodeBencode(payload)
  if (!isDictionary(said)) throw new ProtocolError('malformed', 'ut_pex')
  const flags = said['added.f']
  const added = expand(said.added).map((address, at) => {
    const flag = flags instanceof Uint8Array ? (flags[at] ?? 0) : 0
    return { address, seed: (flag & 2) !== 0, reachable: (flag & 0x10) !== 0 }
  })
  return { added, dropped: expand(said.dropped) }
}

function compact(addresses: readonly string[]): Uint8Array {
  const bytes = new Uint8Array(6 * addresses.length)
  addresses.forEach((address, at) => {
    const [host = '', port = ''] = address.split(':')
    bytes.set(host.split('.').map(Number), 6 * at)
    bytes[6 * at + 4] = Number(port) >> 8
    bytes[6 * at + 5] = Number(port) & 255
  })
  return bytes
}

function expand(bytes: unknown): string[] {
  if (!(bytes instanceof Uint8Array)) return []
  const addresses: string[] = []
  for (let at = 0; at + 6 <= bytes.length; at += 6)
    addresses.push(`${bytes.subarray(at, at + 4).join('.')}:${((bytes[at + 4] as number) << 8) | (bytes[at + 5] as number)}`)
  return addresses
}
