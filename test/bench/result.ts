// The form of every benchmark's outcome, and what they all need.

import { cpus } from 'node:os'

export interface BenchResult {
  readonly bench: string
  /** What it ran on. */
  readonly machine?: string
  readonly rows: readonly { readonly subject: string; readonly value: number; readonly unit: string }[]
  /** Side by side with a peer or a bare cost: `up/spawn`, `ours/theirs`. */
  readonly ratios: { readonly [name: string]: number }
}

/** What a bench runs on; `more`: what else its figures depend on. */
export function machine(...more: readonly string[]): string {
  const { node, v8 } = process.versions
  return [cpus()[0]?.model.trim(), `Node ${node}`, `V8 ${v8}`, ...more].join(', ')
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}
