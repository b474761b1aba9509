// What a hostile peer says: messages of every kind that the wire knows, made by hand, as they should be and spoilt in some way.

import type { Random } from '../../node/core/host.ts'

export interface Target {
  /** 20 bytes of the content's info-hash. */
  readonly infoHash: Uint8Array
  /** Of the root of a file of it, 32 bytes. */
  readonly root: Uint8Array
  readonly pieces: number
}

const utf8 = (text: string) => new TextEncoder().encode(text)
const u32 = (value: number) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)
const u16 = (value: number) => Uint8Array.of(value >>> 8, value)

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function frame(id: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = concat(Uint8Array.of(id), ...parts)
  return concat(u32(body.length), body)
}

/** Fast extension, extension protocol, DHT and version 2, all of them claimed. */
export function greeting(infoHash: Uint8Array, peerId: Uint8Array): Uint8Array {
  return concat(
    utf8('\x13BitTorrent protocol'),
    Uint8Array.of(0, 0, 0, 0, 0, 0x10, 0, 0x15),
    infoHash,
    peerId,
  )
}

/** How the fuzz calls the extensions that it wants to hear (BEP 10). */
const HELLO = (random: Random) =>
  `d1:md11:ut_metadatai1e6:ut_pexi2e7:np_pingi3ee13:metadata_sizei${random.int(100_000)}e1:pi${[0, 1, 6881, 65_535][random.int(4)]}e4:reqqi${random.int(1000)}e1:v4:fuzze`

/** An address where nobody is: of some thousands, as the simulated network remembers each that was ever dialled. */
const nobody = (random: Random) => Uint8Array.of(10, 7, random.int(8), random.int(256), 0x1a, 0xe1)

type Make = (random: Random, target: Target) => Uint8Array

const block = (random: Random, { pieces }: Target) =>
  concat(
    u32(random.int(pieces + 1)),
    u32(16_384 * random.int(5)),
    u32(random.int(4) ? 16_384 : random.int(70_000)),
  )
const range = (random: Random, { root }: Target) =>
  concat(
    random.int(8) ? root : random.bytes(32),
    u32(random.int(4)),
    u32(2 ** random.int(6)),
    u32(2 ** random.int(10)),
    u32(random.int(8)),
  )

/** By name, so that a test can say that none was forgotten. */
export const KINDS: { readonly [kind: string]: Make } = {
  keepalive: () => u32(0),
  choke: () => frame(0),
  unchoke: () => frame(1),
  interested: () => frame(2),
  'not-interested': () => frame(3),
  have: (random, { pieces }) => frame(4, u32(random.int(pieces + 1))),
  bitfield: (random, { pieces }) => frame(5, random.bytes(Math.ceil(pieces / 8))),
  request: (random, target) => frame(6, block(random, target)),
  piece: (random, target) =>
    frame(7, block(random, target).subarray(0, 8), random.bytes(random.int(2) ? 16_384 : random.int(200))),
  cancel: (random, target) => frame(8, block(random, target)),
  port: random => frame(9, u16(random.int(65_536))),
  suggest: (random, { pieces }) => frame(13, u32(random.int(pieces + 1))),
  'have-all': () => frame(14),
  'have-none': () => frame(15),
  reject: (random, target) => frame(16, block(random, target)),
  'allowed-fast': (random, { pieces }) => frame(17, u32(random.int(pieces + 1))),
  hello: random => frame(20, Uint8Array.of(0), utf8(HELLO(random))),
  metadata: random =>
    frame(
      20,
      Uint8Array.of(1),
      utf8(`d8:msg_typei${random.int(4)}e5:piecei${random.int(4)}e10:total_sizei${random.int(40_000)}ee`),
      random.bytes(random.int(2) ? 0 : random.int(16_500)),
    ),
  pex: random => {
    const peers = random.int(200)
    return frame(
      20,
      Uint8Array.of(2),
      utf8(`d5:added${6 * peers}:`),
      ...Array.from({ length: peers }, () => nobody(random)),
      utf8(`7:added.f${peers}:`),
      random.bytes(peers),
      utf8('7:dropped0:e'),
    )
  },
  ping: random => frame(20, Uint8Array.of(3), utf8(`d1:${random.int(2) ? 'n' : 'p'}i${random.int(1000)}ee`)),
  'hash-request': (random, target) => frame(21, range(random, target)),
  hashes: (random, target) => frame(22, range(random, target), random.bytes(32 * random.int(40))),
  'hash-reject': (random, target) => frame(23, range(random, target)),
  unknown: random => frame(24 + random.int(232), random.bytes(random.int(100))),
}

const NAMES = Object.keys(KINDS)
const EDGES = [0, 1, 0x7f, 0x80, 0xff]

/** One of any kind; one in three as it should be, so that it is listened to. */
export function hostileMessage(
  random: Random,
  target: Target,
): { readonly kind: string; readonly bytes: Uint8Array } {
  const kind = NAMES[random.int(NAMES.length)] as string
  const bytes = (KINDS[kind] as Make)(random, target)
  return { kind, bytes: random.int(3) ? spoilt(bytes, random) : bytes }
}

function spoilt(bytes: Uint8Array, random: Random): Uint8Array {
  switch (random.int(6)) {
    case 0: {
      // Bits, the length among them.
      const copy = bytes.slice()
      const at = random.int(copy.length)
      copy[at] = (copy[at] as number) ^ (1 << random.int(8))
      return copy
    }
    case 1: {
      // A number at an edge, its frame as long as before.
      const copy = bytes.slice()
      const edge = EDGES[random.int(EDGES.length)] as number
      if (copy.length > 8) copy.fill(edge, 5, Math.min(copy.length, 5 + 4 * (1 + random.int(3))))
      return copy
    }
    case 2: {
      // Cut, and honest about it.
      const body = bytes.subarray(4, 4 + random.int(Math.max(1, bytes.length - 3)))
      return concat(u32(body.length), body)
    }
    case 3: {
      // More than belongs there, and honest about it.
      const body = concat(bytes.subarray(4), random.bytes(random.int(64)))
      return concat(u32(body.length), body)
    }
    case 4: {
      // Text within: a digit is another, as a length of bencode may be.
      const copy = bytes.slice()
      for (let at = 6; at < copy.length; at++)
        if ((copy[at] as number) >= 0x30 && (copy[at] as number) <= 0x39 && random.int(4) === 0)
          copy[at] = 0x30 + random.int(10)
      return copy
    }
    default:
      // Whatever length is claimed.
      return concat(u32(random.int(2) ? random.int(2 ** 31) * 2 : random.int(40_000)), bytes.subarray(4))
  }
}
