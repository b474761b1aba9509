// The module's memory: no export writes outside the regions it is there to write, nor reads what lies between them.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { compileKernel, MAX_VERSIONS } from '../../node/hash.ts'
import { noise, sha256, sha256d } from '../support/sha256.ts'

/** Regions and their sizes, as assembly/layout.ts states them. */
const SIZES = {
  STATE: 32,
  DIGEST: 32,
  TAIL: 128,
  WORDS: 256,
  STATES: 16 * 128,
  LANES: 48,
  HEADER: 80,
  TARGET: 32,
  JOB: 256,
  VERSIONS: 16 * 256,
  SCHEDULE: 1024,
  LENGTHS: 4096,
  DIGESTS: 32 * 1024,
  DATA: 131_072,
}
type Region = keyof typeof SIZES

interface Module extends Record<Region, WebAssembly.Global> {
  readonly memory: WebAssembly.Memory
  readonly DATA_SIZE: WebAssembly.Global
  readonly LEAF_BYTES: WebAssembly.Global
  readonly MAX_VERSIONS: WebAssembly.Global
  begin(): void
  absorb(blocks: number): void
  finish(rest: number, bytes: number): void
  sha256(length: number): void
  sha256d(length: number): void
  merkle(count: number, levels: number): number
  branch(depth: number, index: number): void
  leaves(count: number): void
  tree(count: number, levels: number): void
  batch(count: number): void
  chain(count: number): number
  scan(nonce: number, count: number, versions: number): number
}

describe.each(['simd', 'scalar'] as const)('%s kernel', kernel => {
  let wasm: Module
  let memory: Uint8Array
  let canaries: Uint8Array

  const at = (region: Region) => wasm[region].value
  const read = (region: Region, length = SIZES[region]) => memory.slice(at(region), at(region) + length)
  const write = (region: Region, bytes: Uint8Array) => memory.set(bytes, at(region))
  const inRegion = (address: number) =>
    (Object.keys(SIZES) as Region[]).some(r => address >= at(r) && address < at(r) + SIZES[r])

  beforeEach(() => {
    wasm = new WebAssembly.Instance(compileKernel(kernel)).exports as Module
    memory = new Uint8Array(wasm.memory.buffer)
    memory.set(noise(memory.length - at('STATE'), 99), at('STATE')) // below lie the constants
    canaries = memory.slice()
  })

  afterEach(() => {
    const harmed: number[] = []
    memory.forEach((byte, address) => {
      if (byte !== canaries[address] && !inRegion(address)) harmed.push(address)
    })
    expect(harmed).toEqual([])
  })

  test('the regions lie apart, in order, each with a gap behind it', () => {
    const regions = (Object.keys(SIZES) as Region[]).map(r => [at(r), at(r) + SIZES[r]] as const)
    regions.forEach(([, end], i) => {
      expect(end).toBeLessThan(regions[i + 1]?.[0] ?? memory.length)
    })
    expect(wasm.DATA_SIZE.value).toBe(SIZES.DATA)
    expect(wasm.MAX_VERSIONS.value).toBe(MAX_VERSIONS)
  })

  test('messages of every length up to 200 and of the largest', () => {
    for (const length of [...Array(201).keys(), SIZES.DATA - 1, SIZES.DATA]) {
      const message = noise(length, length)
      write('DATA', message)
      wasm.sha256(length)
      expect(read('DIGEST')).toEqual(sha256(message))
      expect(read('DATA', length)).toEqual(message)
      wasm.sha256d(length)
      expect(read('DIGEST')).toEqual(sha256d(message))
    }
  })

  test('a message in blocks and a rest', () => {
    for (let rest = 0; rest < 64; rest++) {
      const message = noise(SIZES.DATA + rest, rest)
      wasm.begin()
      write('DATA', message.subarray(0, SIZES.DATA))
      wasm.absorb(SIZES.DATA / 64)
      write('DATA', message.subarray(SIZES.DATA))
      wasm.finish(rest, message.length)
      expect(read('DIGEST')).toEqual(sha256(message))
    }
  })

  test('trees of every size up to 20 and around the largest', () => {
    for (const count of [...Array(20).keys(), 4095, 4096]) {
      write('DATA', noise(SIZES.DATA))
      wasm.merkle(count, Math.ceil(Math.log2(Math.max(1, count))))
    }
    write('DATA', noise(64))
    wasm.merkle(2, 1)
    expect(read('DATA', 32)).toEqual(sha256d(noise(64)))
  })

  test('padded trees of every size up to 20 and around the largest, and further than to their root', () => {
    for (const count of [...Array(20).keys(), 4095, 4096])
      for (const more of [0, 3]) {
        write('DATA', noise(SIZES.DATA))
        wasm.tree(count, Math.ceil(Math.log2(Math.max(1, count))) + more)
      }
    write('DATA', noise(64))
    write('DIGEST', new Uint8Array(32))
    wasm.tree(2, 1)
    expect(read('DATA', 32)).toEqual(sha256(noise(64)))
    expect(read('DIGEST')).toEqual(sha256(new Uint8Array(64)))
  })

  test('leaves, none to as many as there is room for', () => {
    const leaf = wasm.LEAF_BYTES.value
    expect(leaf).toBe(16_384)
    for (let count = 0; count <= SIZES.DATA / leaf; count++) {
      const blocks = noise(SIZES.DATA, count)
      write('DATA', blocks)
      wasm.leaves(count)
      for (let i = 0; i < count; i++)
        expect(memory.slice(at('DIGESTS') + 32 * i, at('DIGESTS') + 32 * i + 32)).toEqual(
          sha256(blocks.subarray(leaf * i, leaf * (i + 1))),
        )
    }
  })

  test('branches up to the longest', () => {
    for (let depth = 0; depth <= 32; depth++) wasm.branch(depth, 0x55555555)
  })

  test('batches of every size up to 20 and the largest, of messages short and long', () => {
    for (const [count, longest] of [...[...Array(20).keys()].map(i => [i, 3000]), [1024, 119]] as [
      number,
      number,
    ][]) {
      const lengths = Array.from({ length: count }, (_, i) => (i * 7919) % (longest + 1))
      write('DATA', noise(SIZES.DATA))
      write('LENGTHS', new Uint8Array(Uint32Array.from(lengths).buffer))
      const messages: Uint8Array[] = []
      lengths.reduce((from, length) => {
        messages.push(memory.slice(at('DATA') + from, at('DATA') + from + length))
        return from + ((length + 72) & ~63)
      }, 0)
      wasm.batch(count)
      messages.forEach((message, i) => {
        const digest = memory.slice(at('DIGESTS') + 32 * i, at('DIGESTS') + 32 * i + 32)
        expect(digest).toEqual(sha256d(message))
      })
    }
  })

  test('headers, one to 70 and the most', () => {
    for (const count of [0, 1, 2, 3, 4, 5, 63, 64, 65, 70, 1024]) {
      write('DATA', noise(SIZES.DATA))
      wasm.chain(count)
    }
    expect(read('DIGESTS', 32)).toEqual(sha256d(read('DATA', 80)))
  })

  test('scans with no hit, many hits, and ranges that end within a group of lanes', () => {
    for (const target of [new Uint8Array(32), new Uint8Array(32).fill(255)])
      for (let count = 0; count < 10; count++)
        for (const versions of [1, 3, 16]) {
          write('HEADER', noise(80))
          write('TARGET', target)
          expect(wasm.scan(3, count, versions)).toBe(target[0] === 0 ? count * versions : 0)
        }
  })
})
