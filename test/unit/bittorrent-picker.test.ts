// Which blocks are asked of whom: held against plain models, over random histories.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Picker } from '../../node/bittorrent/picker.ts'
import { Rarity } from '../../node/bittorrent/rarity.ts'
import { createRandom } from '../../node/core/random.ts'

const PIECES = 12
const whole = (below: number) => fc.integer({ min: 0, max: below - 1 })

test('pieces stay in classes of their copies, whatever comes and goes', () => {
  const step = fc.tuple(fc.constantFrom('list', 'unlist', 'more', 'fewer'), whole(PIECES))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), steps => {
      const rarity = new Rarity(PIECES)
      const copies = new Array<number>(PIECES).fill(0)
      const listed = new Set<number>()
      for (const [what, piece] of steps) {
        rarity[what](piece)
        if (what === 'list') listed.add(piece)
        else if (what === 'unlist') listed.delete(piece)
        else copies[piece] = Math.max(0, (copies[piece] as number) + (what === 'more' ? 1 : -1))
      }
      expect(rarity.count).toBe(listed.size)
      expect(rarity.available).toBe([...listed].filter(piece => (copies[piece] as number) > 0).length)
      const seen: number[] = []
      for (let each = 0; each < Math.max(rarity.classes, 40); each++)
        for (let place = rarity.begin(each); place < rarity.end(each); place++) {
          expect(copies[rarity.at(place)]).toBe(each)
          seen.push(rarity.at(place))
        }
      expect(seen.sort((a, b) => a - b)).toEqual([...listed].sort((a, b) => a - b))
    }),
  )
})

const BLOCKS = 3
const bitsOf = (pieces: readonly number[]) => {
  const bits = new Uint8Array(Math.ceil(PIECES / 8))
  for (const piece of pieces) bits[piece >> 3] = (bits[piece >> 3] as number) | (0x80 >> (piece & 7))
  return bits
}

/** What is missing is asked for again only of one who has nothing to do. */
const pickOf = (picker: Picker, peer: number, bits: Uint8Array, count: number) =>
  picker.pick(peer, { bits, count, again: count, suggested: new Set() })

function pickerOf(seed: number, order: 'rarest' | 'sequential' = 'rarest') {
  const random = createRandom(`picker ${seed}`)
  return new Picker({ pieces: PIECES, blocksOf: () => BLOCKS, random, order, have: bitsOf([]) })
}

