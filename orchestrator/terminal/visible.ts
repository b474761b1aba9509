// What others wrote (names, user agents, log lines, answers, specs), fit for a terminal: nothing in it moves the cursor, sets a
// title, hides or turns round what stands beside it.

/**
 * Controls of C0 and C1, DEL, and the marks that turn the direction of writing (https://trojansource.codes). Line ends and
 * tabs stay.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const OBEYED = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g
const OBEYED_IN_JSON = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

/** Each such character as one that is shown (`␛`), so that columns and carets stay where they are. */
export function visible(text: string): string {
  return text.replace(OBEYED, character => {
    const code = character.charCodeAt(0)
    if (code < 0x20) return String.fromCharCode(0x2400 + code)
    return code === 0x7f ? '\u2421' : '\ufffd'
  })
}

/** As `visible`, on one line. */
export function visibleLine(text: string): string {
  return visible(text).replace(/[\n\t]/g, ' ')
}

/** JSON that reads back the same; `JSON.stringify` escapes the controls of C0 only. */
export function visibleJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent)
  return text.replace(OBEYED_IN_JSON, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
