// The ciphers of the encrypted transport: BIP324's published packets, other people's ciphers, and new keys as they fall due.

import { createECDH, createHash } from 'node:crypto'
import { elligatorSwift } from '@scure/btc-signer/p2p.js'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../node/bitcoin/wire/hex.ts'
import type { KeyPair } from '../../node/bitcoin/wire/v2/crypto.ts'
import { LengthCipher, PacketCipher, REKEY_INTERVAL } from '../../node/bitcoin/wire/v2/forward-secure.ts'
import { EXPANSION_BYTES, LENGTH_BYTES, Session } from '../../node/bitcoin/wire/v2/session.ts'
import { createRandom } from '../../node/core/random.ts'
import { createV2Crypto } from '../../node/host/v2-crypto.ts'
import { seededCrypto } from '../support/v2-ends.ts'

const bytes = (hex: string) => fromHex(hex) as Uint8Array
const sha256 = (...parts: readonly Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()

/** Rows of BIP324's packet_encoding_test_vectors.csv, of Bitcoin's main network. */
const MAINNET = bytes('f9beb4d9')
const PUBLISHED = [
  {
    index: 1,
    ours: 'e79f04ad4c684525ff3e3cf7c19f4cdb11193d387d7f3fe82a948a0c3165f5fe',
    ourKey:
      '4eff53ea1945e57b5d170565e760d771e5d496101c1005c302fd687af80d8b858c5a681c474fc4c0546ee464a1b95899ecb9d4f50c2c0854fe029fc054ae6777',
    theirKey:
      '824a1da0530fa695b95b375fee2a56ec96ce375ddd2fcf8367cc8ec1c0b751a3304bbef5dc96543acaac50c24be8cb39906ef8521727de0c6e96c2060a026bd7',
    initiating: true,
    contents: '1f',
    ignored: false,
    terminators: ['38d7b65a6d58a08b2506e799caacd4f6', 'd6156094782d98fa27f37758dcd0677f'],
    session: '4418cf03c0d7cd5849022a7976014f234b4d4f5c18a6d3a6540c11e01a7180c1',
    packet: 'd88ea86cdd6b61592e038741b474eeef0de0802412',
  },
  {
    index: 999,
    ours: '53a915e6d8f6c5bbb93e537081085e9e642dc525649acf05be74e3a825e20921',
    ourKey:
      '715d7b8357dd4d15a07b3f8c6764ebd9927140f75047fb50478c33ea8889d710511cdf39aa0fd6b1e94ea660d87f9d97bffc548646f9e2aaebc1468fe563fb97',
    theirKey:
      'cea7abc3112397b894bd3e89a615248af473f897bbdd30997c20e53e7ce499a295e55c4c5655cd3d21191e76c8af0aa1bbea10fd1b540a42d0fbed388dc59877',
    initiating: false,
    contents: 'e4',
    ignored: false,
    terminators: ['0442c66254045c5018d828d42afaa69f', '930c6d7cbf8c7c2006ed287c2ba6d941'],
    session: '9619dd4731d6160617da82da407c80732455a67b59ad7be07f86252aadb79440',
    packet: '0d5892533b0453c777d5ff3f217c94297e7927bb45',
  },
  {
    index: 255,
    ours: 'f360308206fb441c7713b1a24ba4096a2fa0d5401411198b7008f82ae85257fe',
    ourKey:
      '3d4aa6a71a8a734e014b4d9e6b62989f022c1e2238ae476b11465cb86fe8cf7243db6f9472e188590705cf9b35121e06e57cb106a6043ab147b7c73871da8222',
    theirKey:
      'f0ebc3c872339622fbf2ab1b8aa2117c4d752b64eac9203962c03a47497a89c0dd298348e5bb63d3433c48ed6da6bc2e2dbe78f7b91247dd29f1f51a858d464a',
    initiating: false,
    contents:
      'b766200432932708a77dd15337bf70ca58397907a1cd31ecd1b43fab27fa0de0e85d5c4dea99543e79a75b149d325044934efccf679a764f683b2fbcb7c6dc4baea9797554779aff937f5195c172892c38dc423bc809885e5a19d07733e7c5f5806ffb865074cf2c46fbb5be4f9b5833c6829b8217ccb301dad7cb49e4fbcad1',
    ignored: true,
    terminators: ['e09f7df050a3f76bc8d5a21697fefb9b', 'b8951fd528743d2e8625de363d9ae0e7'],
    session: 'b1d1e3ae7d9337f31a410986fe6e377726eb0f2334f24d66b38ec4d29529d1a5',
    packet:
      '98178b6e498f808c90b098c8ceb09c5630d50925323d051d379adb85be9e3b7d3e5a4c0eafa3fb69abcf60e631262278395c4ec017b1a2c8b4aa6a25e65afa99ea3e73038d152b392b2f754a655f3fd034fd633e7889072c3e1351bff97494a6737785a00016c294e0f62219eb6becfcd14e5f81841118275a460780178b050615ab02e56efc0c777844620ba3de42bb54674842',
  },
] as const

test.each(PUBLISHED)('BIP324’s packet number $index is made as published', row => {
  const publicKey = bytes(row.ourKey)
  const ours: KeyPair = {
    publicKey,
    sharedSecret: (theirs, initiating) =>
      elligatorSwift.getSharedSecretBip324(bytes(row.ours), theirs, publicKey, initiating),
  }
  const { initiating } = row
  const crypto = seededCrypto('published')
  const session = new Session({ crypto, magic: MAINNET, ours, theirs: bytes(row.theirKey), initiating })
  expect(toHex(session.id)).toBe(row.session)
  expect([session.ourTerminator, session.theirTerminator].map(toHex)).toEqual(row.terminators)
  for (let before = 0; before < row.index; before++) session.seal([])
  expect(toHex(session.seal([bytes(row.contents)], undefined, row.ignored))).toBe(row.packet)
})

describe('a key exchange', () => {
  test('gives a key that stands for the private one, and the secret that others come to', () => {
    for (let draw = 0; draw < 8; draw++) {
      const [privateKey = new Uint8Array(0)] = [createRandom(`key ${draw}`).bytes(32)]
      const pair = seededCrypto(`key ${draw}`).keyPair()
      const ecdh = createECDH('secp256k1')
      ecdh.setPrivateKey(privateKey)
      expect(toHex(elligatorSwift.decode(pair.publicKey))).toBe(
        ecdh.getPublicKey('hex', 'compressed').slice(2),
      )
      const other = elligatorSwift.keygen()
      for (const initiating of [true, false])
        expect(toHex(pair.sharedSecret(other.publicKey, initiating))).toBe(
          toHex(
            elligatorSwift.getSharedSecretBip324(
              other.privateKey,
              pair.publicKey,
              other.publicKey,
              !initiating,
            ),
          ),
        )
    }
  })

  test('draws all of it from what it is given, and a private key again where there is none of that number', () => {
    const keyOf = (seed: string) => toHex(seededCrypto(seed).keyPair().publicKey)
    expect(keyOf('a')).toBe(keyOf('a'))
    expect(keyOf('a')).not.toBe(keyOf('b'))
    const random = createRandom('behind')
    const draws = [new Uint8Array(32), new Uint8Array(32).fill(0xff)]
    const pair = createV2Crypto(count => draws.shift() ?? random.bytes(count)).keyPair()
    expect(toHex(pair.publicKey)).toBe(keyOf('behind'))
  })

  test('is the machine’s chance where nothing else is said', () => {
    expect(createV2Crypto().keyPair().publicKey).not.toEqual(createV2Crypto().keyPair().publicKey)
    expect(createV2Crypto().random(5000)).toHaveLength(5000)
  })
})

/** Two ends of one connection. */
function pairOfSessions(seed: string) {
  const crypto = seededCrypto(seed)
  const [a, b] = [crypto.keyPair(), crypto.keyPair()]
  const magic = MAINNET
  return [
    new Session({ crypto, magic, ours: a, theirs: b.publicKey, initiating: true }),
    new Session({ crypto, magic, ours: b, theirs: a.publicKey, initiating: false }),
  ] as const
}

/** ChaCha20's keystream (RFC 8439), written down once more: what the machine gives is held against it. */
function keystream(key: Uint8Array, nonce: Uint8Array, count: number): Uint8Array {
  const word = (from: Uint8Array, i: number) =>
    new DataView(from.buffer, from.byteOffset).getUint32(4 * i, true)
  const out: number[] = []
  for (let block = 0; out.length < count; block++) {
    const start = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]
    for (let i = 0; i < 8; i++) start.push(word(key, i))
    start.push(block, word(nonce, 0), word(nonce, 1), word(nonce, 2))
    const state = Uint32Array.from(start)
    const mix = (a: number, b: number, c: number, d: number) => {
      for (const [x, y, z, by] of [
        [a, b, d, 16],
        [c, d, b, 12],
        [a, b, d, 8],
        [c, d, b, 7],
      ] as const) {
        state[x] = (state[x] as number) + (state[y] as number)
        const mixed = (state[z] as number) ^ (state[x] as number)
        state[z] = (mixed << by) | (mixed >>> (32 - by))
      }
    }
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 4; i++) mix(i, 4 + i, 8 + i, 12 + i)
      for (let i = 0; i < 4; i++) mix(i, 4 + ((1 + i) % 4), 8 + ((2 + i) % 4), 12 + ((3 + i) % 4))
    }
    const block64 = state.map((value, i) => value + (start[i] as number))
    out.push(...new Uint8Array(block64.buffer))
  }
  return Uint8Array.from(out.slice(0, count))
}

