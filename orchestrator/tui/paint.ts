// From toned lines to what a terminal understands. Palette colours only: the user's theme decides what they look like.

import { visibleLine } from '../terminal/visible.ts'
import type { Tone } from './colors.ts'
import type { Line } from './lines.ts'

const CODES: { readonly [color: string]: number } = {
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
  gray: 90,
}

/** https://no-color.org: any value but the empty one. Bold and dim are no colours. */
export function wantsColor(env: NodeJS.ProcessEnv = process.env): boolean {
  return !env.NO_COLOR
}

/** The line with its escape sequences; spans that look alike share one. */
export function paint(line: Line, color: boolean): string {
  let painted = ''
  let current = ''
  for (const { text, tone } of line) {
    if (text === '') continue
    // Blanks look the same in any tone but an inverted one.
    const wanted = tone.inverse !== true && text.trim() === '' ? current : codesOf(tone, color)
    if (wanted !== current) painted += wanted === '' ? '\u001b[0m' : `\u001b[0;${wanted}m`
    current = wanted
    painted += visibleLine(text)
  }
  return current === '' ? painted : `${painted}\u001b[0m`
}

function codesOf({ color, bold, dim, inverse }: Tone, withColor: boolean): string {
  const codes: number[] = []
  if (bold) codes.push(1)
  if (dim) codes.push(2)
  if (inverse) codes.push(7)
  if (withColor && color !== undefined) codes.push(CODES[color] ?? 39)
  return codes.join(';')
}
