// Tokens of a DHT node: who wants to announce a peer shows the one that it was given at its own host not long ago, so that nobody can
// announce another (BEP 5). Nothing is kept for them: each is a hash of a secret and the host.

import type { Random } from '../../core/host.ts'
import { hasher } from '../../hash.ts'

/** The secret changes so often; the last one still counts. */
const TURN_MS = 300_000
const TOKEN_BYTES = 8

export class Tokens {
  readonly #random: Random
  #secret: Uint8Array
  #last: Uint8Array
  #turnedMs: number

  constructor(random: Random, nowMs: number) {
    this.#random = random
    this.#secret = random.bytes(16)
    this.#last = this.#secret
    this.#turnedMs = nowMs
  }

  for(address: string, nowMs: number): Uint8Array {
    this.#turn(nowMs)
    return tokenOf(this.#secret, address)
  }

  isGood(token: Uint8Array, address: string, nowMs: number): boolean {
    this.#turn(nowMs)
    return [this.#secret, this.#last].some(secret => isSame(tokenOf(secret, address), token))
  }

  #turn(nowMs: number): void {
    const turns = Math.floor((nowMs - this.#turnedMs) / TURN_MS)
    if (turns < 1) return
    const next = this.#random.bytes(16)
    this.#last = turns === 1 ? this.#secret : next
    this.#secret = next
    this.#turnedMs += turns * TURN_MS
  }
}

function tokenOf(secret: Uint8Array, address: string): Uint8Array {
  const host = new TextEncoder().encode(address.slice(0, address.lastIndexOf(':')))
  const both = new Uint8Array(secret.length + host.length)
  both.set(secret)
  both.set(host, secret.length)
  return hasher.sha256(both).slice(0, TOKEN_BYTES)
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