function nonce(number: number, keys: number): Uint8Array {
  const made = new Uint8Array(12)
  new DataView(made.buffer).setUint32(0, number, true)
  new DataView(made.buffer).setUint32(4, keys, true)
  return made
}

const xor = (a: Uint8Array, b: Uint8Array) => a.map((byte, i) => byte ^ (b[i] as number))

describe('every 224 times there is a new key', () => {
  const key = Uint8Array.from(sha256(Buffer.from('key')))

  test('for lengths: the next bytes of the stream that the old one made', () => {
    const cipher = new LengthCipher(createV2Crypto(), key)
    let now = key
    for (let keys = 0; keys < 3; keys++) {
      const stream = keystream(now, nonce(0, keys), 3 * REKEY_INTERVAL + 32)
      for (let i = 0; i < REKEY_INTERVAL; i++) {
        const chunk = Uint8Array.of(i, keys, 77)
        expect(toHex(cipher.crypt(chunk))).toBe(toHex(xor(chunk, stream.subarray(3 * i))))
      }
      now = stream.slice(3 * REKEY_INTERVAL)
    }
  })

  test('for packets: the stream of a number that no packet has', () => {
    const cipher = new PacketCipher(createV2Crypto(), key)
    let now = key
    for (let keys = 0; keys < 3; keys++) {
      for (let i = 0; i < REKEY_INTERVAL; i++) {
        const plain = Uint8Array.of(i, keys, 1, 2, 3)
        const out = new Uint8Array(plain.length + 16)
        cipher.seal(plain, new Uint8Array(0), out)
        // Its first block makes the tag's key (RFC 8439, 2.8).
        const stream = keystream(now, nonce(i, keys), 64 + plain.length).subarray(64)
        expect(toHex(out.subarray(0, plain.length))).toBe(toHex(xor(plain, stream)))
      }
      now = keystream(now, nonce(0xffff_ffff, keys), 64 + 32).slice(64)
    }
  })

  test('and both ends take it at once, each direction by its own count', () => {
    const [a, b] = pairOfSessions('rekey')
    for (let i = 0; i < 2 * REKEY_INTERVAL + 3; i++) {
      const contents = Uint8Array.of(i, i >>> 8)
      const packet = a.seal([contents])
      expect(b.openLength(packet.subarray(0, LENGTH_BYTES))).toBe(2)
      expect(b.open(packet.subarray(LENGTH_BYTES))).toEqual({ contents, ignored: false })
    }
    const answer = b.seal([Uint8Array.of(9)], undefined, true)
    expect(a.openLength(answer.subarray(0, LENGTH_BYTES))).toBe(1)
    expect(a.open(answer.subarray(LENGTH_BYTES))).toEqual({ contents: Uint8Array.of(9), ignored: true })
  })
})

