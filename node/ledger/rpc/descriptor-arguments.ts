// Descriptors as RPC calls name them: a text, or an object of a text and a range of positions.

import { RPC, RpcError } from '../../core/service.ts'
import { SigningProvider } from '../descriptor/provider.ts'
import { type Descriptor, parseDescriptor } from '../descriptors.ts'
import type { LedgerParts } from '../parts.ts'

export type Range = readonly [first: number, last: number]

const MAX_RANGE = 1_000_000
const MAX_POSITION = 2 ** 31
/** Of a ranged descriptor that says none. */
const USUAL_RANGE: Range = [0, 1_000]

/** The end of a range, or its begin and end. */
export function rangeOf(value: unknown): Range {
  const [first, last] = typeof value === 'number' ? [0, value] : pairOf(value)
  if (first < 0) throw new RpcError(RPC.invalidParameter, 'Range should be greater or equal than 0')
  if (last < 0 || last >= MAX_POSITION) throw new RpcError(RPC.invalidParameter, 'End of range is too high')
  if (last >= first + MAX_RANGE) throw new RpcError(RPC.invalidParameter, 'Range is too large')
  return [first, last]
}

function pairOf(value: unknown): Range {
  const [first, last, ...more] = Array.isArray(value) ? value : []
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || more.length > 0)
    throw new RpcError(RPC.invalidParameter, 'Range must be specified as end or as [begin,end]')
  if (first > last)
    throw new RpcError(RPC.invalidParameter, 'Range specified as [begin,end] must not have begin after end')
  return [first, last]
}

/** Of a scan's action what is answered at once: there is never one that goes on. Undefined: it is to start. */
export function answerWithoutScan(action: string): null | false | undefined {
  if (action === 'status') return null
  if (action === 'abort') return false
  if (action !== 'start') throw new RpcError(RPC.invalidParameter, `Invalid action '${action}'`)
  return undefined
}

export interface Scanned {
  readonly descriptor: Descriptor
  readonly scripts: readonly Uint8Array[]
  readonly provider: SigningProvider
}

/** All scripts of a scan object, and what solves them. `withPrivate`: with the private keys that it has. */
export function scanned({ env, secp }: LedgerParts, object: unknown, withPrivate = false): Scanned {
  const { text, range } = scanObject(object)
  const descriptor = parseDescriptor(env.params, secp, text)
  const [first, last] = descriptor.isRange ? range : [0, 0]
  const scripts: Uint8Array[] = []
  const provider = new SigningProvider()
  for (let position = first; position <= last; position++) {
    const expansion = descriptor.at(position)
    if (!expansion)
      throw new RpcError(RPC.invalidAddressOrKey, `Cannot derive script without private keys: '${text}'`)
    scripts.push(...expansion.scripts)
    provider.addAll(expansion.provider)
    if (withPrivate) descriptor.addPrivateKeys(position, provider)
  }
  return { descriptor, scripts, provider }
}

function scanObject(object: unknown): { readonly text: string; readonly range: Range } {
  if (typeof object === 'string') return { text: object, range: USUAL_RANGE }
  if (typeof object !== 'object' || object === null || Array.isArray(object))
    throw new RpcError(RPC.invalidParameter, 'Scan object needs to be either a string or an object')
  const { desc, range } = object as { readonly desc?: unknown; readonly range?: unknown }
  if (typeof desc !== 'string')
    throw new RpcError(RPC.invalidParameter, 'Descriptor needs to be provided in scan object')
  return { text: desc, range: range === undefined || range === null ? USUAL_RANGE : rangeOf(range) }
}
