// What is told of swarms in every place alike. Pure.

import {
  formatBandwidth,
  formatBytes,
  formatCount,
  formatDuration,
  formatShare,
  plural,
} from '../../format.ts'
import type { Ban, ContentState, HeldContent, SwarmPoint, SwarmState } from './state.ts'

export const BAN_REASONS: Readonly<Record<Ban['why'], string>> = {
  block: 'it served a block that is not what was asked for',
  hashes: 'its hashes do not lead to the root',
  info: 'what it says of the content is not what its hash says',
  protocol: 'it breaks the protocol',
}

/** How far peers have come, in a few words. */
export function standingText({
  wanted,
  complete,
  progress,
}: Pick<SwarmState, 'wanted' | 'complete' | 'progress'>): string {
  if (wanted === 0) return 'nothing is wanted yet'
  return `${formatCount(complete)} of ${plural(wanted, 'peer')} complete, ${percentText(progress)} of all bytes`
}

/** Rounded down: 100 % is all of it. */
export function percentText(share: number): string {
  return formatShare(Math.floor(share * 100 + 1e-9) / 100)
}

export const copiesText = (copies: number) => copies.toFixed(2)

/** Bytes a second as bits, as lines are measured. */
export const rateText = (bytesPerSecond: number) => formatBandwidth(bytesPerSecond * 8)

/** Until peers had all of it, beside what no network with these lines beats. */
export function secondsText({ complete, seconds, boundSeconds }: ContentState): string {
  const time = (value: number) => formatDuration(1000 * value)
  const bound = boundSeconds === undefined ? '' : `bound ${time(boundSeconds)}`
  if (complete === 0) return bound === '' ? '–' : bound
  const times = `${time(seconds.p50)} (50 %)  ${time(seconds.max)} (last)`
  return boundSeconds === undefined
    ? times
    : `${times}, ${(seconds.max / boundSeconds).toFixed(2)} × the ${bound}`
}

export function wasteText(wastedBytes: number, verifiedBytes: number): string {
  const all = wastedBytes + verifiedBytes
  return `${formatBytes(wastedBytes)} wasted${all > 0 ? ` (${formatShare(wastedBytes / all)})` : ''}`
}

/** Who was banned, each once; where peers banned somebody honest, that first. */
export function bansText(bans: readonly Pick<Ban, 'node' | 'honest'>[]): string {
  if (bans.length === 0) return 'nobody banned'
  const names = (of: readonly Pick<Ban, 'node'>[]) => [...new Set(of.map(({ node }) => node))]
  const honest = names(bans.filter(each => each.honest))
  const others = names(bans.filter(each => !each.honest))
  return [
    honest.length > 0 ? `honest and banned: ${listed(honest)}` : '',
    others.length > 0 ? `banned: ${listed(others)}` : '',
  ]
    .filter(Boolean)
    .join('; ')
}

const MOST_NAMES = 6

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMES
  return names.slice(0, MOST_NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

/** What a node is in a swarm, in a word. */
export function roleText({ role, complete, left, stuck }: HeldContent): string {
  if (left) return 'left'
  if (stuck !== undefined) return 'stuck'
  if (role === 'seed') return complete ? 'seed' : 'seed, damaged'
  return complete ? 'complete' : 'wants'
}

/** Of what it holds of a content, the share that is there. */
export function shareOf({ complete, pieces }: HeldContent, of: Pick<ContentState, 'pieces'>): number {
  if (complete) return 1
  return of.pieces === 0 ? 0 : Math.min(1, pieces / of.pieces)
}

/** What a node has in one short text: of one content its per cent, of several how many it has whole. */
export function hasText(
  contents: { readonly [content: string]: HeldContent },
  all: readonly Pick<ContentState, 'content' | 'pieces'>[],
): string {
  const held = Object.entries(contents)
  const [first] = held
  if (!first) return '–'
  if (held.length > 1) return `${held.filter(([, { complete }]) => complete).length} of ${held.length}`
  const of = all.find(({ content }) => content === first[0])
  return of ? percentText(shareOf(first[1], of)) : '–'
}

/** Short, for a heading: its name, its size, its pieces. */
export function contentText({
  name,
  bytes,
  pieces,
}: Pick<ContentState, 'name' | 'bytes' | 'pieces'>): string {
  if (pieces === 0) return `${name}: its info is not there yet`
  return `${name}: ${formatBytes(bytes)} in ${plural(pieces, 'piece')}`
}

/** How fast bytes were verified over the run, in bytes a second from each point to the next: finer than samples of nodes are. */
export function pacesOf(
  history: readonly SwarmPoint[],
): readonly { readonly timeMs: number; readonly bps: number }[] {
  return history.map(({ timeMs, verifiedBytes }, i) => {
    const before = history[i - 1]
    const ms = before ? timeMs - before.timeMs : 0
    return {
      timeMs,
      bps: before && ms > 0 ? Math.max(0, ((verifiedBytes - before.verifiedBytes) / ms) * 1000) : 0,
    }
  })
}