test('nobody is asked for what it lacks, no block is asked of two before the end, and in the end all is there', () => {
  const action = fc.record({
    peer: whole(4),
    what: fc.constantFrom('ask', 'answer', 'choke', 'bad'),
    count: fc.integer({ min: 1, max: 9 }),
  })
  const has = fc.array(fc.subarray([...Array(PIECES).keys()]), { minLength: 4, maxLength: 4 })
  fc.assert(
    fc.property(whole(1_000), has, fc.array(action, { maxLength: 300 }), (seed, lists, actions) => {
      const picker = pickerOf(seed)
      const all = [...Array(PIECES).keys()]
      // The last peer has all, so that it can end.
      const of = [...lists.slice(0, 3), all]
      for (const pieces of of) picker.peerJoined(bitsOf(pieces))
      const out = of.map(() => new Set<number>())
      const here = new Set<number>()
      const key = (piece: number, block: number) => piece * BLOCKS + block
      const missing = () => PIECES * BLOCKS - here.size
      const ask = (peer: number, count: number) => {
        const asked = new Set(out.flatMap(each => [...each]))
        const isEnd = asked.size >= missing()
        const picked = pickOf(picker, peer, bitsOf(of[peer] as number[]), count)
        expect(picked.length).toBeLessThanOrEqual(count)
        for (const { piece, block } of picked) {
          expect(of[peer]).toContain(piece)
          expect(here.has(key(piece, block))).toBe(false)
          expect(out[peer]?.has(key(piece, block))).toBe(false)
          if (!isEnd) expect(asked.has(key(piece, block))).toBe(false)
          out[peer]?.add(key(piece, block))
        }
      }
      const answer = (peer: number) => {
        const [block] = out[peer] as Set<number>
        if (block === undefined) return
        const others = picker.received(peer, Math.floor(block / BLOCKS), block % BLOCKS)
        const asked = out.flatMap((each, i) => (i !== peer && each.has(block) ? [i] : []))
        expect([...others].sort()).toEqual(asked)
        for (const each of out) each.delete(block)
        here.add(block)
        const piece = Math.floor(block / BLOCKS)
        if ([0, 1, 2].every(each => here.has(key(piece, each)))) picker.verified(piece)
      }
      const choke = (peer: number) => {
        for (const block of out[peer] as Set<number>)
          picker.released(peer, Math.floor(block / BLOCKS), block % BLOCKS)
        out[peer]?.clear()
      }
      const bad = (which: number) => {
        const half = [...here].filter(block =>
          [0, 1, 2].some(each => !here.has(key(Math.floor(block / BLOCKS), each))),
        )
        const block = half[which % Math.max(1, half.length)]
        if (block === undefined) return
        here.delete(block)
        picker.failed(Math.floor(block / BLOCKS), [block % BLOCKS])
      }
      for (const { peer, what, count } of actions)
        if (what === 'ask') ask(peer, count)
        else if (what === 'answer') answer(peer)
        else if (what === 'choke') choke(peer)
        else bad(count)
      for (const peer of of.keys()) choke(peer)
      for (let i = 0; i < PIECES * BLOCKS && missing() > 0; i++) {
        ask(3, 1)
        answer(3)
      }
      expect(missing()).toBe(0)
    }),
  )
})

test('after the first piece the rarest is next, and of equally rare ones any', () => {
  const firsts = new Set<number>()
  for (let seed = 0; seed < 60; seed++) {
    const picker = pickerOf(seed)
    const all = bitsOf([...Array(PIECES).keys()])
    picker.peerJoined(all)
    for (let piece = 0; piece < PIECES; piece++) if (piece !== 4 && piece !== 7) picker.peerHas(piece)
    const [first] = pickOf(picker, 1, all, 1)
    firsts.add(first?.piece as number)
    for (let block = 0; block < BLOCKS; block++) picker.received(1, first?.piece as number, block)
    picker.verified(first?.piece as number)
    const next = pickOf(picker, 1, all, BLOCKS * 2).map(({ piece }) => piece)
    const rare = [4, 7].filter(piece => piece !== first?.piece)
    for (const piece of rare) expect(next).toContain(piece)
  }
  // The very first is any at all.
  expect(firsts.size).toBeGreaterThan(6)
})

test('what was begun is finished before more is begun; a piece that failed as a whole comes from one peer alone', () => {
  const picker = pickerOf(1)
  const all = bitsOf([...Array(PIECES).keys()])
  picker.peerJoined(all)
  const [first] = pickOf(picker, 1, all, 1)
  const piece = first?.piece as number
  expect(pickOf(picker, 2, all, 2)).toEqual([1, 2].map(block => ({ piece, block })))
  picker.received(1, piece, 0)
  for (const block of [1, 2]) picker.received(2, piece, block)
  picker.failedAlone(piece)
  expect(pickOf(picker, 3, all, 1)).toEqual([{ piece, block: 0 }])
  // Another one is asked for other pieces meanwhile.
  expect(pickOf(picker, 4, all, 2).every(each => each.piece !== piece)).toBe(true)
  picker.released(3, piece, 0)
  expect(pickOf(picker, 4, all, 1).map(each => each.piece)).toEqual([piece])
})

test('sequential is what its name says', () => {
  const picker = pickerOf(1, 'sequential')
  const all = bitsOf([...Array(PIECES).keys()])
  picker.peerJoined(all)
  expect(pickOf(picker, 1, all, 7).map(({ piece }) => piece)).toEqual([0, 0, 0, 1, 1, 1, 2])
})
