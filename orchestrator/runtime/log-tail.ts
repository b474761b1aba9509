// The end of a growing log file: its last lines, and the lines that follow.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { pause } from '../network/node-client.ts'

/** How far back the last lines are looked for. */
const TAIL_BYTES = 256 << 10
const POLL_MS = 150

/** The last `count` lines; none when there is no file. At most the last 256 KiB are looked at. */
export function lastLines(file: string, count: number): readonly string[] {
  return readTail(file, count).lines
}

/** The last `count` lines, then each new one as it is written, until `follow` aborts and all is read. */
export async function* tail(
  file: string,
  count: number,
  follow: AbortSignal | undefined,
): AsyncGenerator<string> {
  const { lines, end } = readTail(file, count)
  yield* lines
  if (follow) yield* linesAfter(file, end, follow)
}

/** A file that was emptied, or that another took the place of, is read from its beginning; one that is not there is waited for. */
async function* linesAfter(file: string, from: number, signal: AbortSignal): AsyncGenerator<string> {
  const buffer = Buffer.alloc(64 << 10)
  let handle: FileHandle | undefined
  let at = from
  let rest = Buffer.alloc(0)
  const again = () => {
    at = 0
    rest = Buffer.alloc(0)
  }
  try {
    for (;;) {
      handle ??= await open(file, 'r').catch(() => undefined)
      const bytesRead = handle ? (await handle.read(buffer, 0, buffer.length, at)).bytesRead : 0
      if (bytesRead === 0) {
        if (signal.aborted) return
        const { ino, size } = (await handle?.stat()) ?? { ino: -1, size: at }
        const there = await stat(file).catch(() => undefined)
        if (handle && there && there.ino !== ino) {
          await handle.close()
          handle = undefined
          again()
        } else if (size < at) again()
        else await pause(POLL_MS, signal)
        continue
      }
      at += bytesRead
      rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
      const end = rest.lastIndexOf('\n')
      if (end < 0) continue
      yield* rest.toString('utf8', 0, end).split('\n')
      rest = rest.subarray(end + 1)
    }
  } finally {
    await handle?.close()
  }
}

/** `end`: where the last whole line ends. Synchronous: it is needed when a child has just died. */
function readTail(file: string, count: number): { lines: string[]; end: number } {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return { lines: [], end: 0 }
  }
  try {
    const { size } = fstatSync(descriptor)
    const from = Math.max(0, size - TAIL_BYTES)
    const buffer = Buffer.alloc(size - from)
    const bytes = buffer.subarray(0, readSync(descriptor, buffer, 0, buffer.length, from))
    const end = bytes.lastIndexOf('\n') + 1
    const lines = bytes.toString('utf8', 0, end).split('\n').slice(0, -1)
    if (from > 0) lines.shift() // begins in the middle
    return { lines: count > 0 ? lines.slice(-count) : [], end: from + end }
  } finally {
    closeSync(descriptor)
  }
}
