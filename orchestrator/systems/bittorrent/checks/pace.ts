// How fast, how evenly and how sparingly a content came to everybody: against the bound of the network's lines, by Jain's index and
// share ratios, and by what was thrown away.

import { type Check, poll, setting, some, type Verdict } from '../../../checks/check.ts'
import { formatBytes, formatShare, plural } from '../../../format.ts'
import type { ContentState } from '../state.ts'
import { laggingText, type Wanting, wantingOf } from './who.ts'

/** Clocks and samples are no finer. */
const GRAIN_SECONDS = 0.05

export const swarmBound: Check = {
  name: 'swarm-bound',
  describe:
    "every content comes to all honest peers within a factor of what the network's lines allow (Kurose, Ross)",
  run: (ground, wish) =>
    poll(ground, wish, async () => {
      const factor = setting(wish, 'factor')
      const wanting = wantingOf(ground)
      const contents = [...new Set(wanting.map(({ content }) => content))]
      const bound = contents.filter(({ boundSeconds }) => boundSeconds !== undefined)
      const asked = `at most ${factor} × the bound`
      if (bound.length === 0) {
        const none =
          contents.length === 0
            ? 'nobody was told to get anything'
            : 'no line limits anybody: give links.access'
        return { passed: false, asked, measured: 'nothing', message: none }
      }
      const ratios = bound.map(content => ratioOf(content, wanting))
      const over = ratios.filter(({ ratio }) => ratio > factor)
      const late = ratios.flatMap(({ late }) => late)
      return {
        passed: over.length === 0 && late.length === 0,
        final: over.length > 0,
        asked,
        measured: ratios.map(({ content, ratio }) => `${content.name} ${ratio.toFixed(2)} ×`).join(', '),
        ...(over.length + late.length > 0 && {
          message: some([
            ...over.map(
              ({ content, slowest }) =>
                `${slowest} took ${(content.seconds.max).toFixed(1)} s for ${content.name}; the bound is ${(content.boundSeconds ?? 0).toFixed(1)} s`,
            ),
            ...late.map(laggingText),
          ]),
        }),
      }
    }),
}

function ratioOf(content: ContentState, wanting: readonly Wanting[]) {
  const of = wanting.filter(each => each.content === content)
  const names = new Set(of.map(({ node }) => node.name))
  const took = content.completions.filter(({ node }) => names.has(node))
  const slowest = took.reduce((a, b) => (b.tookMs > a.tookMs ? b : a), { node: '', tookMs: 0 })
  const seconds = Math.max(0, slowest.tookMs / 1000 - GRAIN_SECONDS)
  return {
    ...{ content, slowest: slowest.node, ratio: seconds / (content.boundSeconds ?? 1) },
    late: of.filter(({ held }) => held.completeMs === undefined),
  }
}

export const fair: Check = {
  name: 'fair',
  describe: 'honest peers get a content about equally fast, and each gives a share of what it gets',
  run: (ground, wish) =>
    poll(ground, wish, async () => {
      const [least, ratio] = [setting(wish, 'jain'), setting(wish, 'ratio')]
      const wanting = wantingOf(ground)
      const contents = [...new Set(wanting.map(({ content }) => content))]
      const of = contents.map(content => fairnessOf(wanting.filter(each => each.content === content)))
      const late = wanting.filter(({ held }) => held.completeMs === undefined)
      const asked = `Jain's index of at least ${least}${ratio > 0 ? `, share ratios of at least ${ratio}` : ''}`
      if (of.length === 0) return { passed: false, asked, measured: 'nobody was told to get anything' }
      const jain = Math.min(...of.map(each => each.jain))
      const poorest = Math.min(...of.map(each => each.ratio))
      return {
        passed: late.length === 0 && jain >= least && poorest >= ratio,
        asked,
        measured: `${jain.toFixed(3)}, lowest share ratio ${poorest.toFixed(2)}`,
        ...(late.length > 0 && { message: some(late.map(laggingText)) }),
      }
    }),
}

/** Jain, Chiu, Hawe 1984, of speeds; and the least of what was sent to what was received. */
function fairnessOf(peers: readonly Wanting[]): { readonly jain: number; readonly ratio: number } {
  const speeds = peers.flatMap(({ content, held: { completeMs, sinceMs } }) =>
    completeMs === undefined ? [] : [content.bytes / Math.max(1, completeMs - sinceMs)],
  )
  const ratios = peers.map(({ held }) => (held.downBytes === 0 ? 0 : held.upBytes / held.downBytes))
  return { jain: jainOf(speeds), ratio: Math.min(...ratios) }
}

export function jainOf(values: readonly number[]): number {
  const sum = values.reduce((all, value) => all + value, 0)
  const squares = values.reduce((all, value) => all + value * value, 0)
  return squares === 0 ? 0 : (sum * sum) / (values.length * squares)
}

export const waste: Check = {
  name: 'waste',
  describe: 'honest peers throw away little of what they receive, and fetch nothing twice',
  run: (ground, wish) =>
    poll(ground, wish, async (): Promise<Verdict> => {
      const most = setting(wish, 'most')
      const wanting = wantingOf(ground)
      const sum = (of: (held: Wanting['held']) => number) =>
        wanting.reduce((all, { held }) => all + of(held), 0)
      const down = sum(({ downBytes }) => downBytes)
      // What was received and is not there counts as well: thrown away, or forgotten and fetched again.
      const wasted = sum(held => Math.max(held.wastedBytes, held.downBytes - held.verifiedBytes))
      const late = wanting.filter(({ held }) => !held.complete)
      const share = down === 0 ? 0 : wasted / down
      return {
        // Until all is there more may come.
        passed: down > 0 && late.length === 0 && share <= most,
        asked: `at most ${formatShare(most)}`,
        measured: `${formatShare(share)}: ${formatBytes(wasted)} of ${formatBytes(down)} from ${plural(wanting.length, 'peer')}`,
        ...(late.length > 0 && { message: some(late.map(laggingText)) }),
      }
    }),
}
