// Magnet links.

import { ProtocolError } from '../../errors.ts'
import { fromHex, toHex } from '../hex.ts'
import type { Magnet } from './metainfo.ts'

export function parseMagnet(link: string): Magnet {
  const params = new URLSearchParams(link.slice('magnet:?'.length))
  const hashes: { infoHashV1?: Uint8Array; infoHashV2?: Uint8Array } = {}
  for (const topic of params.getAll('xt')) {
    if (topic.startsWith('urn:btih:')) hashes.infoHashV1 = fromHex(topic.slice(9)) as Uint8Array
    if (topic.startsWith('urn:btmh:1220')) hashes.infoHashV2 = fromHex(topic.slice(13)) as Uint8Array
  }
  if (!hashes.infoHashV1 && !hashes.infoHashV2) throw new ProtocolError('malformed', 'magnet')
  const name = params.get('dn')
  return { ...hashes, ...(name !== null && { name }), trackers: params.getAll('tr'), peers: params.getAll('x.pe') }
}

export function formatMagnet({ infoHashV1, infoHashV2, name, trackers, peers }: Magnet): string {
  const parts = [
    ...(infoHashV1 ? [`xt=urn:btih:${toHex(infoHashV1)}`] : []),
    ...(infoHashV2 ? [`xt=urn:btmh:1220${toHex(infoHashV2)}`] : []),
    ...(name === undefined ? [] : [`dn=${encodeURIComponent(name)}`]),
    ...trackers.map(each => `tr=${encodeURIComponent(each)}`),
    ...peers.map(each => `x.pe=${each}`),
  ]
  return `magnet:?${parts.join('&')}`
}
