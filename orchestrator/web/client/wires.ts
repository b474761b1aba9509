// The connections of the network as the page draws them: planned ones and those that grew, and what is wrong with each. Pure.

import { formatBandwidth, formatDuration, formatShare } from '../../format.ts'
import { lineText } from '../../observe/access-words.ts'
import type { LinkState } from '../../observe/state.ts'
import type { Page } from '../page.ts'

export interface Wire {
  readonly key: string
  readonly a: string
  readonly b: string
  readonly connected: boolean
  /** The lines of its two ends, in words: what the connection shares with others. */
  readonly lines: readonly string[]
  /** What faults do to it, each way; undefined: it is as planned. */
  readonly there: LinkState | undefined
  readonly back: LinkState | undefined
  readonly state: 'up' | 'absent' | 'worse' | 'one-way' | 'cut'
}

export const wireKey = (a: string, b: string) => (a < b ? `${a} ${b}` : `${b} ${a}`)

/** `remembered`: keys of connections that were there once; a partition hides none of them. */
export function wiresOf(page: Page, remembered: Set<string>): Wire[] {
  const connected = new Set<string>()
  for (const { name, peerNames, phase } of page.nodes)
    if (phase === 'running' || phase === 'paused')
      for (const peer of peerNames) connected.add(wireKey(name, peer))
  for (const [from, to] of page.edges) remembered.add(wireKey(from, to))
  for (const key of connected) remembered.add(key)
  const wrong = new Map(page.links.map(link => [`${link.from} ${link.to}`, link]))
  const present = new Map(page.nodes.map(node => [node.name, lineText(node)]))
  return [...remembered].flatMap(key => {
    const [a = '', b = ''] = key.split(' ')
    if (!present.has(a) || !present.has(b)) return []
    const [there, back] = [wrong.get(`${a} ${b}`), wrong.get(`${b} ${a}`)]
    const isConnected = connected.has(key)
    const lines = [a, b].flatMap(name => {
      const text = present.get(name)
      return text === undefined ? [] : [`${name}: line ${text}`]
    })
    const state = stateOf(there, back, isConnected)
    return [{ key, a, b, connected: isConnected, lines, there, back, state }]
  })
}

function stateOf(
  there: LinkState | undefined,
  back: LinkState | undefined,
  connected: boolean,
): Wire['state'] {
  if (there?.blocked && back?.blocked) return 'cut'
  if (there?.blocked || back?.blocked) return 'one-way'
  if (there || back) return 'worse'
  return connected ? 'up' : 'absent'
}

/** `latency 300 ms, loss 2 %`. */
export function conditionsText({ conditions, blocked }: LinkState): string {
  if (blocked) return 'cut'
  const { latencyMs, jitterMs, bandwidthBps, loss } = conditions
  return [
    `${formatDuration(latencyMs)}${jitterMs > 0 ? ` ± ${formatDuration(jitterMs)}` : ''}`,
    bandwidthBps > 0 ? formatBandwidth(bandwidthBps) : '',
    loss > 0 ? `loss ${formatShare(loss)}` : '',
  ]
    .filter(part => part !== '')
    .join(', ')
}

/** What a pointer on the wire is told. */
export function wireText({ a, b, lines, there, back, state }: Wire): string {
  const say = (from: string, to: string, link: LinkState | undefined) =>
    link ? `${from} → ${to}: ${conditionsText(link)}` : ''
  const wrong = [say(a, b, there), say(b, a, back)].filter(text => text !== '')
  const plain = `${a} – ${b}: ${state === 'up' ? 'as planned' : 'not connected'}`
  return [...(wrong.length > 0 ? wrong : [plain]), ...lines].join('\n')
}