describe('a packet', () => {
  test('is as long as its contents and 20 bytes, in however many parts they come', () => {
    const [a, b] = pairOfSessions('parts')
    for (const length of [0, 1, 255, 256, 65_536, 70_000]) {
      const contents = new Uint8Array(length).fill(length)
      const packet = a.seal([contents.subarray(0, 1), contents.subarray(1)])
      expect(packet).toHaveLength(length + EXPANSION_BYTES)
      expect(b.openLength(packet.subarray(0, LENGTH_BYTES))).toBe(length)
      expect(b.open(packet.subarray(LENGTH_BYTES))?.contents).toEqual(contents)
    }
  })

  test.each(['its header', 'its contents', 'its tag', 'what it vouches for'])(
    'with another bit in %s is none',
    what => {
      const [a, b] = pairOfSessions(what)
      const aad = Uint8Array.of(1, 2, 3)
      const packet = a.seal([Uint8Array.of(4, 5, 6)], aad)
      const at = { 'its header': 3, 'its contents': 5, 'its tag': packet.length - 1 }[what]
      if (at !== undefined) packet[at] = (packet[at] as number) ^ 0x80
      b.openLength(packet.subarray(0, LENGTH_BYTES))
      expect(
        b.open(packet.subarray(LENGTH_BYTES), at === undefined ? Uint8Array.of(1, 2, 4) : aad),
      ).toBeUndefined()
    },
  )

  test('of another network is none', () => {
    const crypto = seededCrypto('networks')
    const [ours, theirs] = [crypto.keyPair(), crypto.keyPair()]
    const magics = [MAINNET, bytes('fabfb5da')]
    const [a, b] = magics.map(
      (magic, i) =>
        new Session(
          i === 0
            ? { crypto, magic, ours, theirs: theirs.publicKey, initiating: true }
            : { crypto, magic, ours: theirs, theirs: ours.publicKey, initiating: false },
        ),
    ) as [Session, Session]
    expect(toHex(a.id)).not.toBe(toHex(b.id))
    expect(toHex(a.ourTerminator)).not.toBe(toHex(b.theirTerminator))
  })
})
