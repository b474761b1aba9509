// Puts whole frames on a terminal: repaints the lines that changed, in place, at most ten times a second. Ink's own output
// pass measures and re-styles every character of every frame: at 20 nodes and four frames a second it took 13 % (80 × 24) to
// 26 % (250 × 80) of a core; this takes about 1 %.

import type { Line } from './lines.ts'
import { paint } from './paint.ts'

export const FRAME_MS = 100

/** The part of a TTY that is used. */
export interface Terminal {
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
  on(event: 'resize', listener: () => void): unknown
  off(event: 'resize', listener: () => void): unknown
}

const HOLD = '\u001b[?2026h' // synchronized update: terminals that know it show the frame at once
const SHOW = '\u001b[?2026l'
const CLEAR = '\u001b[0m\u001b[2J'

export class Canvas {
  readonly #terminal: Terminal
  readonly #color: boolean
  readonly #resizeListeners = new Set<() => void>()
  #frame: readonly Line[] = []
  /** As painted. */
  #shown: readonly string[] = []
  #timer: NodeJS.Timeout | undefined
  #paintedMs = Number.NEGATIVE_INFINITY
  #closed = false

  constructor(terminal: Terminal, color: boolean) {
    this.#terminal = terminal
    this.#color = color
    terminal.on('resize', this.#resized)
  }

  get size(): { readonly columns: number; readonly rows: number } {
    return { columns: this.#terminal.columns || 80, rows: this.#terminal.rows || 24 }
  }

  /** Calls `listener` when the terminal has another size; returns its end. */
  onResize(listener: () => void): () => void {
    this.#resizeListeners.add(listener)
    return () => this.#resizeListeners.delete(listener)
  }

  /** Shows a frame: at once, unless one was shown just now; then the last of those that come meanwhile. */
  show(frame: readonly Line[]): void {
    if (this.#closed) return
    this.#frame = frame
    if (this.#timer) return
    const waitMs = Math.max(0, this.#paintedMs + FRAME_MS - performance.now())
    this.#timer = setTimeout(() => this.#paint(), waitMs)
  }

  /** Paints what is still waiting and lets go of the terminal. */
  close(): void {
    if (this.#closed) return
    this.#paint()
    this.#closed = true
    this.#terminal.off('resize', this.#resized)
  }

  #paint(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#paintedMs = performance.now()
    const lines = this.#frame.map(line => paint(line, this.#color))
    let changes = ''
    for (let row = 0; row < Math.max(lines.length, this.#shown.length); row++) {
      const line = lines[row] ?? ''
      // Erased first: erasing after a line of full width would take its last character.
      if (line !== this.#shown[row]) changes += `\u001b[${row + 1};1H\u001b[0m\u001b[2K${line}`
    }
    this.#shown = lines
    if (changes !== '') this.#terminal.write(HOLD + changes + SHOW)
  }

  /** The terminal rearranged what it showed: begin anew. */
  readonly #resized = () => {
    this.#terminal.write(CLEAR)
    this.#shown = []
    for (const listener of this.#resizeListeners) listener()
  }
}
