// Swarms as engines tell of them: who is in one with whom, what makes one of some hosts, and what netsplit made.

import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UserError } from '../../orchestrator/errors.ts'
import { type MadeMember, noteMade, readMade } from '../../orchestrator/machine/swarm-file.ts'
import { contextNamed, contextNames } from '../../orchestrator/runtime/docker/discover.ts'
import { addressOf, twins } from '../../orchestrator/runtime/docker/host-survey.ts'
import {
  type Member,
  planJoin,
  swarmState,
  swarmsOf,
  whyNoSwarm,
} from '../../orchestrator/runtime/docker/swarm.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { eachHasItsOwnState } from '../support/state-home.ts'

eachHasItsOwnState()

const active = (name: string, managers: readonly string[]): Member => ({
  name,
  swarm: swarmState({
    ...{ LocalNodeState: 'active', NodeID: name, NodeAddr: `addr-${name}` },
    ControlAvailable: managers.includes(name),
    RemoteManagers: managers.map(node => ({ NodeID: node, Addr: `addr-${node}:2377` })),
  }),
})
const outside = (name: string, state = 'inactive'): Member => ({
  name,
  swarm: swarmState({ LocalNodeState: state }),
})
const names = (members: readonly Member[]) => members.map(({ name }) => name)

function refusal(members: readonly Member[]): string {
  try {
    planJoin(members)
  } catch (error) {
    if (error instanceof UserError) return `${error.message} → ${error.hint}`
    throw error
  }
  return 'accepted'
}

describe('hosts of one swarm', () => {
  it('are those that have a manager in common, whoever tells of it and in whatever order', () => {
    const members = [
      active('a', ['a', 'b']),
      active('b', ['a', 'b']),
      active('c', ['b']),
      active('d', ['x']),
      outside('e'),
    ]
    fc.assert(
      fc.property(fc.shuffledSubarray(members, { minLength: 5, maxLength: 5 }), mixed => {
        const found = swarmsOf(mixed).map(swarm => names(swarm).sort())
        expect(found.sort((a, b) => b.length - a.length)).toEqual([['a', 'b', 'c'], ['d']])
      }),
    )
    // Two that know nothing of each other, and one that knows both.
    expect(swarmsOf([active('p', ['m']), active('q', ['n']), active('r', ['m', 'n'])])).toHaveLength(1)
  })

  it('of an engine that knows no swarms there is none', () => {
    expect(swarmState(undefined)).toMatchObject({
      state: 'inactive',
      manager: false,
      managers: [],
      address: '',
    })
    expect(swarmState({ LocalNodeState: '', RemoteManagers: null })).toMatchObject({ state: 'inactive' })
  })
})

describe('to make one swarm of hosts', () => {
  it('nothing is done where they are one, the first begins where there is none, a manager lets the others in', () => {
    expect(planJoin([active('a', ['a']), active('b', ['a'])])).toEqual({ kind: 'whole' })
    expect(planJoin([active('a', ['elsewhere']), active('b', ['elsewhere'])])).toEqual({ kind: 'whole' })
    const begun = planJoin([outside('a'), outside('b')])
    expect(begun).toMatchObject({ kind: 'join', init: true, manager: { name: 'a' }, join: [{ name: 'b' }] })
    const letIn = planJoin([active('a', ['c']), outside('b'), active('c', ['c'])])
    expect(letIn).toMatchObject({ kind: 'join', init: false, manager: { name: 'c' }, join: [{ name: 'b' }] })
  })

  it('is refused with the names of two swarms, of a manager that is not among them, of a host that is not well', () => {
    expect(refusal([active('a', ['a']), active('b', ['a']), active('c', ['c'])])).toBe(
      'the hosts are in different swarms, that of addr-a:2377 (a, b) and that of addr-c:2377 (c): a network spans one → docker swarm leave, on c; or leave those hosts out',
    )
    expect(refusal([active('a', ['m']), outside('b')])).toMatch(
      /^a is in a swarm that none of these hosts manages \(addr-m:2377 does\), and b is in none → add the host/,
    )
    expect(refusal([outside('a', 'locked')])).toMatch(/^a: its swarm is locked → docker swarm unlock, on a/)
    expect(refusal([outside('a', 'error')])).toMatch(/^a is in a swarm and not well there \(error\)/)
    expect(refusal([outside('a'), outside('b', 'pending')])).toMatch(
      /^b is in a swarm and not well there \(pending\)/,
    )
  })

  it('an engine that has no overlays is told from one that has', () => {
    expect(whyNoSwarm({ rootless: false, labelsVolumes: true })).toBeUndefined()
    expect(whyNoSwarm({ rootless: true, labelsVolumes: true })).toContain('rootless')
    expect(whyNoSwarm({ rootless: true, labelsVolumes: false })).toContain('podman')
  })

  it('two hosts of one engine are named', () => {
    const host = (name: string, id: string) => ({
      host: { name, engine: `ssh://${name}`, share: 1, labels: [] },
      id,
    })
    expect(twins([host('a', '1'), host('b', '2'), host('c', '1')])).toEqual(['a and c are one engine'])
  })
})

