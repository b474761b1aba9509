// The descriptor of a script, as far as what is known of its keys and scripts goes.

import { toHex } from '../../bitcoin/wire/hex.ts'
import type { ChainParams } from '../../params.ts'
import { scriptToAddress } from '../address.ts'
import { ripemd160 } from '../chain/hash160.ts'
import { withChecksum } from '../descriptor-checksum.ts'
import { classify, type ScriptKind } from '../script/kinds.ts'
import { TAPSCRIPT_VERSION } from '../script/taproot.ts'
import { type KeyExpression, OriginKey, SingleKey } from './key-expression.ts'
import type { KeyOrigin } from './key-path.ts'
import { matchMultiA, matchPkLeaf } from './leaf-forms.ts'
import { type DescriptorNode, type LeafNode, textOf } from './node.ts'
import { SigningProvider } from './provider.ts'

type Place = 'top' | 'sh' | 'wsh'

const NOTHING_KNOWN = new SigningProvider()

/** With its checksum. */
export function inferDescriptor(
  params: ChainParams,
  script: Uint8Array,
  provider: SigningProvider = NOTHING_KNOWN,
): string {
  const node = inferNode(script, provider, 'top')
  if (node) return withChecksum(textOf(node, key => key.text()) as string)
  const address = scriptToAddress(params, script)
  return withChecksum(address === undefined ? `raw(${toHex(script)})` : `addr(${address})`)
}

/** Undefined where keys or scripts are missing. */
function inferNode(script: Uint8Array, provider: SigningProvider, place: Place): DescriptorNode | undefined {
  const kind = classify(script)
  switch (kind.kind) {
    case 'p2pk': {
      const key = keyOf(kind.key, provider, place)
      return key && { kind: 'pk', key }
    }
    case 'p2pkh':
      return ofHash('pkh', kind.hash, provider, place)
    case 'p2wpkh':
      return place === 'wsh' ? undefined : ofHash('wpkh', kind.hash, provider, 'wsh')
    case 'multisig': {
      const keys = kind.keys.map(key => keyOf(key, provider, place))
      return keys.every(key => key !== undefined) ? { kind: 'multi', needed: kind.required, keys } : undefined
    }
    case 'p2sh':
      return place === 'top' ? wrapped('sh', kind.scriptHash, provider) : undefined
    case 'p2wsh':
      return place === 'wsh' ? undefined : wrapped('wsh', ripemd160(kind.scriptHash), provider)
    case 'p2tr':
      return place === 'top' ? taproot(kind, provider) : undefined
    default:
      return undefined
  }
}

function ofHash(
  kind: 'pkh' | 'wpkh',
  hash: Uint8Array,
  provider: SigningProvider,
  place: Place,
): DescriptorNode | undefined {
  const publicKey = provider.publicKeys.get(toHex(hash))
  const key = publicKey && keyOf(publicKey, provider, place)
  return key && { kind, key }
}

function wrapped(
  kind: 'sh' | 'wsh',
  hash: Uint8Array,
  provider: SigningProvider,
): DescriptorNode | undefined {
  const script = provider.scripts.get(toHex(hash))
  const inner = script && inferNode(script, provider, kind)
  return inner && { kind, inner }
}

function taproot(
  { key }: ScriptKind & { readonly kind: 'p2tr' },
  provider: SigningProvider,
): DescriptorNode | undefined {
  const tree = provider.taproots.get(toHex(key))
  const leaves: LeafNode[] = []
  for (const { script, version, depth } of tree?.leaves ?? []) {
    const node = version === TAPSCRIPT_VERSION ? leafNode(script, provider) : undefined
    if (!node) return { kind: 'rawtr', key: byX(key, provider) }
    leaves.push({ depth, node })
  }
  return tree
    ? { kind: 'tr', key: byX(tree.internalKey, provider), leaves }
    : { kind: 'rawtr', key: byX(key, provider) }
}

function leafNode(script: Uint8Array, provider: SigningProvider): DescriptorNode | undefined {
  const single = matchPkLeaf(script)
  if (single) return { kind: 'pk', key: byX(single, provider) }
  const multi = matchMultiA(script)
  return multi && { kind: 'multi_a', needed: multi.needed, keys: multi.keys.map(key => byX(key, provider)) }
}

function keyOf(publicKey: Uint8Array, provider: SigningProvider, place: Place): KeyExpression | undefined {
  const [prefix] = publicKey
  if (prefix === 6 || prefix === 7 || (place === 'wsh' && publicKey.length !== 33)) return undefined
  return withOrigin(provider.originOf(publicKey), new SingleKey(publicKey, undefined, false))
}

function byX(x: Uint8Array, provider: SigningProvider): KeyExpression {
  return withOrigin(provider.originByX(x), new SingleKey(Uint8Array.of(2, ...x), undefined, true))
}

function withOrigin(origin: KeyOrigin | undefined, key: KeyExpression): KeyExpression {
  return origin ? new OriginKey(origin, key) : key
}
