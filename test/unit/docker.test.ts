// The docker runtime's pure parts: where an engine is looked for, subnets, the build context, what a container is given.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Lanes } from '../../orchestrator/lanes.ts'
import { chooseRuntime } from '../../orchestrator/runtime/choose.ts'
import { contextFiles, readContext, whitelist } from '../../orchestrator/runtime/docker/context.ts'
import { enginePlaces, findEngine, isLocal } from '../../orchestrator/runtime/docker/discover.ts'
import { DockerRuntime } from '../../orchestrator/runtime/docker/runtime.ts'
import {
  formatSubnet,
  freeSubnets,
  gatewayAddress,
  hostAddress,
  MAX_HOSTS,
  overlap,
  parseSubnet,
  type Subnet,
} from '../../orchestrator/runtime/docker/subnets.ts'
import { makeTar } from '../../orchestrator/runtime/docker/tar.ts'
import { planOf } from '../support/fake-network.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { until } from '../support/until.ts'

describe('an engine is looked for', () => {
  /** A home folder with a docker context. */
  function home(current: string): string {
    const folder = temporaryDirectory()
    const id = createHash('sha256').update('remote').digest('hex')
    const meta = join(folder, '.docker', 'contexts', 'meta', id)
    mkdirSync(meta, { recursive: true })
    writeFileSync(join(folder, '.docker', 'config.json'), JSON.stringify({ currentContext: current }))
    const endpoint = { Endpoints: { docker: { Host: 'unix:///run/context.sock' } } }
    writeFileSync(join(meta, 'meta.json'), JSON.stringify(endpoint))
    return folder
  }

  it('where the flag says, else DOCKER_HOST, else the current context, and nowhere else', () => {
    const env = { DOCKER_HOST: 'unix:///run/host.sock' }
    expect(enginePlaces('unix:///x.sock', env, home('remote'))).toEqual([
      { address: 'unix:///x.sock', from: '--engine' },
    ])
    expect(enginePlaces(undefined, env, home('remote'))).toEqual([
      { address: 'unix:///run/host.sock', from: 'DOCKER_HOST' },
    ])
    expect(enginePlaces(undefined, {}, home('remote'))).toEqual([
      { address: 'unix:///run/context.sock', from: 'context remote' },
    ])
    expect(enginePlaces(undefined, { DOCKER_CONTEXT: 'remote' }, home('default'))).toHaveLength(1)
  })

  it('else at the usual sockets, those of rootless engines and of podman among them', () => {
    const places = enginePlaces(undefined, { XDG_RUNTIME_DIR: '/run/user/7' }, home('default'))
    const addresses = places.map(({ address }) => address)
    expect(addresses[0]).toBe('unix:///var/run/docker.sock')
    expect(addresses).toContain('unix:///run/user/7/docker.sock')
    expect(addresses).toContain('unix:///run/user/7/podman/podman.sock')
  })

  it('on this machine only: ports that are published on another loopback are of no use', async () => {
    expect(isLocal('tcp://127.0.0.1:2375')).toBe(true)
    expect(isLocal('ssh://me@there')).toBe(false)
    await expect(findEngine('tcp://192.0.2.1:2375', 100)).rejects.toMatchObject({
      code: 'no-engine',
      message: expect.stringContaining('is on another machine'),
      hint: expect.stringContaining('--engine'),
    })
  })

  it('and a socket on which nobody listens is told from one that is not there', async () => {
    const file = join(temporaryDirectory(), 'file.sock')
    writeFileSync(file, '')
    await expect(findEngine(`unix://${file}`, 100)).rejects.toThrow(/no engine listens/)
    await expect(findEngine(`unix://${file}.not`, 100)).rejects.toThrow(/is not there/)
  })
})

