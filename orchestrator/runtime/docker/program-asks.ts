// What a node asks on its standard output of whoever runs it: to start the program that is to run beside it, and to end it. All
// else that is said there passes.

/** A line that grows beyond this is no question. */
const MAX_LINE_CHARS = 1 << 20

export interface ProgramStart {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export type ProgramAsk = ProgramStart | 'end'

export class ProgramAsks {
  readonly #onAsk: (ask: ProgramAsk) => void
  readonly #onOther: (text: string) => void
  #line = ''

  constructor(onAsk: (ask: ProgramAsk) => void, onOther: (text: string) => void) {
    this.#onAsk = onAsk
    this.#onOther = onOther
  }

  push(text: string): void {
    const lines = `${this.#line}${text}`.split('\n')
    this.#line = lines.pop() ?? ''
    for (const line of lines) {
      const ask = parseAsk(line)
      if (ask) this.#onAsk(ask)
      else this.#onOther(`${line}\n`)
    }
    if (this.#line.length > MAX_LINE_CHARS) this.end()
  }

  /** No more will come of the line that is begun. */
  end(): void {
    if (this.#line !== '') this.#onOther(this.#line)
    this.#line = ''
  }
}

function parseAsk(line: string): ProgramAsk | undefined {
  if (!line.startsWith('{"program":')) return undefined
  try {
    return (JSON.parse(line) as { readonly program: ProgramAsk }).program
  } catch {
    return undefined
  }
}
