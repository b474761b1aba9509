// What is told of a node's services but Bitcoin's, which has always been told of by what it has: where they listen, and how they stand.

import { type Addresses, firstAddress } from '../runtime/runtime.ts'
import { seenOf } from '../runtime/service-parts.ts'

const BITCOIN = 'bitcoin'

/** Where a node that has several listens for each. */
export function portsTold(addresses: Addresses): { readonly ports?: Addresses } {
  const own = firstAddress(addresses)
  const others = Object.entries(addresses).filter(([, address]) => address !== own)
  return others.length === 0 ? {} : { ports: Object.fromEntries(others) }
}

/** Connections of those that say how many they have: Bitcoin's are counted by its events. */
export function connectionsTold(said: { readonly [service: string]: object | undefined }): number {
  return Object.entries(said).reduce((sum, [name, status]) => {
    const { connections } = (status ?? {}) as { readonly connections?: unknown }
    return name === BITCOIN || typeof connections !== 'number' ? sum : sum + connections
  }, 0)
}

/** What they say in /health, as far as their systems look at it. */
export function servicesTold(said: { readonly [service: string]: object | undefined }): {
  readonly services?: { readonly [service: string]: object }
} {
  const told = Object.entries(said).flatMap(([name, status]) =>
    name === BITCOIN || !status ? [] : [[name, seenOf(name, status)] as const],
  )
  return told.length === 0 ? {} : { services: Object.fromEntries(told) }
}
