// The keys, from their table, and what the signs mean.

import { Box, Text } from 'ink'
import { TONES } from './colors.ts'
import { KEYS } from './keys.ts'
import { Panel, Toned } from './parts.tsx'

const SIGNS = [
  ['● ○', 'a block on the best chain; a block beside it'],
  ['◂ 3 here', 'three running nodes have this block as their tip'],
  ['4/5 38 ms', 'four of five nodes have the block, the last of them after 38 ms'],
  ['stale', 'found, but not on the best chain'],
] as const

export interface HelpProps {
  readonly width: number
  readonly body: number
  readonly webAddress: string | undefined
}

export function Help({ width, body, webAddress }: HelpProps) {
  const signs = Math.max(0, Math.min(SIGNS.length, body - KEYS.length - 2))
  return (
    <Box flexDirection="column" height={body} overflow="hidden">
      <Panel title="Keys" width={width} height={KEYS.length}>
        {KEYS.map(({ keys, help }) => (
          <Line key={keys} left={keys} right={help} />
        ))}
      </Panel>
      <Panel title="Signs" width={width} height={signs}>
        {SIGNS.map(([sign, meaning]) => (
          <Line key={sign} left={sign} right={meaning} />
        ))}
      </Panel>
      {webAddress !== undefined && (
        <Panel title="In the browser" width={width} height={1}>
          <Text wrap="truncate">{` ${webAddress}`}</Text>
        </Panel>
      )}
    </Box>
  )
}

function Line({ left, right }: { readonly left: string; readonly right: string }) {
  return (
    <Text wrap="truncate">
      <Toned tone={TONES.key}>{` ${left.padEnd(10)}`}</Toned>
      {right}
    </Text>
  )
}

/** The one line at the bottom. */
export function Hint({ width }: { readonly width: number }) {
  return (
    <Box width={width} height={1} flexShrink={0} overflow="hidden">
      <Text wrap="truncate">
        {KEYS.map(({ keys, hint }) =>
          hint === undefined ? null : (
            <Text key={keys}>
              <Toned tone={TONES.key}>{` ${keys}`}</Toned>
              <Toned tone={TONES.label}>{` ${hint} `}</Toned>
            </Text>
          ),
        )}
      </Text>
    </Box>
  )
}
