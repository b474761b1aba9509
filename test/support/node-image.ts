// The node image is built once, before the suites in containers: files that begin side by side would each build it. What
// hinders it is said by the tests themselves, which need it.

import { connectEngine } from '../../orchestrator/runtime/docker/engine.ts'
import { ensureNodeImage } from '../../orchestrator/runtime/docker/image.ts'

export async function setup(): Promise<void> {
  try {
    const { docker } = await connectEngine()
    await ensureNodeImage(docker, message => console.error(`netsplit: ${message}`))
  } catch (error) {
    console.error(`netsplit: no node image: ${(error as Error).message}`)
  }
}
