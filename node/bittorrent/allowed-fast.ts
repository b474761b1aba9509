// Pieces that a peer may ask for while it is choked (BEP 6).

import type { Digests } from './storage.ts'

export function allowedFast(
  address: string,
  infoHash: Uint8Array,
  pieces: number,
  count: number,
  digests: Digests | undefined,
): number[] {
  const host = /^(\d+)\.(\d+)\.(\d+)\.\d+:/.exec(address)
  if (!host || !digests || pieces === 0) return []
  const seed = new Uint8Array(24)
  seed.set([Number(host[1]), Number(host[2]), Number(host[3]), 0])
  seed.set(infoHash.subarray(0, 20), 4)
  const allowed = new Set<number>()
  let x = digests.sha1(seed)
  while (allowed.size < Math.min(count, pieces)) {
    const view = new DataView(x.buffer, x.byteOffset, x.length)
    for (let at = 0; at < 5 && allowed.size < Math.min(count, pieces); at++)
      allowed.add(view.getUint32(4 * at) % pieces)
    x = digests.sha1(x)
  }
  return [...allowed]
}
