// Messages about the info dictionary (BEP 9).

import { ProtocolError } from '../../errors.ts'
import { decodeFirst, encodeBencode, isDictionary } from '../bencode.ts'

export type MetadataMessage =
  | { readonly type: 'request' | 'reject'; readonly piece: number }
  | { readonly type: 'data'; readonly piece: number; readonly totalBytes: number; readonly bytes: Uint8Array }

export function encodeMetadataMessage(message: MetadataMessage): Uint8Array {
  if (message.type !== 'data') return encodeBencode({ msg_type: message.type === 'request' ? 0 : 2, piece: message.piece })
  const head = encodeBencode({ msg_type: 1, piece: message.piece, total_size: message.totalBytes })
  const whole = new Uint8Array(head.length + message.bytes.length)
  whole.set(head)
  whole.set(message.bytes, head.length)
  return whole
}

export function decodeMetadataMessage(payload: Uint8Array): MetadataMessage {
  const [said, end] = decodeFirst(payload)
  if (!isDictionary(said)) throw new ProtocolError('malformed', 'ut_metadata')
  const { msg_type: type, piece, total_size: totalBytes } = said
  if (typeof piece !== 'number' || piece < 0) throw new ProtocolError('malformed', 'ut_metadata')
  if (type === 0) return { type: 'request', piece }
  if (type === 1) return { type: 'data', piece, totalBytes: Number(totalBytes), bytes: payload.subarray(end) }
  return { type: 'reject', piece }
}
