// The live stream, kept open: the browser reconnects by itself and says what it had last; where it gives up, we begin anew.

import { apply, type Change, type Page } from '../page.ts'

const AGAIN_MS = 2000

export type Connection = 'live' | 'lost' | 'refused'

export interface Live {
  /** Before each stream that is opened anew: says whose page it is. */
  readonly announce: () => Promise<unknown>
  readonly onPage: (page: Page) => void
  readonly onConnection: (connection: Connection) => void
}

export function follow({ announce, onPage, onConnection }: Live): void {
  let page: Page | undefined
  const take = (next: Page) => {
    page = next
    onPage(next)
  }
  const begin = async () => {
    await announce().catch(() => {}) // refused or not there: the stream says so itself
    const source = new EventSource('/web/stream')
    source.addEventListener('open', () => onConnection('live'))
    source.addEventListener('error', () => {
      // A browser gives up when the answer is no stream: refused, or something else at that address.
      const over = source.readyState === EventSource.CLOSED
      onConnection(over ? 'refused' : 'lost')
      if (over) setTimeout(() => void begin(), AGAIN_MS)
    })
    source.addEventListener('page', event => take(JSON.parse(event.data) as Page))
    source.addEventListener('change', event => {
      if (page) take(apply(page, JSON.parse(event.data) as Change))
    })
  }
  void begin()
}
