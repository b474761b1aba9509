// Other people's program beside a node: what its container may do and what it runs, what the node asks for on its standard output,
// and how the node sees it.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { NodeConfig } from '../../node/api.ts'
import { ProgramBeside } from '../../node/host/program-beside.ts'
import { imagesIn } from '../../orchestrator/runtime/docker/images.ts'
import { type ProgramAsk, ProgramAsks } from '../../orchestrator/runtime/docker/program-asks.ts'
import { programSpec, withProgramBeside } from '../../orchestrator/runtime/docker/program-spec.ts'
import { parseSpec } from '../../orchestrator/spec/load.ts'
import { makePlan } from '../../orchestrator/spec/plan.ts'
import { temporaryDirectory } from '../support/node-config.ts'
import { until } from '../support/until.ts'

const IDENTITY = { network: 'net', run: 'abcdef012345', owner: 'me', data: 'abcdef012345' }

function specOf(image: { entrypoint?: string[]; volumes?: string[] }, argv: readonly string[]) {
  return programSpec({
    identity: IDENTITY,
    image: { name: 'theirs:1', entrypoint: [], volumes: [], ...image },
    ...{ node: 'core-1', beside: 'c0ffee', asked: { argv, env: { A: 'b' } } },
    ...{ limits: { memoryBytes: 64e6, cpus: 8, pids: 99 }, cores: 2 },
  })
}

