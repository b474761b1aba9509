// Descriptors: extended keys beside another library's, scripts of every kind beside another library's, published facts, and Core's words.

import { HDKey } from '@scure/bip32'
import * as btc from '@scure/btc-signer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../node/bitcoin/wire/hex.ts'
import { RPC, RpcError } from '../../node/core/service.ts'
import { scriptToAddress } from '../../node/ledger/address.ts'
import { decodeHdKey, HARDENED, HdKey, pathText } from '../../node/ledger/descriptor/hd-key.ts'
import { inferDescriptor } from '../../node/ledger/descriptor/infer.ts'
import { encodeWif } from '../../node/ledger/descriptor/wif.ts'
import { withChecksum } from '../../node/ledger/descriptor-checksum.ts'
import { parseDescriptor } from '../../node/ledger/descriptors.ts'
import { REGTEST } from '../../node/params.ts'
import { secp } from '../support/chain.ts'
import { TPRV, TPUB } from '../support/extended-keys.ts'

const VERSIONS = { public: 0x043587cf, private: 0x04358394 }
const bytes = (hex: string) => fromHex(hex) as Uint8Array
const parse = (text: string, sum = false) => parseDescriptor(REGTEST, secp, text, sum)
const scriptsAt = (text: string, position = 0) => parse(text).at(position)?.scripts.map(toHex)
const addressesAt = (text: string, position = 0) =>
  parse(text)
    .at(position)
    ?.scripts.map(script => scriptToAddress(REGTEST, script))

function refusal(text: string, sum = false): string {
  try {
    parse(text, sum)
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    expect(error.code).toBe(RPC.invalidAddressOrKey)
    return error.message
  }
  return ''
}

describe('extended keys', () => {
  it("are another library's, on any path, and their public halves go the same way", () => {
    const step = fc.oneof(
      fc.nat(0x7fffffff),
      fc.nat(0x7fffffff).map(number => number + HARDENED),
    )
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 64 }),
        fc.array(step, { maxLength: 5 }),
        (seed, path) => {
          const ours = HdKey.fromSeed(secp, seed)?.derive(path)
          const theirs = HDKey.fromMasterSeed(seed, VERSIONS).derive(`m${pathText(path, "'")}`)
          expect(String(ours)).toBe(theirs.publicExtendedKey)
          expect(ours?.toPrivateString()).toBe(theirs.privateExtendedKey)
          expect(String(decodeHdKey(secp, theirs.privateExtendedKey))).toBe(theirs.publicExtendedKey)
          const child = decodeHdKey(secp, theirs.publicExtendedKey)?.child(7)
          expect(String(child)).toBe(theirs.deriveChild(7).publicExtendedKey)
          expect(child?.privateKey).toBeUndefined()
          expect(child?.child(HARDENED)).toBeUndefined()
        },
      ),
      { numRuns: 40 },
    )
  })

  it('are refused where their text is not one of a test network', () => {
    const mainnet = HDKey.fromMasterSeed(new Uint8Array(16)).publicExtendedKey
    expect(decodeHdKey(secp, mainnet)).toBeUndefined()
    expect(decodeHdKey(secp, TPUB.replace('L5B', 'L5C'))).toBeUndefined()
    expect(decodeHdKey(secp, `${TPUB}1`)).toBeUndefined()
    expect(String(decodeHdKey(secp, TPRV))).toBe(TPUB)
  })
})

