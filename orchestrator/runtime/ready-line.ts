// The one line that a child is awaited to print. Whatever else comes on its standard output, before it and after, is its
// log: a module that NODE_OPTIONS loads, a warning, a debugger may have a word, too.

/** A line that grows beyond this is no message of ours. */
const MAX_LINE_CHARS = 64 << 10

export class ReadyLine<T> {
  readonly #parse: (line: string) => T | undefined
  readonly #onFound: (found: T) => void
  readonly #onOther: (text: string) => void
  #line = ''
  #found = false

  constructor(
    parse: (line: string) => T | undefined,
    onFound: (found: T) => void,
    onOther: (text: string) => void,
  ) {
    this.#parse = parse
    this.#onFound = onFound
    this.#onOther = onOther
  }

  push(text: string): void {
    if (this.#found) {
      this.#onOther(text)
      return
    }
    const [last = '', ...whole] = `${this.#line}${text}`.split('\n').reverse()
    this.#line = last
    const lines = whole.reverse()
    for (const [at, line] of lines.entries()) {
      const found = this.#parse(line)
      if (found === undefined) {
        this.#onOther(`${line}\n`)
        continue
      }
      this.#found = true
      this.#onFound(found)
      const rest = [...lines.slice(at + 1), last].join('\n')
      if (rest !== '') this.#onOther(rest)
      return
    }
    if (last.length > MAX_LINE_CHARS) this.end()
  }

  /** No more will come of the line that is begun. */
  end(): void {
    if (this.#line !== '' && !this.#found) this.#onOther(this.#line)
    this.#line = ''
  }
}

/** What a node says once it can be used; somebody may have said something on the same line. */
export function parseReady<T>(line: string, isReady: (value: Partial<T>) => boolean): T | undefined {
  const at = line.indexOf('{"ready":')
  if (at < 0) return undefined
  try {
    const value = JSON.parse(line.slice(at)) as T
    return isReady(value) ? value : undefined
  } catch {
    return undefined
  }
}
