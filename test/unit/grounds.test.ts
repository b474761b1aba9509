// Where a testnet stands on several hosts: what is asked of them, and in which order.

import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { networksOnHosts } from '../../orchestrator/machine/used-hosts.ts'
import { Pace } from '../../orchestrator/network/pace.ts'
import { Grounds } from '../../orchestrator/runtime/docker/grounds.ts'
import type { Plan, PlannedHost } from '../../orchestrator/spec/types.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { eachHasItsOwnState } from '../support/state-home.ts'

eachHasItsOwnState()

/** An engine in no swarm; `asked`: what it was asked. */
async function engine(name: string, asked: string[]): Promise<PlannedHost> {
  const path = join(temporaryDirectory(), 'engine.sock')
  const server = createServer(({ url = '' }, response) => {
    asked.push(url)
    const answers: { readonly [path: string]: object } = {
      '/info': { NCPU: 2, MemTotal: 1e9, Swarm: { LocalNodeState: 'inactive' } },
      '/version': { Version: '24.0', ApiVersion: '1.43' },
    }
    response.end(url === '/_ping' ? 'OK' : JSON.stringify(answers[url] ?? {}))
  })
  await new Promise<void>(resolve => server.listen(path, resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { name, engine: `unix://${path}`, share: 1, labels: [] }
}

test('hosts in no swarm are told before any image is sent to them, and nothing of theirs is written down', async () => {
  const asked: string[] = []
  const hosts = [await engine('east', asked), await engine('west', asked)]
  const opening = Grounds.open({
    asked: undefined,
    plan: { hosts, nodes: [], blockBytes: 0 } as unknown as Plan,
    identity: { network: 'nowhere', run: 'a1', data: 'a1', owner: 'me' },
    pace: new Pace(2, 2),
    gateway: { token: 'secret', heartbeatTimeoutMs: 0, reach: undefined },
    gatewayLog: () => '/dev/null',
    onNote: () => {},
    signal: new AbortController().signal,
  })
  await expect(opening).rejects.toMatchObject({ code: 'no-engine', message: 'in no swarm: east, west' })
  expect(asked.filter(url => !['/_ping', '/info', '/version'].includes(url))).toEqual([])
  expect(networksOnHosts()).toEqual([])
})
