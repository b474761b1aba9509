// What is told of light clients in every place alike. Pure.

import { formatBytes, formatCoins, formatCount, plural } from '../../format.ts'
import type { Liar, LightNode, LightState } from './state.ts'

/** How they stand, in a few words. */
export function standingText({ clients, level, scanned }: LightState): string {
  return `${plural(clients, 'light client')}, ${level ? 'level' : `behind at ${formatCount(scanned)}`}`
}

/** What was downloaded by one and by the other, and the ratio. */
export function bytesText({ receivedBytes: { client, full } }: Pick<LightState, 'receivedBytes'>): string {
  if (client === 0) return '–'
  const ratio = full > 0 ? `, 1 : ${(full / client).toFixed(1)}` : ''
  return `${formatBytes(client)} each, a full node ${formatBytes(full)}${ratio}`
}

/** Names of those who were proven to lie, each once. */
export function liarsText(liars: readonly Liar[]): string {
  const names = [...new Set(liars.map(({ node }) => node))]
  return names.length === 0 ? 'no liar found' : `${plural(names.length, 'liar')} found: ${names.join(', ')}`
}

export function balanceText({
  balanceSat,
  pendingSat,
}: Pick<LightNode, 'balanceSat' | 'pendingSat'>): string {
  const pending = pendingSat > 0 ? `, ${formatCoins(pendingSat)} pending` : ''
  return `${formatCoins(balanceSat)}${pending}`
}
