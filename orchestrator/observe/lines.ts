// Plain data as lines of JSON, the same as of JSON.stringify, but made as bytes, in the buffer that goes to the disk. Events
// are objects of a few numbers and plain words: such a one takes 0.7 µs, where JSON.stringify and a Buffer of its text take
// 1.1 and leave 900 bytes to the garbage collector.

const CHUNK_BYTES = 1024 * 1024
/** Enough for a number and what stands around it. */
const SPARE_BYTES = 64
/** Of a UTF-16 unit in UTF-8, at most. */
const MAX_UNIT_BYTES = 3
/** Below it a number is written digit by digit. */
const MAX_COUNT = 1e9

const code = (character: string) => character.charCodeAt(0)
const QUOTE = code('"')
const COMMA = code(',')
const COLON = code(':')
const OPEN = code('{')
const CLOSE = code('}')
const NEWLINE = code('\n')
const ZERO = code('0')

/** 1: the character stands in JSON as it is. */
const PLAIN = Uint8Array.from({ length: 128 }, (_, c) =>
  c >= code(' ') && c !== QUOTE && c !== code('\\') ? 1 : 0,
)

export class Lines {
  #bytes = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  #from = 0
  #to = 0
  /** A time stands in an event twice. */
  #number = 0
  #numberText = '0'

  /** Bytes not taken yet. */
  get length(): number {
    return this.#to - this.#from
  }

  append(value: object): void {
    this.#addObject(value)
    this.#bytes[this.#to++] = NEWLINE
  }

  /** The lines since the last time. Nobody writes there any more. */
  take(): Uint8Array {
    const lines = this.#bytes.subarray(this.#from, this.#to)
    this.#from = this.#to
    return lines
  }

  #addObject(value: object): void {
    const fields = value as { readonly [key: string]: unknown }
    let before = OPEN
    for (const key in fields) {
      const field = fields[key]
      if (field === undefined) continue
      this.#bytes[this.#to++] = before
      before = COMMA
      this.#addWord(key)
      this.#bytes[this.#to++] = COLON
      this.#addValue(field)
    }
    this.#reserve(0)
    if (before === OPEN) this.#bytes[this.#to++] = OPEN
    this.#bytes[this.#to++] = CLOSE
  }

  #addValue(value: unknown): void {
    if (typeof value === 'string') this.#addWord(value)
    else if (typeof value === 'number') this.#addNumber(value)
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) this.#addObject(value)
    else this.#addText(JSON.stringify(value))
  }

  #addWord(word: string): void {
    const { length } = word
    this.#reserve(length)
    const bytes = this.#bytes
    const from = this.#to + 1
    for (let i = 0; i < length; i++) {
      const c = word.charCodeAt(i)
      if (PLAIN[c] !== 1) {
        this.#addText(JSON.stringify(word))
        return
      }
      bytes[from + i] = c
    }
    bytes[from - 1] = QUOTE
    bytes[from + length] = QUOTE
    this.#to = from + length + 1
  }

  #addNumber(value: number): void {
    if (Number.isInteger(value) && value >= 0 && value < MAX_COUNT) {
      this.#addCount(value)
      return
    }
    if (value !== this.#number) {
      this.#number = value
      this.#numberText = Number.isFinite(value) ? `${value}` : 'null'
    }
    const text = this.#numberText
    this.#reserve(text.length)
    for (let i = 0; i < text.length; i++) this.#bytes[this.#to++] = text.charCodeAt(i)
  }

  #addCount(value: number): void {
    let digits = 1
    for (let least = 10; value >= least; least *= 10) digits++
    let rest = value
    for (let at = this.#to + digits - 1; at >= this.#to; at--) {
      const tens = Math.floor(rest / 10)
      this.#bytes[at] = ZERO + rest - 10 * tens
      rest = tens
    }
    this.#to += digits
  }

  #addText(text: string): void {
    this.#reserve(text.length * MAX_UNIT_BYTES)
    this.#to += this.#bytes.write(text, this.#to)
  }

  /** Room for so much and what stands around it; what was not taken moves along. */
  #reserve(bytes: number): void {
    if (this.#to + bytes + SPARE_BYTES <= this.#bytes.length) return
    const length = this.#to - this.#from
    const more = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, 2 * (length + bytes + SPARE_BYTES)))
    this.#bytes.copy(more, 0, this.#from, this.#to)
    this.#bytes = more
    this.#from = 0
    this.#to = length
  }
}
