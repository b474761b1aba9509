// Small draws that every generator of specs makes.

import type { Random } from '../spec/random.ts'

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.int(from.length)] as T
}

export function chance(random: Random, probability: number): boolean {
  return random.float() < probability
}

/** A duration as specs write it. */
export const ms = (value: number) => `${value}ms`
