// What is told of trackers in every place alike. Pure.

import { formatCount, plural } from '../../format.ts'
import type { TrackerNode, TrackerState } from './state.ts'

export function knowsText({ peers, swarms }: Pick<TrackerState, 'peers' | 'swarms'>): string {
  return `${plural(peers, 'peer')} of ${plural(swarms, 'swarm')}`
}

export function askedText({ announces, refused }: Pick<TrackerNode, 'announces' | 'refused'>): string {
  return `asked ${plural(announces, 'time')}${refused > 0 ? `, refused ${formatCount(refused)}` : ''}`
}

export function nodeText({ swarms, seeds, leechers }: TrackerNode): string {
  return `${plural(swarms, 'swarm')}: ${plural(seeds, 'seed')}, ${plural(leechers, 'leecher')}`
}
