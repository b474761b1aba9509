// The network on three lines: who it is, whether it agrees, how it does.

import { Box, Text } from 'ink'
import { formatCount, formatDuration, formatShare, plural } from '../format.ts'
import type { FaultState, NetworkState } from '../observe/state.ts'
import { TONES } from './colors.ts'
import { type Fact, Facts, Toned } from './parts.tsx'
import { agreement, countRunning, elapsedText, hashRateText, staleShare } from './words.ts'

export function Header({ state, width }: { readonly state: NetworkState; readonly width: number }) {
  return (
    <Box flexDirection="column" width={width} height={3} flexShrink={0} overflow="hidden">
      <Box justifyContent="space-between" width={width}>
        <Text wrap="truncate">
          <Toned tone={TONES.title}> netsplit </Toned>
          <Toned tone={TONES.value}>{state.network}</Toned>
          <Toned tone={TONES.label}>
            {`  ${state.runtime} · seed ${state.seed} · ${countRunning(state.nodes)}/${plural(state.nodes.length, 'node')}`}
          </Toned>
        </Text>
        <Text>
          <Toned tone={state.phase === 'running' ? TONES.good : TONES.warn}>{state.phase}</Toned>
          <Toned tone={TONES.value}>{` ${elapsedText(state)} `}</Toned>
        </Text>
      </Box>
      <Facts facts={chainFacts(state)} />
      <Facts facts={speedFacts(state)} />
    </Box>
  )
}

function chainFacts(state: NetworkState): Fact[] {
  const { ok, text } = agreement(state)
  const { totals } = state
  const share = staleShare(totals)
  return [
    { label: 'height', value: formatCount(state.height) },
    { label: '', value: `${ok ? '●' : '◆'} ${text}`, tone: ok ? TONES.good : TONES.warn },
    { label: 'mining', value: hashRateText(state) },
    {
      label: 'stale',
      value: `${totals.staleBlocks} of ${formatCount(totals.blocks)} (${formatShare(share)})`,
    },
  ]
}

function speedFacts(state: NetworkState): Fact[] {
  const { propagation, totals } = state
  const time = (ms: number | undefined) => (ms === undefined ? '–' : formatDuration(ms))
  const active = state.faults.filter(fault => fault.toMs === undefined)
  const faults: Fact[] = active.length === 0 ? [] : [{ label: '', value: faultText(active), tone: TONES.bad }]
  return [
    ...faults,
    { label: 'half reached in', value: time(propagation.p50Ms) },
    { label: '99 % in', value: time(propagation.p99Ms) },
    { label: 'tx', value: transactionText(totals) },
    ...(active.length === 0 ? [{ label: '', value: 'no faults', tone: TONES.label }] : []),
  ]
}

const faultText = (active: readonly FaultState[]) =>
  `▲ ${plural(active.length, 'fault')}: ${[...new Set(active.map(fault => fault.kind))].join(', ')}`

function transactionText({ transactionsSent, transactionsConfirmed }: NetworkState['totals']): string {
  const sent = transactionsSent > 0 ? `${formatCount(transactionsSent)} sent, ` : ''
  return `${sent}${formatCount(transactionsConfirmed)} confirmed`
}