describe('the container of a program', () => {
  it('has the network and the processes of its node, its limits, and nothing to write but its data', () => {
    const { HostConfig, ...spec } = specOf({ volumes: ['/home/bitcoin/.bitcoin'] }, ['bitcoind', '-x'])
    expect(spec).toMatchObject({
      name: 'netsplit-net-abcdef-core-1.program',
      ...{ Image: 'theirs:1', User: '1001:1001', WorkingDir: '/program', Env: ['HOME=/program', 'A=b'] },
      Labels: { 'io.netsplit.node': 'core-1', 'io.netsplit.role': 'program', 'io.netsplit.owner': 'me' },
    })
    expect(HostConfig).toMatchObject({
      ...{ NetworkMode: 'container:c0ffee', PidMode: 'container:c0ffee', AutoRemove: true },
      ...{ ReadonlyRootfs: true, CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'] },
      ...{ PidsLimit: 99, Memory: 64e6, MemorySwap: 64e6, NanoCpus: 2e9 },
      Mounts: [
        {
          ...{ Source: 'netsplit-net-abcdef-core-1.program', Target: '/program' },
          VolumeOptions: { NoCopy: true },
        },
      ],
    })
    // What the image declares would else be volumes that nobody removes.
    expect(Object.keys(HostConfig?.Tmpfs ?? {})).toEqual(['/tmp', '/home/bitcoin/.bitcoin'])
  })

  it.each<[entrypoint: string[], argv: string[], runs: object]>([
    // A script, or nothing: the program by itself.
    [['/entrypoint.sh'], ['bitcoind', '-a'], { Entrypoint: ['bitcoind'], Cmd: ['-a'] }],
    [[], ['/opt/bitcoind', '-a'], { Entrypoint: ['/opt/bitcoind'], Cmd: ['-a'] }],
    // The program is the entry: wherever it lies, that is it.
    [['/nix/store/x/bin/bitcoind'], ['bitcoind', '-a'], { Cmd: ['-a'] }],
    [['tini', '--', 'bitcoind'], ['bitcoind', '-a'], { Cmd: ['-a'] }],
    [['/usr/bin/bitcoind'], ['/opt/bitcoind', '-a'], { Entrypoint: ['/opt/bitcoind'], Cmd: ['-a'] }],
    // None is named: as the image has it.
    [['/start'], ['', '-a'], { Cmd: ['-a'] }],
    [['/start'], [''], {}],
  ])('from an image that begins with %j, asked for %j', (entrypoint, argv, runs) => {
    const { Entrypoint, Cmd } = specOf({ entrypoint }, argv)
    expect({ ...(Entrypoint && { Entrypoint }), ...(Cmd && { Cmd }) }).toEqual(runs)
  })
})

it('a node is told of its program’s place, where it has an image', () => {
  const client = { name: 'x', argv: ['x'] as const, image: 'theirs:1' }
  const config = { services: { bitcoin: { client } } } as unknown as NodeConfig
  expect(withProgramBeside(config).services.bitcoin?.client).toEqual({
    ...client,
    beside: { directory: '/program', p2p: 18_500, rpc: 18_501 },
  })
  const own = { services: { bitcoin: { client: { name: 'x', argv: ['x'] } } } } as unknown as NodeConfig
  expect(withProgramBeside(own)).toBe(own)
})

it('a plan’s images are named once each', () => {
  const yaml = `
chain: { network: regtest }
nodes:
  a: { count: 2, share: 100% }
  b: { count: 2, image: ours }
  c: { count: 2, client: bitcoind, image: core }
  d: { count: 1, client: bcoin, image: core }
`
  expect(imagesIn(makePlan(parseSpec(yaml, 'test', { runtime: 'docker' })))).toEqual(['ours', 'core'])
})

describe('what a node asks for', () => {
  const heard = (...pieces: string[]) => {
    const asked: ProgramAsk[] = []
    const other: string[] = []
    const asks = new ProgramAsks(
      ask => asked.push(ask),
      text => other.push(text),
    )
    for (const piece of pieces) asks.push(piece)
    asks.end()
    return { asked, other: other.join('') }
  }

  it('is told from what it says', () => {
    const start = { argv: ['bitcoind', '-a=1'], env: { A: 'b' } }
    const line = JSON.stringify({ program: start })
    expect(
      heard(`hello\n${line.slice(0, 9)}`, `${line.slice(9)}\n{"program":"end"}\n{"ready":true}\nrest`),
    ).toEqual({
      asked: [start, 'end'],
      other: 'hello\n{"ready":true}\nrest',
    })
  })

  it('is nothing that only looks like it', () => {
    const odd = '{"program": \n x {"program":"end"}\n{"program":1,\n'
    expect(heard(odd)).toEqual({ asked: [], other: odd })
  })
})

describe('a program beside a node', () => {
  /** A /proc with these processes; ours is `self`, in the control group `own`. */
  const proc = (groups: Readonly<Record<string, string>>) => {
    const folder = temporaryDirectory()
    for (const [pid, group] of Object.entries({ self: 'own', ...groups })) {
      mkdirSync(join(folder, pid))
      writeFileSync(join(folder, pid, 'cgroup'), `0::/${group}\n`)
      writeFileSync(join(folder, pid, 'status'), `Name:\tx\nVmRSS:\t    ${pid}00 kB\n`)
      const times = `${pid}0 ${pid}0 1000 1000`
      writeFileSync(join(folder, pid, 'stat'), `${pid} (a ) b) S 1 2 3 4 5 6 7 8 9 10 ${times} 20 0\n`)
    }
    mkdirSync(join(folder, 'sys'))
    return folder
  }

  it('is asked for and ended by lines; its weight is that of what is no process of the node’s', () => {
    const said: string[] = []
    const folder = proc({ 1: 'own', 7: 'own', 8: 'theirs', 9: 'theirs' })
    const run = new ProgramBeside(
      { argv: ['x', 'y'], env: { A: 'b' }, directory: '/d' },
      line => said.push(line),
      folder,
    )
    run.end()
    expect(said.map(line => JSON.parse(line))).toEqual([
      { program: { argv: ['x', 'y'], env: { A: 'b' } } },
      { program: 'end' },
    ])
    expect(run.usage).toEqual({ rssBytes: 1700 * 1024, cpuSeconds: 3.4 })
  })

  it('is gone when none of its processes is there, or nobody waits any more', async () => {
    const command = { argv: ['x'], env: {}, directory: '/d' }
    const folder = proc({ 1: 'own', 8: 'theirs' })
    const run = new ProgramBeside(command, () => {}, folder)
    let gone = 0
    void run.gone().then(() => gone++)
    await new Promise(resolve => setImmediate(resolve))
    expect(gone).toBe(0)
    rmSync(join(folder, '8'), { recursive: true })
    await until('it to be gone', () => gone === 1)
    const stays = new ProgramBeside(command, () => {}, proc({ 8: 'theirs' }))
    stays.kill()
    await stays.gone()
  })
})
