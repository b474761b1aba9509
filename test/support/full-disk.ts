// A file system with little room, as a disk that is nearly full. It wants the right to mount; where that is not given the
// test is skipped, and says so; under CI that is a failure.

import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished, type TestContext } from 'vitest'
import { temporaryDirectory } from './node-config.ts'

/** Its folder. Goes with the test. */
export function smallDisk(context: TestContext, size: string): string {
  const disk = join(temporaryDirectory(), 'disk')
  mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', disk], { stdio: 'pipe' })
  } catch {
    console.warn('SKIPPED: a full disk needs the right to mount a tmpfs')
    context.skip('no right to mount')
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', disk])
  })
  return disk
}
