// The least time to bring a content to all, by figures worked out by hand.

import { describe, expect, test } from 'vitest'
import { boundSeconds } from '../../orchestrator/systems/bittorrent/bound.ts'

const line = () => ({ upBps: 4e6, downBps: 20e6 })
const seven = Array.from({ length: 7 }, (_, i) => `peers-${i + 1}`)

describe('24 MB from one seed of 4 Mbit', () => {
  const of = { bytes: 24e6, seeds: ['seeds-1'], wanting: seven }

  test('takes 192 Mbit / 4 Mbit/s, though peers come one after the other: the first has it of the seed alone', () => {
    expect(boundSeconds({ ...of, apart: true }, line)).toBeCloseTo(48, 9)
    expect(boundSeconds({ ...of, apart: false }, line)).toBeCloseTo(48, 9)
  })

  test('of four seeds: the lines of all are narrower, 7 × 192 / (16 + 28)', () => {
    const seeds = ['seeds-1', 'seeds-2', 'seeds-3', 'seeds-4']
    expect(boundSeconds({ ...of, seeds, apart: false }, line)).toBeCloseTo(1344 / 44, 9)
    expect(boundSeconds({ ...of, seeds, apart: true }, line)).toBeCloseTo(12, 9)
  })
})
