// What is wrong with a text that is no address of this network, in Core's words, and where in it, as far as the checksum tells.

import type { ChainParams } from '../params.ts'
import { BASE58_SCRIPT_HASH } from '../params.ts'
import { decodeBase58, decodeBase58Check } from './base58.ts'
import {
  ALPHABET,
  BECH32,
  BECH32M,
  CHECKSUM_DIGITS,
  expand,
  MAX_CHARACTERS,
  polymod,
  regroup,
} from './bech32.ts'

export interface AddressError {
  readonly words: string
  /** Places of characters that are likely to be wrong. */
  readonly places: readonly number[]
}

type AddressParams = Pick<ChainParams, 'bech32Hrp' | 'base58PubkeyHash'>

const PAYLOAD_BYTES = 21
const MAX_VERSION = 16
const MOST_PROGRAM_BYTES = 40

/** Of a text that `addressToScript` takes for none. */
export function addressError(params: AddressParams, text: string): AddressError {
  const hrp = params.bech32Hrp
  if (text.slice(0, hrp.length).toLowerCase() !== hrp) return saying(base58Words(params, text))
  const form = formError(text)
  if (form) return form
  const at = text.lastIndexOf('1')
  const said = text.slice(0, at).toLowerCase()
  const digits = digitsOf(text.slice(at + 1).toLowerCase())
  const sum = polymod([...expand(said), ...digits])
  if (sum !== BECH32 && sum !== BECH32M) return checksumError(sum, digits.length, at + 1)
  return saying(programWords(hrp, said, digits.slice(0, -CHECKSUM_DIGITS), sum))
}

const saying = (words: string): AddressError => ({ words, places: [] })
const digitsOf = (data: string) => Array.from(data, character => ALPHABET.indexOf(character))

function base58Words({ base58PubkeyHash }: AddressParams, text: string): string {
  const payload = decodeBase58Check(text)
  if (payload && payload.length <= PAYLOAD_BYTES)
    return payload[0] === base58PubkeyHash || payload[0] === BASE58_SCRIPT_HASH
      ? 'Invalid length for Base58 address (P2PKH or P2SH)'
      : 'Invalid or unsupported Base58-encoded address.'
  return decodeBase58(text) === undefined
    ? 'Invalid or unsupported Segwit (Bech32) or Base58 encoding.'
    : 'Invalid checksum or length of Base58 address (P2PKH or P2SH)'
}

/** What can be said before the checksum is asked. */
function formError(text: string): AddressError | undefined {
  if (text.length > MAX_CHARACTERS)
    return {
      words: 'Bech32 string too long',
      places: Array.from({ length: text.length - MAX_CHARACTERS }, (_, i) => MAX_CHARACTERS + i),
    }
  const odd = oddCharacters(text)
  if (odd.length > 0) return { words: 'Invalid character or mixed case', places: odd }
  const at = text.lastIndexOf('1')
  if (at === -1) return saying('Missing separator')
  if (at === 0 || at + CHECKSUM_DIGITS >= text.length)
    return { words: 'Invalid separator position', places: [at] }
  const wrong = digitsOf(text.slice(at + 1).toLowerCase()).indexOf(-1)
  return wrong === -1 ? undefined : { words: 'Invalid Base 32 character', places: [at + 1 + wrong] }
}

/** Not printable, or of the other case than the first letter. */
function oddCharacters(text: string): number[] {
  const isLower = /[a-z]/.test(/[a-z]/i.exec(text)?.[0] ?? '')
  const odd = isLower ? /[^\x21-\x40\x5b-\x7e]/ : /[^\x21-\x60\x7b-\x7e]/
  return Array.from({ length: text.length }, (_, i) => i).filter(i => odd.test(text.charAt(i)))
}

/** Where the checksum is one: what is in it, and of which network. */
function programWords(
  hrp: string,
  said: string,
  [version, ...digits]: readonly number[],
  sum: number,
): string {
  if (version === undefined) return 'Empty Bech32 data section'
  if (said !== hrp)
    return `Invalid or unsupported prefix for Segwit (Bech32) address (expected ${hrp}, got ${said}).`
  if (version === 0 && sum !== BECH32) return 'Version 0 witness address must use Bech32 checksum'
  if (version !== 0 && sum !== BECH32M) return 'Version 1+ witness address must use Bech32m checksum'
  const program = regroup(digits, 5, 8, false)
  if (!program) return 'Invalid padding in Bech32 data section'
  const size = `${program.length} ${program.length === 1 ? 'byte' : 'bytes'}`
  if (version === 0) return `Invalid Bech32 v0 address program size (${size}), per BIP141`
  if (version > MAX_VERSION) return 'Invalid Bech32 address witness version'
  if (program.length < 2 || program.length > MOST_PROGRAM_BYTES)
    return `Invalid Bech32 address program size (${size})`
  throw new Error(`${program.length} bytes of version ${version} are a witness program`)
}

/**
 * The code (BIP173) has one nearest word at up to two wrong characters, mostly: they are looked for under either checksum, and
 * where both have one the nearer is believed.
 */
function checksumError(sum: number, length: number, start: number): AddressError {
  const found = ([BECH32, BECH32M] as const).flatMap(constant => {
    const places = wrongPlaces(sum ^ constant, length)
    return places.length > 0 ? [{ constant, places }] : []
  })
  const [nearest] = found.sort((a, b) => a.places.length - b.places.length)
  if (!nearest) return saying('Invalid checksum')
  const words = nearest.constant === BECH32 ? 'Invalid Bech32 checksum' : 'Invalid Bech32m checksum'
  return { words, places: nearest.places.map(place => start + place).sort((a, b) => a - b) }
}

/** What a digit at a place does to the checksum, which is linear: two errors add up to the sum of what each does. */
function wrongPlaces(residue: number, length: number): number[] {
  const placeOf = new Map<number, number>()
  for (let place = 0; place < length; place++)
    for (let digit = 1; digit < ALPHABET.length; digit++)
      placeOf.set(effect(digit, length - 1 - place), place)
  const single = placeOf.get(residue)
  if (single !== undefined) return [single]
  for (const [each, place] of placeOf) {
    const other = placeOf.get(residue ^ each)
    if (other !== undefined && other !== place) return [place, other]
  }
  return []
}

/** Of a digit with so many behind it; the checksum of nothing is taken out, since it begins with one and not with zero. */
function effect(digit: number, behind: number): number {
  const rest = new Array<number>(behind).fill(0)
  return polymod([digit, ...rest]) ^ polymod([0, ...rest])
}