describe('the scripts of a descriptor', () => {
  const network = { bech32: 'bcrt', pubKeyHash: 0x6f, scriptHash: 0xc4, wif: 0xef }
  const keys = [1, 2, 3].map(n => secp.publicKey(new Uint8Array(32).fill(n)))
  const [a, b, c] = keys as [Uint8Array, Uint8Array, Uint8Array]
  const [A, B, C] = keys.map(toHex) as [string, string, string]
  const x = (key: Uint8Array) => key.subarray(1)

  it.each([
    [`pk(${A})`, btc.p2pk(a, network).script],
    [`pkh(${A})`, btc.p2pkh(a, network).script],
    [`wpkh(${A})`, btc.p2wpkh(a, network).script],
    [`sh(wpkh(${A}))`, btc.p2sh(btc.p2wpkh(a, network), network).script],
    [`multi(2,${C},${A},${B})`, btc.p2ms(2, [c, a, b]).script],
    [`sh(multi(2,${C},${A}))`, btc.p2sh(btc.p2ms(2, [c, a]), network).script],
    [`wsh(multi(1,${C},${A}))`, btc.p2wsh(btc.p2ms(1, [c, a]), network).script],
    [`sh(wsh(multi(1,${C},${A})))`, btc.p2sh(btc.p2wsh(btc.p2ms(1, [c, a]), network), network).script],
    [`wsh(pk(${A}))`, btc.p2wsh(btc.p2pk(a, network), network).script],
    [`wsh(pkh(${A}))`, btc.p2wsh(btc.p2pkh(a, network), network).script],
    [`tr(${A})`, btc.p2tr(x(a), undefined, network).script],
    [`tr(${toHex(x(a))})`, btc.p2tr(x(a), undefined, network).script],
    [
      `tr(${A},{pk(${B}),multi_a(2,${B},${C})})`,
      btc.p2tr(x(a), [btc.p2tr_pk(x(b)), btc.p2tr_ms(2, [x(b), x(c)])] as never, network, true).script,
    ],
    [
      `tr(${A},{pk(${C}),{pk(${B}),multi_a(1,${C})}})`,
      btc.p2tr(x(a), [btc.p2tr_pk(x(c)), [btc.p2tr_pk(x(b)), btc.p2tr_ms(1, [x(c)])]] as never, network)
        .script,
    ],
  ] as [string, Uint8Array][])('%s', (text, script) => {
    expect(scriptsAt(text)).toEqual([toHex(script)])
    // What it gives to solve them is enough to say it again.
    const { scripts, provider } = parse(text).at(0) ?? { scripts: [], provider: undefined }
    const again = inferDescriptor(REGTEST, scripts[0] as Uint8Array, provider)
    expect(scriptsAt(again.split('#')[0] as string)).toEqual([toHex(script)])
    expect(again.split('(')[0]).toBe(text.split('(')[0])
  })

  it('sorts keys where it is to (BIP67)', () => {
    const sorted = [a, b, c].sort((p, q) => (toHex(p) < toHex(q) ? -1 : 1))
    expect(scriptsAt(`sh(sortedmulti(2,${C},${A},${B}))`)).toEqual([
      toHex(btc.p2sh(btc.p2ms(2, sorted), network).script),
    ])
    const [one, two] = [x(b), x(c)].sort((p, q) => (toHex(p) < toHex(q) ? -1 : 1)) as [Uint8Array, Uint8Array]
    const leaf = (p: Uint8Array, q: Uint8Array) => `20${toHex(p)}ac20${toHex(q)}ba529c`
    expect(
      inferDescriptor(REGTEST, parse(`tr(${A},sortedmulti_a(2,${C},${B}))`).at(0)?.scripts[0] as Uint8Array),
    ).toMatch(/^rawtr/)
    const trees = parse(`tr(${A},sortedmulti_a(2,${C},${B}))`).at(0)?.provider.taproots
    expect([...(trees?.values() ?? [])].map(tree => toHex(tree.leaves[0]?.script as Uint8Array))).toEqual([
      leaf(one, two),
    ])
  })

  it('of a combo are four, or two where the key is not compressed', () => {
    const long = toHex(secp.publicKey(new Uint8Array(32).fill(1), false))
    expect(addressesAt(`combo(${A})`)?.slice(1)).toEqual([
      btc.p2pkh(a, network).address,
      btc.p2wpkh(a, network).address,
      btc.p2sh(btc.p2wpkh(a, network), network).address,
    ])
    expect(scriptsAt(`combo(${long})`)).toHaveLength(2)
    expect(scriptsAt(`combo(${encodeWif(new Uint8Array(32).fill(1), false)})`)).toEqual(
      scriptsAt(`combo(${long})`),
    )
  })

  it('are as published for extended keys, ranges and hardened steps', () => {
    expect(addressesAt(`wpkh(${TPRV}/1/1/0)`)).toEqual(['bcrt1qjqmxmkpmxt80xz4y3746zgt0q3u3ferr34acd5'])
    expect(addressesAt(`wpkh(${TPUB}/1/1/*)`, 2)).toEqual(['bcrt1qpgptk2gvshyl0s9lqshsmx932l9ccsv265tvaq'])
    expect(addressesAt(`wpkh(${TPRV}/1/1/*)`, 2 ** 31 - 1)).toEqual([
      'bcrt1qtzs23vgzpreks5gtygwxf8tv5rldxvvsyfpdkg',
    ])
    expect(addressesAt(`combo(${TPRV}/1/1/0)`)?.slice(1)).toEqual([
      'mtfUoUax9L4tzXARpw1oTGxWyoogp52KhJ',
      'bcrt1qjqmxmkpmxt80xz4y3746zgt0q3u3ferr34acd5',
      '2NDvEwGfpEqJWfybzpKPHF2XH3jwoQV3D7x',
    ])
    expect(parse(`wpkh(${TPUB}/1h/*)`).at(0)).toBeUndefined()
    // BIP386's example of a key alone.
    expect(scriptsAt('tr(a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd)')).toEqual([
      '512077aab6e066f8a7419c5ab714c12c67d25007ed55a43cadcacb4d7a970a093f11',
    ])
  })

  it('come with the keys that solve them, and where those come from', () => {
    const text = `wsh(multi(1,[d34db33f/48h/1]${TPRV}/7/*,${B}))`
    const { provider } = parse(text).at(3) as NonNullable<ReturnType<ReturnType<typeof parse>['at']>>
    const [first] = [...provider.publicKeys.values()]
    expect(provider.privateKeys.size).toBe(0)
    const origin = provider.originOf(first as Uint8Array)
    expect(toHex(origin?.fingerprint as Uint8Array)).toBe('d34db33f')
    expect(pathText(origin?.path ?? [])).toBe('/48h/1/7/3')
    parse(text).addPrivateKeys(3, provider)
    expect([...provider.privateKeys.values()].map(key => toHex(secp.publicKey(key)))).toEqual([
      toHex(first as Uint8Array),
    ])
  })
})

