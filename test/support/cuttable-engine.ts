// A way to the engine that a test can cut, and a network that goes that way.

import { createServer, connect as dial, type Socket } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { socketPath } from '../../orchestrator/runtime/docker/discover.ts'
import { connectEngine } from '../../orchestrator/runtime/docker/engine.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { type DockerNetwork, dockerNetwork } from './docker-network.ts'
import { TOKEN, temporaryDirectory } from './node-config.ts'

/** A way to the engine that can be cut, at once or for whoever comes. */
export async function cuttableEngine() {
  const { place } = await connectEngine()
  const path = join(temporaryDirectory(), 'engine.sock')
  const open = new Set<Socket>()
  const server = createServer(near => {
    const far = dial(socketPath(place.address))
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one)
      one
        .on('error', () => {})
        .on('close', () => {
          open.delete(one)
          other.destroy()
        })
      one.pipe(other)
    }
  })
  const listen = () => new Promise<void>(resolve => server.listen(path, resolve))
  await listen()
  onTestFinished(() => void server.close())
  const cut = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve())
      for (const socket of open) socket.destroy()
    })
  /** As an engine that stops: it takes no more calls, and what is open goes on. */
  const closeDoor = () => void server.close()
  return { address: `unix://${path}`, cut, closeDoor, restore: listen }
}

/** Not launched yet; down after the test. */
export function networkOn(engine: string, yaml: string): DockerNetwork {
  const plan = makePlan(parseSpec(yaml, 'the test', {}))
  return dockerNetwork(plan, { engine, token: TOKEN, heartbeatTimeoutMs: 60_000 })
}
