// Unlocks a taproot output: by its key, else by the leaf that takes the fewest bytes (BIP341, BIP342).

import { fromHex, toHex } from '../../bitcoin/wire/hex.ts'
import { matchMultiA, matchPkLeaf } from '../descriptor/leaf-forms.ts'
import type { SigningProvider } from '../descriptor/provider.ts'
import { TAPSCRIPT_VERSION, tapLeafHash } from '../script/taproot.ts'
import { witnessBytes } from '../script/witness-size.ts'
import type { LeafFacts, SignatureData } from './signature-data.ts'
import type { Signer } from './signer.ts'

const EMPTY = new Uint8Array(0)

/** The items of the witness; undefined while it is not complete. */
export function solveTaproot(
  provider: SigningProvider,
  signer: Signer,
  outputKey: Uint8Array,
  data: SignatureData,
): Uint8Array[] | undefined {
  const tree = provider.taproots.get(toHex(outputKey))
  if (tree) data.addTree(tree)
  const signature = keySignature(provider, signer, outputKey, data)
  if (signature) return [signature]
  let smallest: Uint8Array[] | undefined
  for (const leaf of data.leaves.values()) {
    const items = leafItems(provider, signer, leaf, data)
    const [control] = [...leaf.controls].sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
    if (!items || control === undefined) continue
    const witness = [...items, leaf.script, fromHex(control) as Uint8Array]
    if (!smallest || witnessBytes(witness) < witnessBytes(smallest)) smallest = witness
  }
  return smallest
}

function keySignature(
  provider: SigningProvider,
  signer: Signer,
  outputKey: Uint8Array,
  data: SignatureData,
): Uint8Array | undefined {
  const { internalKey } = data
  const origin = internalKey && provider.originByX(internalKey)
  if (internalKey && origin && !data.leafKeys.has(toHex(internalKey))) data.addLeafKey(internalKey, origin)
  if (data.keySignature) return data.keySignature
  // The tweaked internal key, else a key that is the output's as it is.
  const secret = internalKey && provider.privateByX(internalKey)
  if (secret) data.keySignature = signer.schnorr(secret, { tweak: { root: data.root } })
  const plain = data.keySignature ? undefined : provider.privateByX(outputKey)
  if (plain) data.keySignature = signer.schnorr(plain, {})
  return data.keySignature
}

function leafItems(
  provider: SigningProvider,
  signer: Signer,
  { script, version }: LeafFacts,
  data: SignatureData,
): Uint8Array[] | undefined {
  if (version !== TAPSCRIPT_VERSION) return undefined
  const leafHash = tapLeafHash(version, script)
  const sign = (key: Uint8Array) => leafSignature(provider, signer, key, leafHash, data)
  const single = matchPkLeaf(script)
  if (single) {
    const signature = sign(single)
    return signature && [signature]
  }
  const multi = matchMultiA(script)
  if (!multi) return undefined
  const signatures = multi.keys.map(sign)
  let left = multi.needed
  const items = signatures.map(signature => (signature && left-- > 0 ? signature : EMPTY))
  // The last key's signature comes first: the script begins with the first key, and takes from the top.
  return left <= 0 ? items.reverse() : undefined
}

function leafSignature(
  provider: SigningProvider,
  signer: Signer,
  key: Uint8Array,
  leafHash: Uint8Array,
  data: SignatureData,
): Uint8Array | undefined {
  const origin = provider.originByX(key)
  if (origin) data.addLeafKey(key, origin, leafHash)
  const id = `${toHex(key)}:${toHex(leafHash)}`
  const known = data.leafSignatures.get(id)
  if (known) return known
  const privateKey = provider.privateByX(key)
  const signature = privateKey && signer.schnorr(privateKey, { leafHash })
  if (signature) data.leafSignatures.set(id, signature)
  return signature
}
