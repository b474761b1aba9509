// The small pieces that screens are made of: toned text, table rows of fixed columns, titled rules.

import { Box, Text } from 'ink'
import type { ReactNode } from 'react'
import { TONES, type Tone } from './colors.ts'

export function Toned({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  const { color, bold = false, dim = false } = tone
  return (
    <Text {...(color === undefined ? {} : { color })} bold={bold} dimColor={dim}>
      {children}
    </Text>
  )
}

export interface Cell {
  readonly text: string
  readonly width: number
  readonly tone?: Tone
  readonly align?: 'right'
}

/** Cuts or fills to exactly `width` characters. Everything shown is of single-width characters. */
export function padded(text: string, width: number, align?: 'right'): string {
  if (width <= 0) return ''
  if (text.length > width) return `${text.slice(0, Math.max(0, width - 1))}…`
  return align === 'right' ? text.padStart(width) : text.padEnd(width)
}

/** One line of cells, cut at the panel's edge. */
export function Row({
  cells,
  base = TONES.plain,
}: {
  readonly cells: readonly Cell[]
  readonly base?: Tone
}) {
  return (
    <Text wrap="truncate">
      {cells.map(({ text, width, tone, align }, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: columns have no other identity
        <Toned key={i} tone={{ ...base, ...tone }}>
          {padded(text, width, align)}
        </Toned>
      ))}
    </Text>
  )
}

/** `── Nodes ───────────── 5 of 5 up ──` */
export function Rule(props: { readonly title: string; readonly note?: string; readonly width: number }) {
  const { title, note = '', width } = props
  const right = note === '' ? '' : ` ${note} `
  const left = ` ${title} `
  const line = '─'.repeat(Math.max(2, width - left.length - right.length - 4))
  return (
    <Text wrap="truncate">
      <Toned tone={TONES.rule}>──</Toned>
      <Toned tone={TONES.title}>{left}</Toned>
      <Toned tone={TONES.rule}>{line}</Toned>
      <Toned tone={TONES.label}>{right}</Toned>
      <Toned tone={TONES.rule}>──</Toned>
    </Text>
  )
}

/** A titled panel of exactly `height` lines below its title. */
export function Panel(props: {
  readonly title: string
  readonly note?: string
  readonly width: number
  readonly height: number
  readonly children: ReactNode
}) {
  const { title, note = '', width, height, children } = props
  return (
    <Box flexDirection="column" width={width} flexShrink={0}>
      <Rule title={title} note={note} width={width} />
      <Box flexDirection="column" height={height} flexShrink={0} overflow="hidden">
        {children}
      </Box>
    </Box>
  )
}

/** Label and value pairs on one line. */
export interface Fact {
  readonly label: string
  readonly value: string
  readonly tone?: Tone
}

export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <Text wrap="truncate">
      {facts.map(({ label, value, tone = TONES.value }, i) => (
        <Text key={label}>
          {i === 0 ? ' ' : '   '}
          <Toned tone={TONES.label}>{label === '' ? '' : `${label} `}</Toned>
          <Toned tone={tone}>{value}</Toned>
        </Text>
      ))}
    </Text>
  )
}
