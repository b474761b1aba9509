// Which of other people's BitTorrent programs are here, and starting them for one test.

import { onTestFinished } from 'vitest'
import { Aria2 } from './aria2.ts'
import { Libtorrent, PYTHON, type SessionOptions } from './libtorrent.ts'
import { temporaryDirectory } from './node-config.ts'
import { hasProgram } from './other-program.ts'
import { Transmission } from './transmission.ts'

export const hasLibtorrent = () => hasProgram('python3-libtorrent', PYTHON, ['-c', 'import libtorrent'])
export const hasTransmission = () => hasProgram('transmission-daemon', 'transmission-daemon', ['--version'])
export const hasAria2 = () => hasProgram('aria2', 'aria2c', ['--version'])

export const startLibtorrent = (options?: SessionOptions) => forThisTest(Libtorrent.start(options))
export const startTransmission = () => forThisTest(Transmission.start(temporaryDirectory()))
export const startAria2 = () => forThisTest(Aria2.start(temporaryDirectory()))

async function forThisTest<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const started = await starting
  onTestFinished(() => started.stop())
  return started
}
