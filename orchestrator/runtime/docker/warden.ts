// Sweeps the engine when we end without having done it ourselves, which is after a kill −9: containers would stop by
// themselves, but networks, volumes and helpers that never ran would stay until somebody asks.
//
// A shell waits for a word on its standard input. The system closes that with us, however we end; without the word, the shell
// becomes `netsplit gc` for this one network.

import { type ChildProcess, spawn } from 'node:child_process'
import { bundleFile } from '../../machine/paths.ts'
import { identityOf, standingOf } from '../../machine/processes.ts'
import { noteClean, type UsedHost } from '../../machine/used-hosts.ts'
import { pause } from '../../network/node-client.ts'
import { keepsNothing, sweepEngine } from './gc.ts'
import { isLost } from './lost.ts'
import { ORPHAN_MARK, type Orphan } from './orphan.ts'

/** What was asked of the engine just before may still come to be: so long between looks, and so many of them at most. */
const AGAIN_MS = 3_000
const MOST_LOOKS = 10
/** The system closes our files a moment before we are gone. */
const DYING_MS = 50
const DYING_MOST_MS = 10_000

export class Warden {
  static readonly script = 'read -r word; [ "$word" = over ] || exec "$@"'
  readonly #helper: ChildProcess

  /** `command`: what the shell becomes. `host`: where the engine is, of several. */
  constructor(
    network: string,
    engine: string,
    command: readonly string[] = [process.execPath, bundleFile('netsplit.js'), 'gc'],
    host?: UsedHost,
  ) {
    const orphan: Orphan = { network, engine, ...(host && { host }), controller: identityOf(process.pid) }
    this.#helper = spawn('sh', ['-c', Warden.script, 'sh', ...command], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true, // the terminal's signals are not for it
      env: { ...process.env, [ORPHAN_MARK]: JSON.stringify(orphan) },
    })
    this.#helper.unref()
    this.#helper.on('error', () => {}) // without a shell, netsplit gc sweeps when it is asked to
    this.#helper.stdin?.on('error', () => {})
  }

  /** All is swept. */
  dismiss(): void {
    this.#helper.stdin?.end('over\n')
  }
}

/** Until nothing is left, twice in a row. Of a network that somebody has taken up again meanwhile nothing is touched. */
export async function sweepOrphan({ network, engine, host, controller }: Orphan): Promise<void> {
  for (let waitedMs = 0; standingOf(controller) !== 'gone'; waitedMs += DYING_MS) {
    if (waitedMs > DYING_MOST_MS) return // it lives
    await pause(DYING_MS)
  }
  let clean = 0
  for (let look = 0; look < MOST_LOOKS && clean < 2; look++) {
    if (look > 0) await pause(AGAIN_MS)
    const asked = { engine, dryRun: false, images: false, network, ...(host && { host }) }
    // An engine that is on its way back is asked again.
    const swept = await sweepEngine(asked).catch(() => undefined)
    // What it cannot remove whoever asks is no reason to stay.
    const left = swept && swept.found.length - swept.stuck.filter(isLost).length
    clean = left === 0 ? clean + 1 : 0
  }
  if (clean > 0 && keepsNothing(network)) noteClean(network, engine)
}
