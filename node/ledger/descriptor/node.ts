// What a descriptor says, as a tree (BIP380–386), and what follows from it: its scripts at a position with what solves them, and its text.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { hasher } from '../../hash.ts'
import { hash160 } from '../chain/hash160.ts'
import { concat, pushData, pushNumber } from '../chain/push.ts'
import { classify, isP2sh, p2pkhScript, p2shScript, p2wpkhScript, witnessScript } from '../script/kinds.ts'
import { OP } from '../script/opcodes.ts'
import { p2trScript } from '../script/taproot.ts'
import type { Secp256k1 } from '../services.ts'
import type { AddressType } from './address-type.ts'
import type { KeyExpression } from './key-expression.ts'
import type { SigningProvider } from './provider.ts'
import { tapscriptLeaf, tapTree } from './tap-tree.ts'

export type DescriptorNode =
  | { readonly kind: 'pk' | 'pkh' | 'wpkh' | 'combo' | 'rawtr'; readonly key: KeyExpression }
  | {
      readonly kind: 'multi' | 'sortedmulti' | 'multi_a' | 'sortedmulti_a'
      readonly needed: number
      readonly keys: readonly KeyExpression[]
    }
  | { readonly kind: 'sh' | 'wsh'; readonly inner: DescriptorNode }
  | { readonly kind: 'tr'; readonly key: KeyExpression; readonly leaves: readonly LeafNode[] }
  | { readonly kind: 'addr'; readonly address: string; readonly script: Uint8Array }
  | { readonly kind: 'raw'; readonly script: Uint8Array }

/** From left to right. */
export interface LeafNode {
  readonly depth: number
  readonly node: DescriptorNode
}

/** Undefined where a private key is missing without which a public one does not follow. */
export function scriptsAt(
  secp: Secp256k1,
  node: DescriptorNode,
  position: number,
  provider: SigningProvider,
): Uint8Array[] | undefined {
  switch (node.kind) {
    case 'addr':
    case 'raw':
      return [node.script]
    case 'sh':
    case 'wsh': {
      const [inner] = scriptsAt(secp, node.inner, position, provider) ?? []
      if (!inner) return undefined
      provider.addScript(inner)
      return [node.kind === 'sh' ? p2shScript(hash160(inner)) : p2wshScript(inner)]
    }
    case 'multi':
    case 'sortedmulti': {
      const keys = keysAt(node.keys, position, provider)
      return keys && [multisigScript(node.needed, node.kind === 'multi' ? keys : sorted(keys))]
    }
    case 'tr': {
      const script = taprootAt(secp, node, position, provider)
      return script && [script]
    }
    case 'multi_a':
    case 'sortedmulti_a':
      return undefined // stands in trees alone
    default: {
      const [key] = keysAt([node.key], position, provider) ?? []
      return key && singleScripts(node.kind, key, provider)
    }
  }
}

function singleScripts(
  kind: 'pk' | 'pkh' | 'wpkh' | 'combo' | 'rawtr',
  key: Uint8Array,
  provider: SigningProvider,
): Uint8Array[] {
  if (kind === 'pk') return [p2pkScript(key)]
  if (kind === 'pkh') return [p2pkhScript(hash160(key))]
  if (kind === 'wpkh') return [p2wpkhScript(hash160(key))]
  if (kind === 'rawtr') return [p2trScript(key.subarray(1))]
  const old = [p2pkScript(key), p2pkhScript(hash160(key))]
  if (key.length !== 33) return old
  const witness = p2wpkhScript(hash160(key))
  provider.addScript(witness)
  return [...old, witness, p2shScript(hash160(witness))]
}

function taprootAt(
  secp: Secp256k1,
  { key, leaves }: DescriptorNode & { readonly kind: 'tr' },
  position: number,
  provider: SigningProvider,
): Uint8Array | undefined {
  const [internal] = keysAt([key], position, provider) ?? []
  const scripts = leaves.map(({ node }) => leafScript(node, position, provider))
  if (!internal || scripts.includes(undefined)) return undefined
  const found = leaves.map(({ depth }, i) => tapscriptLeaf(scripts[i] as Uint8Array, depth))
  const tree = tapTree(secp, internal.subarray(1), found)
  if (!tree) return undefined
  provider.addTree(tree)
  return p2trScript(tree.outputKey)
}

/** BIP386: keys by their x; BIP387: multi_a. */
function leafScript(
  node: DescriptorNode,
  position: number,
  provider: SigningProvider,
): Uint8Array | undefined {
  if (node.kind === 'pk') {
    const [key] = keysAt([node.key], position, provider) ?? []
    return key && p2pkScript(key.subarray(1))
  }
  if (node.kind !== 'multi_a' && node.kind !== 'sortedmulti_a') return undefined
  const keys = keysAt(node.keys, position, provider)?.map(key => key.subarray(1))
  return keys && multiAScript(node.needed, node.kind === 'multi_a' ? keys : sorted(keys))
}