it('podman is used when it is asked for, never of its own accord', async () => {
  const socket = join(temporaryDirectory(), 'podman.sock')
  const engine = createServer((_, response) => response.setHeader('server', 'Libpod/4.3.1 (linux)').end('OK'))
  await new Promise<void>(resolve => engine.listen(socket, resolve))
  onTestFinished(() => void engine.close())
  const said: string[] = []
  const choose = (asked: 'docker' | undefined) =>
    chooseRuntime(asked, `unix://${socket}`, message => said.push(message))
  expect(await choose(undefined)).toBe('process')
  expect(said).toEqual([expect.stringMatching(/^nodes run as processes: the engine is podman/)])
  expect(await choose('docker')).toBe('docker')
})

describe('an image that is long in coming', () => {
  /** An engine that has nothing and whose pull never ends, or has not begun. */
  async function slowEngine(begins: boolean): Promise<{ address: string; pulling: () => boolean }> {
    const socket = join(temporaryDirectory(), 'slow.sock')
    let pulling = false
    const answers: { readonly [path: string]: unknown } = {
      info: { NCPU: 2, MemTotal: 1e9 },
      version: { Version: '28.0.0', ApiVersion: '1.48' },
      networks: [],
      volumes: { Volumes: [] },
    }
    const server = createServer((request, response) => {
      const path = (request.url ?? '').replace(/^\/v[\d.]+/, '')
      const known = Object.keys(answers).find(each => path.startsWith(`/${each}`))
      if (path.startsWith('/images/create')) {
        pulling = true
        if (begins) response.write('{"status":"Pulling"}\n')
      } else if (path.startsWith('/images/')) response.writeHead(404).end('{"message":"no such image"}')
      else if (path.startsWith('/containers/')) response.end('[]')
      else response.end(known === undefined ? 'OK' : JSON.stringify(answers[known]))
    })
    await new Promise<void>(resolve => server.listen(socket, resolve))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return { address: `unix://${socket}`, pulling: () => pulling }
  }

  it.each([true, false])(
    'keeps nobody: a network that is told to end does not wait for it (begun: %s)',
    async begins => {
      const { address, pulling } = await slowEngine(begins)
      const directory = temporaryDirectory()
      const plan = planOf(['a-1'])
      const options = {
        plan,
        directory,
        logDirectory: join(directory, 'logs'),
        token: 'token',
        heartbeatTimeoutMs: 0,
      }
      const runtime = new DockerRuntime({ ...options, onExit: () => {} }, { engine: address })
      const reserved = runtime.reserve('a-1', ['bitcoin']).catch((error: Error) => error.message)
      await until('the pull', pulling)
      await runtime.destroy()
      expect(await reserved).toContain('nobody waits for it any more')
    },
  )
})

describe('subnets', () => {
  const cidr = fc
    .tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255), fc.integer({ min: 8, max: 32 }))
    .map(([a, b, c, d, bits]) => `${a}.${b}.${c}.${d}/${bits}`)

  it('that are offered overlap nothing in use', () => {
    fc.assert(
      fc.property(fc.array(cidr, { maxLength: 20 }), fc.nat(1e6), (texts, start) => {
        const used = texts.flatMap(text => parseSubnet(text) ?? [])
        const next = freeSubnets(used, start).next()
        if (next.done) return
        for (const other of used) expect(overlap(next.value, other)).toBe(false)
      }),
    )
  })

  it('are all offered once, and none when everything is in use', () => {
    const all = [...freeSubnets([], 17)].map(formatSubnet)
    expect(all).toHaveLength(4096)
    expect(new Set(all).size).toBe(4096)
    expect([...freeSubnets([{ base: 0, size: 2 ** 32 }], 0)]).toEqual([])
  })

  it('give each node an address of its own beside the gateway', () => {
    const subnet = parseSubnet('10.200.4.0/22')
    if (!subnet) throw new Error('it is a subnet')
    expect(gatewayAddress(subnet)).toBe('10.200.4.1')
    expect(hostAddress(subnet, 0)).toBe('10.200.4.2')
    expect(hostAddress(subnet, MAX_HOSTS - 1)).toBe('10.200.7.254')
    expect(() => hostAddress(subnet, MAX_HOSTS)).toThrow(RangeError)
  })

  it('have no fewer nodes where engines take a part of them', () => {
    const all = [...freeSubnets([], 17, 2048)]
    expect(new Set(all.map(formatSubnet)).size).toBe(2048)
    const overlay = { ...(parseSubnet('10.200.8.0/21') as Subnet), kept: 64 }
    expect(hostAddress(overlay, 0)).toBe('10.200.8.66')
    expect(hostAddress(overlay, MAX_HOSTS - 1)).toBe('10.200.12.62')
    expect(() => hostAddress(overlay, 2048 - 3 - 64)).toThrow('room for 1981 nodes')
  })
})

