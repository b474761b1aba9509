// Ends a node when its controller does, however that ends: standard input is a pipe that the system closes with it.

import type { Readable } from 'node:stream'

/** Calls `cut` once, when the other end of the pipe is gone. What comes through it is nothing to us. */
export function watchLifeline(input: Readable, cut: () => void): void {
  let told = false
  const tell = () => {
    if (told) return
    told = true
    cut()
  }
  input.once('end', tell).once('close', tell).once('error', tell).resume()
}
