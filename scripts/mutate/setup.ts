// Runs in every test's process: which faults' places each test passes through.

import { beforeEach, onTestFinished } from 'vitest'
import { MARK } from './marks.ts'

declare module 'vitest' {
  interface TaskMeta {
    /** Places of faults that ran in this test. */
    faultsInTest?: number[]
    /** Places that ran before it: while its file was loaded, in a `beforeAll`. */
    faultsInFile?: number[]
    /** Processor time since the test before it ended; the first has the loading of the file. */
    cpuMs?: number
  }
}

let before = process.cpuUsage()
const ran = new Set<number>()
Object.assign(globalThis, { [MARK]: (fault: number) => ran.add(fault) })

beforeEach(({ task }) => {
  task.meta.faultsInFile = taken()
  onTestFinished(() => {
    task.meta.faultsInTest = taken()
    const { user, system } = process.cpuUsage(before)
    before = process.cpuUsage()
    task.meta.cpuMs = (user + system) / 1000
  })
})

function taken(): number[] {
  const numbers = [...ran]
  ran.clear()
  return numbers
}
