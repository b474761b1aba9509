// Ids of a Kademlia network (Maymounkov and Mazières, 2002): bytes of one length, and how far they are from each other, by XOR.

import type { Random } from '../core/host.ts'

/** Negative: `a` is nearer to the target; 0: they are one. */
export function compareDistance(target: Uint8Array, a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < target.length; i++) {
    const byte = target[i] as number
    const difference = ((a[i] as number) ^ byte) - ((b[i] as number) ^ byte)
    if (difference !== 0) return difference
  }
  return 0
}

/** How many bits they have in common from the first on. */
export function commonBits(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) {
    const differ = (a[i] as number) ^ (b[i] as number)
    if (differ !== 0) return 8 * i + Math.clz32(differ) - 24
  }
  return 8 * a.length
}

/** An id that has just so many bits in common with this one. */
export function idBeside(id: Uint8Array, bits: number, random: Random): Uint8Array {
  const made = random.bytes(id.length)
  const byte = bits >> 3
  made.set(id.subarray(0, byte))
  const own = id[byte] as number
  const kept = (0xff00 >> (bits & 7)) & 0xff
  const flipped = 0x80 >> (bits & 7)
  made[byte] = (own & kept) | (~own & flipped) | ((made[byte] as number) & ~kept & ~flipped)
  return made
}
