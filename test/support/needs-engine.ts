// Suites in containers need an engine. Without one every test is skipped, and it is said so that nobody overlooks it;
// under CI a skipped test is a failure.

import { beforeEach } from 'vitest'
import { findEngine } from '../../orchestrator/runtime/docker/discover.ts'

/** As long as a busy engine may take; where there is none it is known at once. */
const LOOK_MS = 30_000
const engine = await findEngine(undefined, LOOK_MS).catch((error: Error) => error)

if (engine instanceof Error) {
  console.error(`SKIPPED, every test in containers: ${engine.message}`)
  beforeEach(({ skip }) => skip(engine.message))
}
