// Published test vectors. They are other people's data and no part of this project: whoever has them says where
// (NETSPLIT_VECTORS=<folder>, with Core's JSON files in its `bitcoin`).

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The files that are read. */
export const VECTOR_FILES = [
  'script_tests.json',
  'sighash.json',
  'bip341_wallet_vectors.json',
  'key_io_valid.json',
  'key_io_invalid.json',
  'blockfilters.json',
] as const
export type VectorFile = (typeof VECTOR_FILES)[number]

/** One thing that a vector says; `failure`: what we say instead. */
export interface Case {
  readonly name: string
  readonly failure: string | undefined
}

/** Where they are; undefined where nobody has said so. A folder that was named and lacks one is a mistake. */
export function vectorFolder(): string | undefined {
  const named = process.env.NETSPLIT_VECTORS
  if (!named) return undefined
  const folder = join(named, 'bitcoin')
  const missing = VECTOR_FILES.filter(file => !existsSync(join(folder, file)))
  if (missing.length > 0) throw new Error(`NETSPLIT_VECTORS=${named} has no ${missing.join(', ')}`)
  return folder
}

export function readVectors<T>(folder: string, file: VectorFile): T {
  return JSON.parse(readFileSync(join(folder, file), 'utf8'))
}
