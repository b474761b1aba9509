import { describe, expect, test } from 'vitest'
import { createRandom, xoshiro128pp } from '../../node/core/random.ts'

test('the generator is xoshiro128++, by its authors’ own numbers', () => {
  const next = xoshiro128pp([1, 2, 3, 4])
  expect(Array.from({ length: 10 }, next)).toEqual([
    641, 1573767, 3222811527, 3517856514, 836907274, 4247214768, 3867114732, 1355841295, 495546011, 621204420,
  ])
})

describe('a seeded generator', () => {
  const draws = (seed: string | Uint8Array) => {
    const random = createRandom(seed)
    return [random.float(), random.int(1000), random.u64(), ...random.bytes(5)]
  }

  test('draws the same for the same seed and other numbers for another', () => {
    expect(draws('a')).toEqual(draws('a'))
    expect(draws('a')).toEqual(draws(new TextEncoder().encode('a')))
    expect(draws('a')).not.toEqual(draws('b'))
  })

  test('forks without drawing, and each label has numbers of its own', () => {
    const plain = createRandom('seed')
    const forked = createRandom('seed')
    const left = forked.fork('left').float()
    const right = forked.fork('right').float()
    expect(forked.float()).toBe(plain.float())
    expect(left).not.toBe(right)
    expect(forked.fork('left').float()).toBe(left)
  })

  test('fills its range evenly', () => {
    const random = createRandom('even')
    const counts = new Array<number>(10).fill(0)
    let sum = 0
    for (let i = 0; i < 20_000; i++) {
      const bucket = random.int(10)
      counts[bucket] = (counts[bucket] ?? 0) + 1
      const float = random.float()
      expect(float >= 0 && float < 1).toBe(true)
      sum += float
    }
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(250)
    expect(Math.abs(sum / 20_000 - 0.5)).toBeLessThan(0.01)
  })
})
