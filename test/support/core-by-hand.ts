// The stand-in for Core's program as somebody starts and asks it who knows of no network: by its arguments, and by RPC with a login.

import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export interface Launched {
  readonly child: ChildProcess
  readonly exited: Promise<{ readonly code: number | null; readonly errors: string }>
}

/** Gone after the test. */
export function launchByHand(program: string, args: readonly string[]): Launched {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr?.on('data', chunk => {
    errors += chunk
  })
  const exited = new Promise<{ code: number | null; errors: string }>(resolve => {
    child.once('close', code => resolve({ code, errors }))
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return { child, exited }
}

/** Where it writes its login when it has none of its settings. */
export const cookieIn = (datadir: string) => join(datadir, 'regtest', '.cookie')

export function askByHand(
  port: number,
  userAndPassword: string,
  method: string,
  ...params: unknown[]
): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(userAndPassword).toString('base64')}` },
    body: JSON.stringify({ id: 1, method, params }),
  })
}
