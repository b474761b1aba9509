// Clients in a spec: what becomes of them in a plan, what of them cannot be, and the places in their arguments.

import { describe, expect, it } from 'vitest'
import { argumentsFor, fileFor } from '../../node/foreign/places.ts'
import { launchOf } from '../../orchestrator/clients/client.ts'
import { onlyRuntime } from '../../orchestrator/clients/spec.ts'
import { isVersion, versionOf } from '../../orchestrator/clients/version.ts'
import type { UserError } from '../../orchestrator/errors.ts'
import { refuseMissing } from '../../orchestrator/machine/programs.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import type { PlannedNode } from '../../orchestrator/spec/types.ts'

const planOf = (yaml: string, runtime = 'process') => makePlan(parseSpec(yaml, 'test', { runtime }))
const REGTEST = 'chain: { network: regtest }\n'

describe('places', () => {
  const places = { p2p: '1', rpc: '2', data: '/d', user: 'u', password: 'p', node: '/node' }
  const peers = ['127.0.0.1:5', '127.0.0.1:6']

  it('are filled, and what names a peer is there once for each', () => {
    expect(
      argumentsFor(['{node}', '-datadir={data}', '-connect={peer}', '{unknown}'], places, peers),
    ).toEqual([...['/node', '-datadir=/d', '-connect=127.0.0.1:5', '-connect=127.0.0.1:6', '{unknown}']])
    expect(argumentsFor(['--only={peers}', '-p{p2p}:{rpc}'], places, peers)).toEqual([
      ...['--only=127.0.0.1:5,127.0.0.1:6', '-p1:2'],
    ])
    expect(argumentsFor(['--only={peers}', '-connect={peer}', 'x'], places, [])).toEqual(['x'])
    expect(fileFor('a={user}:{password}\nconnect={peer}\nend', places, peers)).toBe(
      'a=u:p\nconnect=127.0.0.1:5\nconnect=127.0.0.1:6\nend',
    )
  })
})

describe('a version', () => {
  it.each([
    ['/Satoshi:28.1.0/', 'Satoshi', '28.1.0'],
    ['/Satoshi:28.1.0(core-1; x)/', 'Satoshi', '28.1.0'],
    ['/Satoshi:28.1.0/Knots:20250305/', 'Satoshi', '28.1.0 Knots:20250305'],
    ['/bcoin:v1.0.2/', 'bcoin', '1.0.2'],
    ['/btcwire:0.5.0/btcd:0.23.3/', 'btcd', '0.23.3'],
    ['/netsplit:0.1.0/', 'Satoshi', 'netsplit:0.1.0'],
    ['/anything:1/', undefined, 'anything:1'],
    ['', 'Satoshi', 'nothing'],
  ])('of %s as a %s says it is %s', (userAgent, agent, version) => {
    expect(versionOf(userAgent, agent)).toBe(version)
  })

  it('is what was asked for by as many numbers as were asked for', () => {
    const asked = ['28', '28.1', '28.1.0', '28.10', '2', '28.1.0.0', '27']
    expect(asked.filter(each => isVersion('28.1.0 Knots:20250305', each))).toEqual(['28', '28.1', '28.1.0'])
    expect(isVersion('netsplit:0.1.0', '0.1')).toBe(true)
  })
})