describe('the address of a host', () => {
  const host = { name: 'b', share: 1, labels: [] }
  it('is what is said, else that of its engine, else for its engine to choose', async () => {
    expect(await addressOf({ ...host, engine: 'ssh://10.0.0.2', address: '10.9.9.9' })).toBe('10.9.9.9')
    expect(await addressOf({ ...host, engine: 'tcp://10.0.0.2:2376' })).toBe('10.0.0.2')
    expect(await addressOf({ ...host, engine: 'tcp://[fd00::2]:2376' })).toBe('fd00::2')
    expect(await addressOf({ ...host, engine: 'unix:///x.sock' })).toBeUndefined()
    for (const near of ['tcp://127.0.0.1:2376', 'ssh://localhost:2222'])
      expect(await addressOf({ ...host, engine: near })).toBeUndefined()
  })
})

describe('what was made of engines', () => {
  const made = (name: string): MadeMember => ({
    ...{ host: { name, engine: `ssh://${name}` }, hadBridge: false },
    how: 'join',
  })

  it('is written down by engine, and nothing is left of what is undone', () => {
    expect(readMade()).toEqual([])
    noteMade('ssh://a', made('a'))
    noteMade('ssh://b', made('b'))
    noteMade('ssh://a', { ...made('a'), node: 'n1' })
    expect(readMade()).toEqual([made('b'), { ...made('a'), node: 'n1' }])
    noteMade('ssh://b', undefined)
    noteMade('ssh://a', undefined)
    expect(readMade()).toEqual([])
  })
})

describe('contexts of the docker command', () => {
  it('are found by name, with their TLS files where they have any', () => {
    const folder = temporaryDirectory()
    const write = (name: string, Host: string, tls: boolean) => {
      const id = createHash('sha256').update(name).digest('hex')
      const meta = join(folder, 'contexts', 'meta', id)
      const files = join(folder, 'contexts', 'tls', id, 'docker')
      mkdirSync(meta, { recursive: true })
      writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker: { Host } } }))
      if (!tls) return undefined
      mkdirSync(files, { recursive: true })
      writeFileSync(join(files, 'key.pem'), '')
      return { ca: join(files, 'ca.pem'), cert: join(files, 'cert.pem'), key: join(files, 'key.pem') }
    }
    const env = { DOCKER_CONFIG: folder }
    write('b', 'ssh://me@b', false)
    const tls = write('c', 'tcp://c:2376', true)
    expect(contextNamed('b', env)).toEqual({ address: 'ssh://me@b' })
    expect(contextNamed('c', env)).toEqual({ address: 'tcp://c:2376', tls })
    expect(contextNamed('d', env)).toBeUndefined()
    expect(contextNamed('default', env)).toEqual({ address: 'unix:///var/run/docker.sock' })
    expect(contextNamed('default', { ...env, DOCKER_HOST: 'ssh://z' })).toEqual({ address: 'ssh://z' })
    expect(contextNames(env)).toEqual(['default', 'b', 'c'])
  })
})
