// Progress without a terminal: one line for each event that a person wants to hear, and a status line now and then.

import { formatTime } from '../format.ts'
import type { TestnetHandle } from '../network/handle.ts'
import { condensed } from '../observe/phases.ts'
import type { LogLine, NetworkState } from '../observe/state.ts'
import { statusLine } from './status.ts'

export interface PlainOptions {
  /** Takes one line without its end; usually to stderr, since stdout is for data. */
  readonly write: (line: string) => void
  /** Least time between status lines. */
  readonly statusEveryMs?: number
}

/** Above this, what many nodes say at once is one line: a thousand of them that leave a block would hide all else. */
const MANY_NODES = 20

/** Prints lines from now on; returns its end, which prints what came last. */
export function printProgress(
  testnet: Pick<TestnetHandle, 'state' | 'subscribe'>,
  { write, statusEveryMs = 5000 }: PlainOptions,
): () => void {
  let printedSeq = 0
  let statusMs = Number.NEGATIVE_INFINITY
  const print = (state: NetworkState) => {
    const fresh = state.log.filter(line => line.seq > printedSeq)
    for (const line of state.nodes.length > MANY_NODES ? condensed(fresh) : fresh) write(eventLine(line))
    printedSeq = Math.max(printedSeq, state.log.at(-1)?.seq ?? 0)
    const nowMs = state.realMs ?? state.nowMs
    if (state.phase !== 'running' || nowMs - statusMs < statusEveryMs) return
    statusMs = nowMs
    write(`${formatTime(state.nowMs)}  ${statusLine(state)}`)
  }
  print(testnet.state())
  const end = testnet.subscribe(print)
  return () => {
    end()
    print(testnet.state())
  }
}

const MARKS = { info: '', warn: 'warning: ', error: 'error: ' } as const

function eventLine({ timeMs, level, node, text }: LogLine): string {
  return `${formatTime(timeMs)}  ${MARKS[level]}${node === undefined ? '' : `${node} `}${text}`
}
