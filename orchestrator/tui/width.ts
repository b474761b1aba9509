// How many columns of a terminal text takes, and where it may be cut: between what readers take for characters (UAX #29), of
// which one can be several units of a string and two columns wide, or none.

import stringWidth from 'string-width'

/** Letters, figures and this screen's own signs: a unit and a column each. Nearly all that is ever shown. */
const PLAIN =
  /^[ -~\u00a1-\u00ac\u00ae-\u024f\u2010-\u2019\u2022-\u2027\u2190-\u2199\u2212\u2500-\u25fc\u2713\u2717]*$/
const characters = new Intl.Segmenter()

export function columnsOf(text: string): number {
  return PLAIN.test(text) ? text.length : stringWidth(text)
}

/** The characters of a text, as readers count them. */
export function charactersOf(text: string): string[] {
  return PLAIN.test(text) ? text.split('') : Array.from(characters.segment(text), ({ segment }) => segment)
}

/** The longest beginning that takes at most so many columns. */
export function startOf(text: string, columns: number): string {
  if (PLAIN.test(text)) return text.slice(0, Math.max(0, columns))
  let start = ''
  let left = columns
  for (const character of charactersOf(text)) {
    left -= columnsOf(character)
    if (left < 0) break
    start += character
  }
  return start
}

/** The longest end that takes at most so many columns. */
export function endOf(text: string, columns: number): string {
  const all = charactersOf(text)
  let from = all.length
  for (let left = columns; from > 0; from--) {
    left -= columnsOf(all[from - 1] ?? '')
    if (left < 0) break
  }
  return all.slice(from).join('')
}

/** Where the character before this place of the text begins. */
export function placeBefore(text: string, place: number): number {
  const [last = ''] = charactersOf(text.slice(0, place)).slice(-1)
  return Math.max(0, place - last.length)
}

/** Where the character at this place of the text ends. */
export function placeAfter(text: string, place: number): number {
  const [next = ''] = charactersOf(text.slice(place))
  return place + next.length
}

/** The first place from here on that is not within a character: what is put beside a mark may become one with it. */
export function placeFrom(text: string, place: number): number {
  let at = 0
  for (const character of charactersOf(text)) {
    if (at >= place) break
    at += character.length
  }
  return at
}

/** The text in lines of at most so many columns, broken at blanks where there are some. */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = []
  let rest = text
  while (columnsOf(rest) > columns) {
    const start = startOf(rest, columns) || (charactersOf(rest)[0] ?? '')
    const blank = rest[start.length] === ' ' ? start.length : start.lastIndexOf(' ')
    const end = blank > 0 ? blank : start.length
    lines.push(rest.slice(0, end).trimEnd())
    rest = rest.slice(end).trimStart()
  }
  return [...lines, rest]
}
