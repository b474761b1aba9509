// Everything about one node.

import { Box, Text } from 'ink'
import {
  formatBytes,
  formatCount,
  formatElapsed,
  formatRate,
  formatShare,
  printable,
  sparkline,
} from '../format.ts'
import type { NetworkState, NodeState } from '../observe/state.ts'
import { PHASE_TONES, TONES, type Tone } from './colors.ts'
import { Events } from './events.tsx'
import { Panel, Toned } from './parts.tsx'
import { PHASE_GLYPHS } from './words.ts'

export interface DetailProps {
  readonly state: NetworkState
  readonly node: NodeState
  readonly width: number
  readonly body: number
}

export function Detail({ state, node, width, body }: DetailProps) {
  const facts = factsOf(state, node)
  const exit = node.exit && !node.exit.expected ? node.exit.lastLines.slice(-4) : []
  const top = facts.length + exit.length
  const log = state.log.filter(line => line.node === node.name)
  return (
    <Box flexDirection="column">
      <Panel title={node.name} note={node.group} width={width} height={top}>
        {facts.map(([label, value, tone]) => (
          <Text key={label || value} wrap="truncate">
            <Toned tone={TONES.label}>{` ${label.padEnd(12)}`}</Toned>
            <Toned tone={tone ?? TONES.plain}>{value}</Toned>
          </Text>
        ))}
        {exit.map(line => (
          <Text key={line} wrap="truncate">
            <Toned tone={TONES.bad}>{`   ${printable(line)}`}</Toned>
          </Text>
        ))}
      </Panel>
      <Events title="Events of this node" log={log} width={width} room={Math.max(0, body - top - 2)} />
    </Box>
  )
}

type Line = readonly [label: string, value: string, tone?: Tone]

function factsOf(state: NetworkState, node: NodeState): Line[] {
  const since = (ms: number | undefined) => (ms === undefined ? '–' : formatElapsed(state.nowMs - ms))
  const share = state.totals.blocks > 0 ? ` (${formatShare(node.blocksMined / state.totals.blocks)})` : ''
  const { hashing } = node
  const average = hashing.seconds > 0 ? formatRate(hashing.hashes / hashing.seconds) : '–'
  return [
    [
      'state',
      `${PHASE_GLYPHS[node.phase]} ${node.phase}, up ${since(node.upSinceMs)}`,
      PHASE_TONES[node.phase],
    ],
    ['tip', `${node.height}  ${node.tip ?? '–'}`],
    ['', `on it for ${since(node.tipSinceMs)}, ${node.reorgs} reorgs`, TONES.label],
    ['peers', `${node.peers}   mempool ${formatCount(node.mempool)}   memory ${formatBytes(node.rssBytes)}`],
    ['addresses', `peers ${node.p2p ?? '–'}   control ${node.control ?? '–'}   pid ${node.pid ?? '–'}`],
    ['mined', `${plainBlocks(node.blocksMined)}${share}`],
    [
      'hash rate',
      `${formatRate(node.measuredHps)} now   ${average} on average   ${formatRate(node.askedHps)} asked`,
    ],
    ['', sparkline(node.hashRateHistory, 60).trimStart(), TONES.chart],
  ]
}

const plainBlocks = (count: number) => `${count} ${count === 1 ? 'block' : 'blocks'}`
