// Where a testnet stands on several hosts: what is asked of them, and in which order.

import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { deferred } from '../../orchestrator/lanes.ts'
import { networksOnHosts } from '../../orchestrator/machine/used-hosts.ts'
import { Pace } from '../../orchestrator/network/pace.ts'
import { Grounds } from '../../orchestrator/runtime/docker/grounds.ts'
import type { Plan, PlannedHost } from '../../orchestrator/spec/types.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { eachHasItsOwnState } from '../support/state-home.ts'

eachHasItsOwnState()

type Answers = (asked: string, response: ServerResponse) => object | undefined

/** `answers`: to `POST /path`, undefined where it answers itself. */
async function engine(name: string, Swarm: object, answers: Answers): Promise<PlannedHost> {
  const path = join(temporaryDirectory(), 'engine.sock')
  const server = createServer((request, response) => {
    const asked = `${request.method} ${request.url?.replace(/\?.*$/, '')}`
    const always: { readonly [asked: string]: object } = {
      'GET /_ping': {},
      'GET /info': { NCPU: 2, MemTotal: 1e9, Swarm },
      'GET /version': { Version: '24.0', ApiVersion: '1.43' },
    }
    const answer = always[asked] ?? answers(asked, response)
    if (answer) response.end(JSON.stringify(answer))
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
  const outside = { LocalNodeState: 'inactive' }
  const answers = (what: string) => {
    asked.push(what)
    return {}
  }
  const opening = open([await engine('east', outside, answers), await engine('west', outside, answers)])
  await expect(opening).rejects.toMatchObject({ code: 'no-engine', message: 'in no swarm: east, west' })
  expect(asked).toEqual([])
  expect(networksOnHosts()).toEqual([])
})

test('where one host fails, the gateway that another has already is ended for good', async () => {
  const up = deferred<void>()
  const asked: string[] = []
  let running = false
  let [events, said]: (ServerResponse | undefined)[] = []
  const gone = () => {
    said?.end()
    if (running) for (const Action of ['die', 'destroy']) tell({ Action, Actor: { ID: 'gateway' } })
    running = false
    return {}
  }
  const tell = (event: object) => events?.write(`${JSON.stringify(event)}\n`)
  const common: Answers = (what, response) => {
    if (what === 'GET /nodes') return [{ ID: 'east' }, { ID: 'west' }]
    if (what === 'POST /networks/create') return { Id: 'network' }
    if (what === 'GET /networks') return []
    if (what === 'GET /volumes') return { Volumes: [] }
    if (what === 'GET /containers/json') return []
    if (what !== 'GET /events') return {}
    response.flushHeaders()
    return undefined
  }
  const east: Answers = (what, response) => {
    asked.push(what)
    if (what === 'GET /events') events = response
    if (what === 'POST /containers/create') return { Id: 'gateway' }
    if (what === 'GET /containers/json')
      return running ? [{ Id: 'gateway', Names: ['/gateway'], Labels: {} }] : []
    if (/^POST .*kill$|^DELETE .containers/.test(what)) return gone()
    if (what.endsWith('/exec')) return void response.writeHead(409).end('{}')
    if (what.endsWith('/attach')) {
      running = true
      said = response
      const words = Buffer.from('{"ready":true}\n')
      said.write(Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, words.length]), words]))
      return undefined
    }
    if (what === 'GET /containers/gateway/json') {
      setImmediate(up.resolve)
      return { NetworkSettings: { Ports: {} } }
    }
    return common(what, response)
  }
  const west: Answers = (what, response) => {
    if (what !== 'POST /networks/create') return common(what, response)
    void up.promise.then(() => response.writeHead(500).end('{"message":"no room"}'))
    return undefined
  }
  const swarm = { LocalNodeState: 'active' }
  const hosts = [
    await engine('east', { ...swarm, ControlAvailable: true, NodeID: 'east' }, east),
    await engine('west', { ...swarm, NodeID: 'west' }, west),
  ]
  await expect(open(hosts)).rejects.toThrow('no room')
  expect(running).toBe(false)
  // It was meant to end: so it is not started anew, and nobody asks through it any more.
  expect(asked).toContain('POST /containers/gateway/kill')
})

function open(hosts: readonly PlannedHost[]): Promise<Grounds> {
  return Grounds.open({
    asked: undefined,
    plan: { hosts, nodes: [], blockBytes: 0 } as unknown as Plan,
    identity: { network: 'nowhere', run: 'a1', data: 'a1', owner: 'me' },
    pace: new Pace(2, 2),
    gateway: { token: 'secret', heartbeatTimeoutMs: 0, reach: undefined },
    gatewayLog: () => '/dev/null',
    onNote: () => {},
    signal: new AbortController().signal,
  })
}