describe('the text of a descriptor', () => {
  const KEY = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'
  const X = KEY.slice(2)

  it.each([
    `pkh([d34db33f/44'/0'/0']${TPUB}/1/*)`,
    `wsh(sortedmulti(1,${TPUB}/1/0/*,${TPUB}/0/0/*))`,
    `tr(${X},{pk(${KEY}),{multi_a(1,${TPUB}/*h,${X}),pk(${X})}})`.replace(`pk(${KEY})`, `pk(${X})`),
    `rawtr(${X})`,
    'raw(deadbeef)',
    'addr(bcrt1qjqmxmkpmxt80xz4y3746zgt0q3u3ferr34acd5)',
  ])('is said again as it was: %s', text => {
    expect(String(parse(text))).toBe(withChecksum(text))
    expect(String(parse(withChecksum(text), true))).toBe(withChecksum(text))
  })

  it('has public keys only, unless private ones are asked for', () => {
    const text = `wsh(multi(2,${TPRV}/1'/*,${encodeWif(new Uint8Array(32).fill(1))}))`
    const descriptor = parse(text)
    expect(String(descriptor)).toContain(`multi(2,${TPUB}/1'/*,031b84c5567b`)
    expect(descriptor.toPrivateString()).toBe(withChecksum(text))
    expect(descriptor.hasPrivateKeys).toBe(true)
    expect(parse(`wpkh(${TPUB})`).toPrivateString()).toBeUndefined()
  })

  it('is told with the extended key behind the last hardened step', () => {
    const root = decodeHdKey(secp, TPRV)
    const account = root?.derive([84 + HARDENED, HARDENED])?.neutered()
    const print = toHex(root?.fingerprint as Uint8Array)
    expect(parse(`wpkh(${TPRV}/84'/0'/1/*)`).toNormalString()).toBe(
      withChecksum(`wpkh([${print}/84h/0h]${account}/1/*)`),
    )
    expect(parse(`wpkh([d34db33f/1']${TPRV}/84'/0'/1/*)`).toNormalString()).toBe(
      withChecksum(`wpkh([d34db33f/1h/84h/0h]${account}/1/*)`),
    )
  })

  it.each([
    ['', "'' is not a valid descriptor function"],
    ['foo(1)', "'foo(1)' is not a valid descriptor function"],
    ['pk()', 'pk(): No key provided'],
    [`pk(${KEY.slice(2)})`, `pk(): Pubkey '${X}' is invalid`],
    [`wpkh(04${X}${X})`, `wpkh(): Pubkey '04${X}${X}' is invalid`],
    [
      `wpkh(${toHex(secp.publicKey(new Uint8Array(32).fill(1), false))})`,
      'wpkh(): Uncompressed keys are not allowed',
    ],
    [`pkh(${TPUB}x)`, `pkh(): key '${TPUB}x' is not valid`],
    [`pkh(${TPUB}/2147483648)`, 'pkh(): Key path value 2147483648 is out of range'],
    [`pkh(${TPUB}/a)`, "pkh(): Key path value 'a' is not a valid uint32"],
    [`pkh(${TPUB}/<0;1>/*)`, "pkh(): Key path value '<0;1>' is not a valid uint32"],
    [`pkh([aaaaaaa]${KEY})`, 'pkh(): Fingerprint is not 4 bytes (7 characters instead of 8 characters)'],
    [`pkh([aaaaaaaa]]${KEY})`, "pkh(): Multiple ']' characters found for a single pubkey"],
    [`pkh(aaaaaaaa]${KEY})`, "pkh(): Key origin start '[ character expected but not found, got 'a' instead"],
    [`sh(sh(pk(${KEY})))`, 'Can only have sh() at top level'],
    [`wsh(wsh(pk(${KEY})))`, 'Can only have wsh() at top level or inside sh()'],
    [`wsh(wpkh(${KEY}))`, 'Can only have wpkh() at top level or inside sh()'],
    [`sh(combo(${KEY}))`, 'Can only have combo() at top level'],
    [`sh(tr(${KEY}))`, 'Can only have tr at top level'],
    [
      `multi(3,${KEY})`,
      'Multisig threshold cannot be larger than the number of keys; threshold is 3 but only 1 keys specified',
    ],
    [`multi(0,${KEY})`, 'Multisig threshold cannot be 0, must be at least 1'],
    [`multi(a,${KEY})`, "Multi threshold 'a' is not valid"],
    [
      `multi(1,${KEY},${KEY},${KEY},${KEY})`,
      'Cannot have 4 pubkeys in bare multisig; only at most 3 pubkeys',
    ],
    [`sh(multi(16${`,${KEY}`.repeat(16)}))`, 'P2SH script is too large, 547 bytes is larger than 520 bytes'],
    [
      `wsh(multi(1${`,${KEY}`.repeat(21)}))`,
      'Cannot have 21 keys in multisig; must have between 1 and 20 keys, inclusive',
    ],
    [`tr(${X},multi(1,${X}))`, 'Can only have multi/sortedmulti at top level, in sh(), or in wsh()'],
    [`wsh(multi_a(1,${KEY}))`, 'Can only have multi_a/sortedmulti_a inside tr()'],
    [`tr(${X},{pk(${X})})`, "tr(): expected ',' after script expression"],
    [`tr(${X},{pk(${X}),pk(${X}),pk(${X})})`, "tr(): expected '}' after script expression"],
    [`tr(${X},pk(${X}),pk(${X}))`, "tr(): expected ')' after script expression"],
    [`rawtr(${X},${X})`, 'rawtr(): only one key expected.'],
    ['sh(nothing)', 'A function is needed within P2SH'],
    ['wsh(nothing)', 'A function is needed within P2WSH'],
    ['raw(xyz)', 'Raw script is not hex'],
    ['addr(nowhere)', 'Address is not valid'],
    [`wsh(and_v(v:pk(${KEY}),older(9)))`, `Miniscript is not supported: 'and_v(v:pk(${KEY}),older(9))'`],
    [`sh(and_v(v:pk(${KEY}),older(9)))`, 'Miniscript expressions can only be used in wsh or tr.'],
    ['raw(deadbeef)#89f8spx', 'Expected 8 character checksum, not 7 characters'],
    ['raw(deadbeef)#89f8spxm#', "Multiple '#' symbols"],
    ['raw(deadbeef)#89f8spxn', "Provided checksum '89f8spxn' does not match computed checksum '89f8spxm'"],
    ['raw(dead\u00fcbeef)', 'Invalid characters in payload'],
  ])('is refused with a reason: %s', (text, words) => {
    expect(refusal(text)).toBe(words)
  })

  it('wants its checksum where that is asked for', () => {
    expect(refusal('raw(deadbeef)', true)).toBe('Missing checksum')
    expect(refusal('raw(deadbeef)#89f8spxm', true)).toBe('')
  })

  it('may be anything without harm', () => {
    const piece = fc.constantFrom(
      'pk(',
      'tr(',
      'wsh(',
      'sh(',
      'multi(1,',
      '{',
      '}',
      ')',
      ',',
      KEY,
      X,
      TPUB,
      '/0',
      '/*',
      'h',
      '[d34db33f]',
      '#',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), pieces => {
        const text = pieces.join('')
        if (refusal(text) === '' && !/miniscript/.test(text)) {
          try {
            expect(bytes(parse(text).at(0)?.scripts.map(toHex)[0] ?? '').length).toBeGreaterThanOrEqual(0)
          } catch (error) {
            expect(error).toBeInstanceOf(RpcError)
          }
        }
      }),
    )
  })
})
