// A state directory for each test of a file, so that nobody's networks are seen, and the files of controllers in it.

import { afterEach, beforeEach } from 'vitest'
import type { ControllerFile } from '../../orchestrator/control/api.ts'
import { identityOf } from '../../orchestrator/machine/processes.ts'
import { temporaryDirectory } from './node-config.ts'

/** To be called once, at the head of a file. */
export function eachHasItsOwnState(): void {
  const before = process.env.XDG_STATE_HOME
  beforeEach(() => {
    process.env.XDG_STATE_HOME = temporaryDirectory()
  })
  afterEach(() => {
    if (before === undefined) delete process.env.XDG_STATE_HOME
    else process.env.XDG_STATE_HOME = before
  })
}

let token = 0

/** Of a controller that lives, this process, each with a token of its own. */
export function controllerFile(changes: Partial<ControllerFile> = {}): ControllerFile {
  return {
    schemaVersion: 1,
    network: 'demo',
    runtime: 'process',
    ...identityOf(process.pid),
    url: 'http://127.0.0.1:1',
    token: `token-${++token}`,
    page: 'http://127.0.0.1:1/?key=0',
    runDirectory: '/nowhere',
    ...changes,
  }
}

/** What tells a controller of this pid that has died: it began otherwise. */
export const DIED = { start: 'another boot 1' } as const
