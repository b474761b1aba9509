// Reads a descriptor's text into its tree, with Core's words for what is none. Miniscript is refused: it is no part of this parser.

import { fromHex } from '../../bitcoin/wire/hex.ts'
import type { ChainParams } from '../../params.ts'
import { addressToScript, scriptToAddress } from '../address.ts'
import { MAX_ITEM_BYTES, MAX_MULTISIG_KEYS } from '../script/limits.ts'
import type { Secp256k1 } from '../services.ts'
import { BadKey, type KeyExpression, type KeyPlace, parseKey } from './key-expression.ts'
import type { DescriptorNode, LeafNode } from './node.ts'

/** A word on why a text is no descriptor. */
export class BadDescriptor extends Error {}

/** Where an expression stands. */
type Place = 'top' | 'sh' | 'wsh' | 'tr'

const MAX_BARE_KEYS = 3
const MAX_MULTI_A_KEYS = 999
const MAX_TREE_DEPTH = 128
const MULTI = /^(multi|sortedmulti)$/
const MULTI_A = /^(multi_a|sortedmulti_a)$/
const MINISCRIPT =
  /^(?:[asctdvjnlu]+:.*|(?:pk_k|pk_h|pkh|older|after|sha256|hash256|ripemd160|hash160|andor|and_v|and_b|and_n|or_b|or_c|or_d|or_i|thresh)\(.*)$/

/** Throws BadDescriptor. */
export function parseNode(params: ChainParams, secp: Secp256k1, text: string): DescriptorNode {
  return new Parser(params, secp).whole(text, 'top')
}

class Parser {
  readonly #params: ChainParams
  readonly #secp: Secp256k1

  constructor(params: ChainParams, secp: Secp256k1) {
    this.#params = params
    this.#secp = secp
  }

  /** Nothing stands behind it. */
  whole(text: string, place: Place): DescriptorNode {
    const [expression, rest] = cut(text)
    const node = this.#expression(expression, place)
    demand(rest === '', '')
    return node
  }

  #expression(text: string, place: Place): DescriptorNode {
    const { name, inner } = functionOf(text)
    if (name === 'pk') return { kind: 'pk', key: this.#key(inner, place, 'pk(): ') }
    if (name === 'pkh' && place !== 'tr') return { kind: 'pkh', key: this.#key(inner, place, 'pkh(): ') }
    if (name === 'combo') {
      demand(place === 'top', 'Can only have combo() at top level')
      return { kind: 'combo', key: this.#key(inner, place, 'combo(): ') }
    }
    if (MULTI.test(name)) {
      demand(place !== 'tr', 'Can only have multi/sortedmulti at top level, in sh(), or in wsh()')
      return this.#multi(name as 'multi' | 'sortedmulti', inner, place)
    }
    if (MULTI_A.test(name)) {
      demand(place === 'tr', 'Can only have multi_a/sortedmulti_a inside tr()')
      return this.#multi(name as 'multi_a' | 'sortedmulti_a', inner, place)
    }
    if (name === 'wpkh') {
      const fits = place === 'top' || place === 'sh'
      demand(fits, 'Can only have wpkh() at top level or inside sh()')
      return { kind: 'wpkh', key: this.#key(inner, 'wsh', 'wpkh(): ') }
    }
    return this.#outer(name, inner, place) ?? refuse(text, place)
  }

  /** What stands around others, or for an output as it is. */
  #outer(name: string, inner: string, place: Place): DescriptorNode | undefined {
    const top = place === 'top'
    switch (name) {
      case 'sh':
        demand(top, 'Can only have sh() at top level')
        return { kind: 'sh', inner: this.whole(inner, 'sh') }
      case 'wsh':
        demand(top || place === 'sh', 'Can only have wsh() at top level or inside sh()')
        return { kind: 'wsh', inner: this.whole(inner, 'wsh') }
      case 'addr':
        demand(top, 'Can only have addr() at top level')
        return this.#address(inner)
      case 'tr':
        demand(top, 'Can only have tr at top level')
        return this.#taproot(inner)
      case 'rawtr':
        demand(top, 'Can only have rawtr at top level')
        demand(cut(inner)[1] === '', 'rawtr(): only one key expected.')
        return { kind: 'rawtr', key: this.#key(inner, 'tr', '') }
      case 'raw': {
        demand(top, 'Can only have raw() at top level')
        const script = inner === '' ? undefined : fromHex(inner)
        if (!script) throw new BadDescriptor('Raw script is not hex')
        return { kind: 'raw', script }
      }
      default:
        return undefined
    }
  }

  #address(text: string): DescriptorNode {
    const script = addressToScript(this.#params, text)
    if (!script) throw new BadDescriptor('Address is not valid')
    return { kind: 'addr', address: scriptToAddress(this.#params, script) ?? text, script }
  }

  #multi(
    kind: 'multi' | 'sortedmulti' | 'multi_a' | 'sortedmulti_a',
    inner: string,
    place: Place,
  ): DescriptorNode {
    const [threshold, ...texts] = pieces(inner)
    const digits = threshold ?? ''
    const needed = /^\d{1,10}$/.test(digits) ? Number(digits) : Number.NaN
    demand(needed <= 0xffffffff, `Multi threshold '${digits}' is not valid`)
    const keys = texts.map(text => this.#key(text, place, 'Multi: '))
    const [most, what] = place === 'tr' ? [MAX_MULTI_A_KEYS, 'multi_a'] : [MAX_MULTISIG_KEYS, 'multisig']
    demand(
      keys.length > 0 && keys.length <= most,
      `Cannot have ${keys.length} keys in ${what}; must have between 1 and ${most} keys, inclusive`,
    )
    demand(needed >= 1, `Multisig threshold cannot be ${needed}, must be at least 1`)
    demand(
      needed <= keys.length,
      `Multisig threshold cannot be larger than the number of keys; threshold is ${needed} but only ${keys.length} keys specified`,
    )
    demand(
      place !== 'top' || keys.length <= MAX_BARE_KEYS,
      `Cannot have ${keys.length} pubkeys in bare multisig; only at most 3 pubkeys`,
    )
    const bytes = keys.reduce((sum, { size }) => sum + size + 1, 3)
    demand(
      place !== 'sh' || bytes <= MAX_ITEM_BYTES,
      `P2SH script is too large, ${bytes} bytes is larger than ${MAX_ITEM_BYTES} bytes`,
    )
    return { kind, needed, keys }
  }

  #taproot(inner: string): DescriptorNode {
    const [first, rest] = cut(inner)
    const key = this.#key(first, 'tr', 'tr(): ')
    if (rest === '') return { kind: 'tr', key, leaves: [] }
    demand(rest.startsWith(','), `tr: expected ',', got '${rest[0]}'`)
    const leaves: LeafNode[] = []
    const end = this.#tree(rest.slice(1), 0, leaves)
    demand(end === '', "tr(): expected ')' after script expression")
    return { kind: 'tr', key, leaves }
  }

  /** Reads a leaf or a branch; gives what is left of the text. */
  #tree(text: string, depth: number, leaves: LeafNode[]): string {
    if (!text.startsWith('{')) {
      const [expression, rest] = cut(text)
      leaves.push({ depth, node: this.#expression(expression, 'tr') })
      return rest
    }
    demand(depth < MAX_TREE_DEPTH, `tr() supports at most ${MAX_TREE_DEPTH} nesting levels`)
    const right = this.#tree(text.slice(1), depth + 1, leaves)
    demand(right.startsWith(','), "tr(): expected ',' after script expression")
    const end = this.#tree(right.slice(1), depth + 1, leaves)
    demand(end.startsWith('}'), "tr(): expected '}' after script expression")
    return end.slice(1)
  }

  #key(text: string, place: Place, prefix: string): KeyExpression {
    const wanted: KeyPlace = place === 'tr' ? 'xonly' : place === 'wsh' ? 'compressed' : 'any'
    try {
      return parseKey(this.#secp, text, wanted)
    } catch (error) {
      if (error instanceof BadKey) throw new BadDescriptor(`${prefix}${error.message}`)
      throw error
    }
  }
}

function refuse(text: string, place: Place): never {
  if (MINISCRIPT.test(text)) {
    demand(place === 'wsh' || place === 'tr', 'Miniscript expressions can only be used in wsh or tr.')
    throw new BadDescriptor(`Miniscript is not supported: '${text}'`)
  }
  if (place === 'sh') throw new BadDescriptor('A function is needed within P2SH')
  if (place === 'wsh') throw new BadDescriptor('A function is needed within P2WSH')
  throw new BadDescriptor(`'${text}' is not a valid descriptor function`)
}

function demand(holds: boolean, words: string): void {
  if (!holds) throw new BadDescriptor(words)
}

function functionOf(text: string): { readonly name: string; readonly inner: string } {
  const [, name = '', inner = ''] = /^([a-z_0-9]+)\((.*)\)$/s.exec(text) ?? []
  return { name, inner }
}

/** The first expression of a text, up to a comma or a closing bracket that is not its own, and the rest. */
function cut(text: string): [expression: string, rest: string] {
  let level = 0
  let at = 0
  for (; at < text.length; at++) {
    const character = text[at]
    if (character === '(' || character === '{') level++
    else if (level > 0 && (character === ')' || character === '}')) level--
    else if (level === 0 && (character === ')' || character === '}' || character === ',')) break
  }
  return [text.slice(0, at), text.slice(at)]
}

/** Expressions with commas between them. */
function pieces(text: string): string[] {
  const found: string[] = []
  let [expression, rest] = cut(text)
  found.push(expression)
  while (rest !== '') {
    demand(rest.startsWith(','), `Multi: expected ',', got '${rest[0]}'`)
    ;[expression, rest] = cut(rest.slice(1))
    found.push(expression)
  }
  return found
}