describe('a plan', () => {
  it('has how a program is started, with what the spec says of it', () => {
    const { nodes } = planOf(
      `${REGTEST}nodes: { core: { count: 2, share: 100%, client: bitcoind, version: 28.1, program: /opt/bitcoind, args: [-debug=net] }, ours: { count: 1 } }`,
    )
    const [core, , ours] = nodes
    expect(core?.client).toMatchObject({
      name: 'bitcoind',
      wallet: true,
      version: '28.1',
      launch: { argv: ['/opt/bitcoind', '-datadir={data}', '-debug=net'], mines: true, rpc: { path: '/' } },
    })
    expect(launchOf(core?.client)?.files?.['bitcoin.conf']).toContain('connect={peer}')
    expect(core?.mining).toMatchObject({ mode: 'paced', hashRateHps: 500_000 })
    expect(ours?.client).toBeUndefined()
  })

  it('has the image of each, of ours as well', () => {
    const { nodes } = planOf(
      `${REGTEST}nodes:
  core: { count: 1, share: 100%, client: bitcoind, image: 'bitcoin/bitcoin:28.1' }
  own: { count: 1, client: bcoin, image: mine, program: /srv/bcoin }
  usual: { count: 1, client: bcoin, image: mine }
  any: { count: 1, client: command, image: 'here:5000/some/other:1@sha256:7' }
  older: { count: 1, image: 'netsplit-node:older' }`,
      'docker',
    )
    const [core, own, usual, any, older] = nodes
    expect(core?.client?.launch).toMatchObject({ image: 'bitcoin/bitcoin:28.1' })
    expect(launchOf(core?.client)?.argv[0]).toBe('bitcoind')
    expect(launchOf(own?.client)?.argv).toContain('/srv/bcoin')
    expect(launchOf(usual?.client)?.argv).toContain('/code')
    expect(any?.client?.launch).toMatchObject({ name: 'other', argv: [''] })
    expect(older).toMatchObject({ image: 'netsplit-node:older' })
    expect(core).not.toHaveProperty('image')
  })

  it('has our own nodes of another build, and what they are to say that they are', () => {
    const { nodes, runtime } = makePlan(
      parseSpec('nodes: { a: { share: 100%, client: netsplit, program: /dist, version: 2 } }', 'test', {}),
    )
    expect([nodes[0], runtime]).toEqual([
      expect.objectContaining({ program: '/dist', version: '2' }),
      'process',
    ])
    expect(nodes[0]?.client).toBeUndefined()
  })

  it('lets those dial that learn only from whom they dialled', () => {
    const nodes = 'nodes: { a: { count: 3, share: 100% }, b: { count: 2, client: bcoin, program: x } }'
    const { topology } = planOf(`${REGTEST}${nodes}\ntopology: { kind: full }`)
    const between = topology.edges.filter(({ from, to }) => from[0] !== to[0])
    expect(between).toHaveLength(6)
    expect(between.every(({ from }) => from.startsWith('b-'))).toBe(true)
    expect(topology.edges).toHaveLength(10)
  })
})

describe('a program', () => {
  it('that is said by a path lies beside the spec; by its name alone it is on the path', () => {
    const program = (said: string, key = 'program') =>
      parseSpec(
        `${REGTEST}nodes: { a: { share: 100%, client: bitcoind, ${key}: ${said} } }`,
        '/specs/x.yaml',
        {},
      ).nodes.a?.program
    expect(program('./bin/bitcoind')).toBe('/specs/bin/bitcoind')
    expect(program('../bitcoind')).toBe('/bitcoind')
    expect(program('node_modules/x')).toBe('/specs/node_modules/x')
    expect(program('/opt/bitcoind')).toBe('/opt/bitcoind')
    expect(program('bitcoind')).toBe('bitcoind')
    const inside = `${REGTEST}nodes: { a: { share: 100%, client: bitcoind, image: x, program: bin/d } }`
    expect(parseSpec(inside, '/specs/x.yaml', {}).nodes.a?.program).toBe('bin/d')
    const { faults } = parseSpec(
      `${REGTEST}nodes: { a: { share: 100% } }\nfaults: { up: { upgrade: { to: { program: ./dist } }, at: 1s } }`,
      '/specs/x.yaml',
      {},
    )
    expect(faults?.up?.upgrade?.to).toEqual({ program: '/specs/dist' })
  })

  it('that is not here is missed before anything runs', () => {
    const missed = (said: string, path = '/bin:/usr/bin') => {
      const [node] = planOf(`${REGTEST}nodes: { core: { count: 1, share: 100%, ${said} } }`).nodes
      try {
        refuseMissing(node as PlannedNode, { PATH: path })
      } catch (error) {
        return [(error as UserError).exitCode, (error as Error).message]
      }
      return undefined
    }
    expect(missed('client: bitcoind, program: sh')).toBeUndefined()
    expect(missed('client: bitcoind, program: sh', '/nowhere')).toEqual([
      4,
      'core-1: there is no sh on the path',
    ])
    expect(missed('client: bitcoind, program: /nowhere/d')).toEqual([
      4,
      'core-1: there is no program /nowhere/d',
    ])
    expect(missed('client: bcoin, program: /nowhere')).toEqual([
      ...[4, 'core-1: there is no package of bcoin in /nowhere'],
    ])
    expect(missed('client: bcoin')).toEqual([4, 'core-1: there is no package of bcoin'])
    expect(missed('log: debug')).toBeUndefined()
  })
})

