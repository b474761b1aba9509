// Bytes that this process holds on to: what is left after the garbage collector was made to run.

import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Objects, and the bytes behind arrays. */
export async function retainedBytes(): Promise<number> {
  // Finalisers run between turns, and free what the next collection finds.
  for (let round = 0; round < 3; round++) {
    collect()
    await turn()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
