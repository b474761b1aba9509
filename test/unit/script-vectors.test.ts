// Core's and BIP341's published vectors, every case with the exact outcome. Where they are not, the suite says so.

import { expect, it } from 'vitest'
import { CONFORMANCE } from '../support/conformance.ts'
import { vectorFolder } from '../support/vectors.ts'

const folder = vectorFolder()

/** How many cases there are, at least: a reader that skips rows would pass all that it finds. */
const LEAST: { readonly [ratio: string]: number } = {
  'script-tests': 1_201,
  sighash: 500,
  bip341: 23,
  'key-io': 12,
}

if (folder === undefined) {
  console.warn('NOT RUN: Core’s published vectors. NETSPLIT_VECTORS=<folder> says where they are.')
  it.todo('published vectors: NETSPLIT_VECTORS does not say where they are')
} else
  it.each(Object.entries(CONFORMANCE))('published vectors, %s: every case', (ratio, cases) => {
    const all = cases(folder)
    expect(all.length).toBeGreaterThanOrEqual(LEAST[ratio] as number)
    expect(all.filter(each => each.failure !== undefined)).toEqual([])
  })
