// Messages about the info dictionary, in pieces of 16 KiB (BEP 9).

import { ProtocolError } from '../../errors.ts'
import { decodeFirst, encodeBencode, isDictionary } from '../bencode.ts'

export type MetadataMessage =
  | { readonly type: 'request' | 'reject'; readonly piece: number }
  | {
      readonly type: 'data'
      readonly piece: number
      /** Of the whole info. */
      readonly totalBytes: number
      readonly bytes: Uint8Array
    }

const TYPES = { request: 0, data: 1, reject: 2 } as const

export function encodeMetadataMessage(message: MetadataMessage): Uint8Array {
  const { type, piece } = message
  if (type !== 'data') return encodeBencode({ msg_type: TYPES[type], piece })
  const head = encodeBencode({ msg_type: TYPES.data, piece, total_size: message.totalBytes })
  const whole = new Uint8Array(head.length + message.bytes.length)
  whole.set(head)
  whole.set(message.bytes, head.length)
  return whole
}

/** Undefined: of a type that is not known, which is to be ignored (BEP 9). Throws ProtocolError. */
export function decodeMetadataMessage(payload: Uint8Array): MetadataMessage | undefined {
  const [said, end] = decodeFirst(payload, { anyOrder: true })
  if (!isDictionary(said)) throw new ProtocolError('malformed', 'ut_metadata')
  const { msg_type: type, piece, total_size: totalBytes } = said
  if (typeof piece !== 'number' || piece < 0) throw new ProtocolError('malformed', 'ut_metadata: piece')
  if (type === TYPES.request) return { type: 'request', piece }
  if (type === TYPES.reject) return { type: 'reject', piece }
  if (type !== TYPES.data) return undefined
  if (typeof totalBytes !== 'number' || totalBytes <= 0)
    throw new ProtocolError('malformed', 'ut_metadata: total_size')
  return { type: 'data', piece, totalBytes, bytes: payload.subarray(end) }
}
