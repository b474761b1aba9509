// Each file with real parts has a state directory of its own. What is in an engine belongs to the state directory of whoever
// made it, and a launch sweeps what of its own nobody claims: files side by side would sweep each other's networks, and
// those of the user who runs the tests.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const home = mkdtempSync(join(tmpdir(), 'netsplit-state-'))
process.env.XDG_STATE_HOME = home
afterAll(() => rmSync(home, { recursive: true, force: true }))