describe('a spec is refused, with the place,', () => {
  const refusal = (yaml: string, runtime: 'process' | 'docker' | 'sim' | undefined = 'process') => {
    try {
      parseSpec(yaml, 'test', { runtime })
    } catch (error) {
      return (error as Error).message
    }
    return undefined
  }
  it.each([
    ['nodes: { a: { share: 100% }, c: { client: bitcoind } }', 'set chain.network to regtest'],
    [`${REGTEST}nodes: { a: { share: 100% }, c: { program: x } }`, 'say whose'],
    [`${REGTEST}nodes: { a: { share: 100% }, c: { args: [x] } }`, 'say whose'],
    [`${REGTEST}nodes: { a: { share: 100% }, c: { version: 28 } }`, 'say whose'],
    [`${REGTEST}nodes: { a: { share: 100% }, c: { client: bitcoind, version: next } }`, 'version'],
    [`${REGTEST}nodes: { a: { share: 100% }, c: { client: command } }`, 'add program'],
    [
      `${REGTEST}nodes: { a: { share: 50% }, c: { share: 50%, client: command, program: x } }`,
      'cannot be asked for',
    ],
    [
      `${REGTEST}nodes: { a: { share: 50% }, c: { share: 50%, client: bitcoind, strategy: selfish } }`,
      'a strategy is one of our nodes',
    ],
    [`${REGTEST}nodes: { a: { share: 100% }, c: { client: bitcoind, runs: p2p } }`, 'to say what it does'],
    ['nodes: { a: { share: 100%, client: netsplit, args: [x] } }', 'it is about another program'],
    [`${REGTEST}nodes: { a: { share: 100% }, c: { client: geth } }`, 'bitcoind'],
  ])('where it says %s', (yaml, why) => {
    expect(refusal(yaml)).toContain(why)
  })

  it('in virtual time', () => {
    const yaml = `${REGTEST}nodes: { a: { share: 100% }, c: { client: bitcoind } }`
    expect(refusal(yaml, 'sim')).toContain('virtual time')
    expect(refusal(yaml)).toBeUndefined()
    expect(refusal('nodes: { a: { share: 100%, image: older } }', 'sim')).toContain('virtual time')
  })

  it('where images are for another runtime, or are not said', () => {
    const both = `${REGTEST}nodes: { a: { share: 100% }, c: { client: bitcoind, image: x } }`
    expect(refusal(both, 'process')).toContain('images are for containers')
    expect(refusal(both, 'docker')).toBeUndefined()
    expect(refusal('nodes: { a: { share: 100%, image: older } }')).toContain('images are for containers')
    const none = `${REGTEST}nodes: { a: { share: 100% }, c: { client: bitcoind } }`
    expect(refusal(none, 'docker')).toContain('say which image')
    const half = `${REGTEST}nodes: { a: { share: 100%, image: older }, c: { client: bitcoind } }`
    expect(refusal(half, 'docker')).toContain('say which image')
    expect(() => parseSpec(half, 'test', {})).toThrow('say which image')
  })

  it('that has the one runtime of what it says', () => {
    const specOf = (nodes: string) => parseSpec(`${REGTEST}nodes: ${nodes}`, 'test', {})
    expect(onlyRuntime(specOf('{ a: { share: 100% } }'))).toBeUndefined()
    expect(onlyRuntime(specOf('{ a: { share: 100% }, c: { client: bitcoind } }'))).toBe('process')
    expect(onlyRuntime(specOf('{ a: { share: 100% }, c: { client: bitcoind, image: x } }'))).toBe('docker')
    expect(onlyRuntime(specOf('{ a: { share: 100%, image: older } }'))).toBe('docker')
  })
})
