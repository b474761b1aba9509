// The log of one node as it comes.

import { useEffect, useState } from 'react'
import { printable } from '../format.ts'
import type { TestnetHandle } from '../network/handle.ts'

const MAX_LINES = 2000
const FIRST_LINES = 500
/** Lines are shown in batches: a node that logs a lot must not redraw the screen for each. */
const BATCH_MS = 200

/** Numbered as they came. */
export interface NodeLine {
  readonly number: number
  readonly text: string
}

/** Lines of a node's log as they come; starts anew for another node. */
export function useLogs(testnet: Pick<TestnetHandle, 'logs'>, node: string | undefined): readonly NodeLine[] {
  const [lines, setLines] = useState<readonly NodeLine[]>([])
  useEffect(() => {
    setLines([])
    if (node === undefined) return
    const ending = new AbortController()
    let batch: NodeLine[] = []
    let number = 0
    const take = (text: string) => batch.push({ number: ++number, text: printable(text, 500) })
    const show = () => {
      if (batch.length === 0 || ending.signal.aborted) return
      const fresh = batch
      batch = []
      setLines(before => [...before, ...fresh].slice(-MAX_LINES))
    }
    const timer = setInterval(show, BATCH_MS)
    const read = async () => {
      for await (const line of testnet.logs(node, FIRST_LINES, ending.signal)) take(line)
    }
    read().catch(error => take(`cannot read the log: ${error instanceof Error ? error.message : error}`))
    return () => {
      ending.abort()
      clearInterval(timer)
    }
  }, [testnet, node])
  return lines
}