function keysAt(
  keys: readonly KeyExpression[],
  position: number,
  provider: SigningProvider,
): Uint8Array[] | undefined {
  const found: Uint8Array[] = []
  for (const key of keys) {
    const derived = key.at(position)
    if (!derived) return undefined
    provider.addKey(derived.publicKey, { origin: derived.origin })
    found.push(derived.publicKey)
  }
  return found
}

/** The private keys at a position, of those that are there. */
export function addPrivateKeys(node: DescriptorNode, position: number, provider: SigningProvider): void {
  for (const key of keysOf(node)) {
    if (!key.hasPrivate) continue
    const [derived, privateKey] = [key.at(position), key.privateAt(position)]
    if (derived && privateKey) provider.addKey(derived.publicKey, { origin: derived.origin, privateKey })
  }
}

/** In their order in the text. */
export function keysOf(node: DescriptorNode): KeyExpression[] {
  if ('keys' in node) return [...node.keys]
  if ('inner' in node) return keysOf(node.inner)
  if (node.kind === 'tr') return [node.key, ...node.leaves.flatMap(leaf => keysOf(leaf.node))]
  return 'key' in node ? [node.key] : []
}

/** Undefined where one of the keys has no such text. */
export function textOf(
  node: DescriptorNode,
  write: (key: KeyExpression) => string | undefined,
): string | undefined {
  if (node.kind === 'addr') return `addr(${node.address})`
  if (node.kind === 'raw') return `raw(${toHex(node.script)})`
  if ('inner' in node) {
    const inner = textOf(node.inner, write)
    return inner && `${node.kind}(${inner})`
  }
  const keys = ('keys' in node ? node.keys : [node.key]).map(write)
  if (keys.includes(undefined)) return undefined
  if ('keys' in node) return `${node.kind}(${[node.needed, ...keys].join(',')})`
  if (node.kind !== 'tr' || node.leaves.length === 0) return `${node.kind}(${keys[0]})`
  const leaves = node.leaves.map(leaf => textOf(leaf.node, write))
  if (leaves.includes(undefined)) return undefined
  return `tr(${keys[0]},${treeText(node.leaves.map(({ depth }, i) => ({ depth, text: leaves[i] as string })))})`
}

/** Braces around what two sides of a branch say. */
function treeText(leaves: readonly { readonly depth: number; readonly text: string }[]): string {
  const stack: { depth: number; text: string }[] = []
  for (const leaf of leaves) {
    let node = { ...leaf }
    for (let left = stack.at(-1); left && left.depth === node.depth && node.depth > 0; left = stack.at(-1)) {
      stack.pop()
      node = { depth: node.depth - 1, text: `{${left.text},${node.text}}` }
    }
    stack.push(node)
  }
  return stack[0]?.text ?? ''
}

/** The kind of address that its scripts have; undefined for several, or none. */
export function addressTypeOf(node: DescriptorNode): AddressType | undefined {
  if (node.kind === 'pkh') return 'legacy'
  if (node.kind === 'wpkh' || node.kind === 'wsh') return 'bech32'
  if (node.kind === 'tr' || node.kind === 'rawtr') return 'bech32m'
  if (node.kind === 'sh')
    return node.inner.kind === 'wpkh' || node.inner.kind === 'wsh' ? 'p2sh-segwit' : 'legacy'
  return node.kind === 'addr' ? addressTypeOfScript(node.script) : undefined
}

/** Of a script hash it is not known what it is for: Core takes it for P2SH-P2WPKH. */
export function addressTypeOfScript(script: Uint8Array): AddressType | undefined {
  const { kind } = classify(script)
  if (kind === 'p2pkh') return 'legacy'
  if (isP2sh(script)) return 'p2sh-segwit'
  if (kind === 'p2wpkh' || kind === 'p2wsh') return 'bech32'
  return kind === 'p2tr' ? 'bech32m' : undefined
}

function p2pkScript(key: Uint8Array): Uint8Array {
  return concat(pushData(key), Uint8Array.of(OP.checkSig))
}

export function p2wshScript(witness: Uint8Array): Uint8Array {
  return witnessScript({ version: 0, program: hasher.sha256(witness) })
}

export function multisigScript(needed: number, keys: readonly Uint8Array[]): Uint8Array {
  return concat(
    pushNumber(needed),
    ...keys.map(pushData),
    pushNumber(keys.length),
    Uint8Array.of(OP.checkMultisig),
  )
}

/** BIP387. */
export function multiAScript(needed: number, keys: readonly Uint8Array[]): Uint8Array {
  const checks = keys.map((key, i) =>
    concat(pushData(key), Uint8Array.of(i === 0 ? OP.checkSig : OP.checkSigAdd)),
  )
  return concat(...checks, pushNumber(needed), Uint8Array.of(OP.numEqual))
}

/** BIP67. */
function sorted(keys: readonly Uint8Array[]): Uint8Array[] {
  return keys.toSorted((a, b) => (toHex(a) < toHex(b) ? -1 : 1))
}
