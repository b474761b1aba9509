// The scrubber: the page as it was at a time of the run, still or running on. The server folds the run's record up to
// that time with the reducer that folds it live; one question is open at a time, and only the newest wish is asked next.

import { formatElapsed } from '../../format.ts'
import type { Page } from '../page.ts'
import { byId, element, setAttribute, setText } from './dom.ts'

const STEP_MS = 250
const SPEEDS = [1, 5, 20, 100] as const

export interface Moment {
  readonly timeMs: number
  readonly page: Page
}

export class Replay {
  /** What is shown instead of now. */
  moment: Moment | undefined
  readonly #onChange: () => void
  readonly #range = element('input')
  readonly #play = element('button', '', '▶ Play')
  readonly #now = element('button', '', 'Now')
  readonly #speed = element('select')
  readonly #said = element('output', 'quiet')
  #wished: number | undefined
  #asking = false
  #playing: ReturnType<typeof setInterval> | undefined
  #span = { startedMs: 0, nowMs: 1 }

  constructor(onChange: () => void) {
    this.#onChange = onChange
    this.#range.type = 'range'
    this.#range.min = '0'
    this.#range.setAttribute('aria-label', 'moment of the run')
    this.#range.addEventListener('input', () => this.seek(this.#span.startedMs + Number(this.#range.value)))
    this.#play.addEventListener('click', () => this.#toggle())
    this.#now.addEventListener('click', () => this.leave())
    for (const speed of SPEEDS) this.#speed.append(new Option(`${speed}×`, String(speed)))
    this.#speed.setAttribute('aria-label', 'speed')
    byId('scrubber').append(this.#play, this.#speed, this.#range, this.#said, this.#now)
  }

  /** Is it running on? Then what changes may move. */
  get playing(): boolean {
    return this.#playing !== undefined
  }

  /** The run's span as it is now. */
  show(startedMs: number, nowMs: number): void {
    this.#span = { startedMs, nowMs }
    const at = (this.#wished ?? this.moment?.timeMs ?? nowMs) - startedMs
    setAttribute(this.#range, 'max', String(Math.round(nowMs - startedMs)))
    setAttribute(this.#range, 'step', String(Math.max(100, Math.round((nowMs - startedMs) / 1000))))
    if (document.activeElement !== this.#range || this.playing || !this.moment)
      this.#range.value = String(Math.round(at))
    setText(this.#said, `${formatElapsed(at)} of ${formatElapsed(nowMs - startedMs)}`)
    setAttribute(this.#range, 'aria-valuetext', formatElapsed(at))
    setText(this.#play, this.playing ? '❚❚ Pause' : '▶ Play')
    this.#now.disabled = this.moment === undefined && this.#wished === undefined
  }

  /** Shows the network as it was then. */
  seek(timeMs: number): void {
    this.#wished = Math.max(this.#span.startedMs, Math.min(this.#span.nowMs, timeMs))
    void this.#ask()
  }

  /** Back to now. */
  leave(): void {
    this.#stop()
    this.#wished = undefined
    this.moment = undefined
    this.#onChange()
  }

  #toggle(): void {
    if (this.playing) this.#stop()
    else this.#start()
    this.#onChange()
  }

  #start(): void {
    // From the end there is nowhere to go: from the beginning, then.
    if (!this.moment) this.seek(this.#span.startedMs)
    this.#playing = setInterval(() => {
      if (this.#asking || !this.moment) return
      const next = this.moment.timeMs + STEP_MS * Number(this.#speed.value)
      if (next >= this.#span.nowMs) this.leave()
      else this.seek(next)
    }, STEP_MS)
  }

  #stop(): void {
    clearInterval(this.#playing)
    this.#playing = undefined
  }

  async #ask(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    while (this.#wished !== undefined) {
      const timeMs = this.#wished
      try {
        const page = await pageAt(timeMs)
        // Somebody may have gone back to now meanwhile.
        if (this.#wished !== undefined) this.moment = { timeMs, page }
      } catch (error) {
        this.#stop()
        setText(this.#said, `✗ ${(error as Error).message}`)
        this.#wished = undefined
        break
      }
      if (this.#wished === timeMs) this.#wished = undefined
      this.#onChange()
    }
    this.#asking = false
  }
}

async function pageAt(timeMs: number): Promise<Page> {
  const answer = await fetch(`/web/past?ms=${Math.round(timeMs)}`)
  if (!answer.ok) throw new Error((await answer.text()).trim())
  return (await answer.json()) as Page
}