describe('the build context', () => {
  /** Names of the packages that this one needs at run time, itself included. */
  function closure(name: string): string[] {
    const { dependencies = {} } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'))
    return [name, ...Object.keys(dependencies).flatMap(closure)]
  }

  it('holds every package that the node loads from outside its bundle', () => {
    const bundled = ['abstract-level', 'module-error', 'napi-macros'] // in the bundle, or headers for its compiler
    const files = contextFiles('.')
    const wanted = ['classic-level', 'tiny-secp256k1']
      .flatMap(closure)
      .filter(name => !bundled.some(each => closure(each).includes(name)))
    expect(wanted).toEqual(['classic-level', 'node-gyp-build', 'tiny-secp256k1', 'uint8array-tools'])
    for (const name of wanted) expect(files).toContain(`node_modules/${name}/package.json`)
  })

  it('holds nothing else: no sources, no secrets, no other platforms', () => {
    const files = contextFiles('.')
    const strangers = files.filter(
      file => !/^(package\.json|dist\/(node|warm|gateway|miner-worker)\.cjs|node_modules\/.+)$/.test(file),
    )
    expect(strangers).toEqual([])
    expect(files.filter(file => /prebuilds\/(?!linux)/.test(file))).toEqual([])
  })

  it('is the same twice, and another when a byte of it changes', () => {
    const root = temporaryDirectory()
    mkdirSync(join(root, 'docker'))
    writeFileSync(join(root, '.dockerignore'), '*\n!a\n')
    writeFileSync(join(root, 'docker', 'Dockerfile'), 'FROM scratch\n')
    writeFileSync(join(root, 'a'), 'one')
    const { hash } = readContext(root)
    expect(readContext(root).hash).toBe(hash)
    writeFileSync(join(root, 'a'), 'two')
    expect(readContext(root).hash).not.toBe(hash)
  })

  it('refuses a .dockerignore that it would read otherwise than Docker does', () => {
    expect(whitelist('# x\n*\n\n!a/b-*\n')).toEqual(['a/b-*'])
    for (const text of ['node_modules\n', '*\n!a\na/secret\n', '*\n!**/x\n', '*\n!a?\n'])
      expect(() => whitelist(text)).toThrow(/whitelist/)
  })
})

it('a tar archive is what tar itself reads', () => {
  const folder = temporaryDirectory()
  const long = `${'deep/'.repeat(25)}file.txt`
  const files = [
    { path: 'empty', bytes: new Uint8Array() },
    { path: 'block', bytes: new Uint8Array(512).fill(65) },
    { path: long, bytes: Buffer.from('found') },
  ]
  const { status, stderr } = spawnSync('tar', ['-xf', '-', '-C', folder], { input: makeTar(files) })
  expect([status, stderr.toString()]).toEqual([0, ''])
  for (const { path, bytes } of files)
    expect(readFileSync(join(folder, path)).equals(Buffer.from(bytes))).toBe(true)
  expect(() => makeTar([{ path: 'x'.repeat(101), bytes: new Uint8Array() }])).toThrow(RangeError)
})

it('lanes run so many at once, in order, and go on after a failure', async () => {
  const lanes = new Lanes(2)
  let now = 0
  let most = 0
  const order: number[] = []
  const work = (i: number) =>
    lanes.run(async () => {
      order.push(i)
      most = Math.max(most, ++now)
      await new Promise(resolve => setImmediate(resolve))
      now--
      if (i === 1) throw new Error('one fails')
    })
  const done = await Promise.allSettled([0, 1, 2, 3, 4].map(work))
  expect(done.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ])
  expect(order).toEqual([0, 1, 2, 3, 4])
  expect(most).toBe(2)
})
