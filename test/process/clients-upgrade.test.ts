// Nodes that become another program with the data that they have: others' and our own, for good and for a while, and what cannot be.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { Desk } from '../support/cli.ts'
import { standIn } from '../support/core-stand-in/program.ts'
import { NEXT_VERSION, nextBuild, nextStandIn } from '../support/next-version.ts'
import { heightOf, launchReal, nodeOf } from '../support/real-network.ts'
import { until } from '../support/until.ts'

const { version } = packageJson

test('scenario upgrade: another version, one node after the other, with the chain that it had', async () => {
  const [before, after] = [await standIn(), await nextStandIn()]
  const desk = new Desk()
  const variables = `export NETSPLIT_CLIENT=${before} NETSPLIT_UPGRADE=${after}`
  const { code, stdout, stderr } = await desk.shell(variables, 'test', 'upgrade', '--json')
  expect(code, stdout + stderr).toBe(0)
  const [{ faults, checks, vacuous }] = JSON.parse(stdout).scenarios
  expect(vacuous).toBe(false)
  expect(faults).toMatchObject([
    {
      ...{ kind: 'upgrade', target: 'theirs-1 theirs-2', verified: true },
      measured: expect.stringContaining(
        `2 of 2 say so: /netsplit:${NEXT_VERSION}/, before /netsplit:${version}/`,
      ),
    },
  ])
  expect(checks).toContainEqual(expect.objectContaining({ name: 'restarts-keep-blocks', passed: true }))
  expect(stderr).toContain('upgrade')
})

test('our own node becomes another build for a while, and what says another version than it was to be is what it was again', async () => {
  const build = nextBuild()
  const testnet = await launchReal(`
chain: { network: regtest, blockInterval: 500ms }
nodes: { ours: { count: 2, share: 100% } }
topology: { kind: full }
links: { latency: 0ms, jitter: 0ms }
load: { tx: 0/s }
`)
  const node = (name: string) => nodeOf(testnet, name)
  await until('blocks', () => heightOf(testnet, 'ours-1') >= 3)
  const become = (to: { program: string; version?: string }) =>
    testnet.inject({ kind: 'upgrade', nodes: 'ours-1', to })
  const done = await become({ program: build, version: NEXT_VERSION })
  expect(done).toMatchObject({
    verified: true,
    measured: expect.stringContaining(`1 of 1 say so: ${NEXT_VERSION}, before ${version}`),
  })
  expect(node('ours-1')).toMatchObject({ version: NEXT_VERSION, earlierVersions: [version] })
  expect(await testnet.heal(done.id)).toMatchObject([{ verified: true }])
  expect(node('ours-1')).toMatchObject({ version, earlierVersions: [version, NEXT_VERSION] })

  // The same says the same: nothing tells the two apart.
  const same = await become({ program: join(build, '..', 'nothing') })
  expect(same).toMatchObject({ verified: false, measured: expect.stringContaining('there is no') })
  await testnet.heal(same.id)
  const wrong = await become({ program: build, version: '2' })
  expect(wrong).toMatchObject({
    verified: false,
    measured: expect.stringContaining(`is to be netsplit 2, and says that it is ${NEXT_VERSION}`),
  })
  await until('what it was again', () => node('ours-1')?.phase === 'running')
  expect(node('ours-1')?.version).toBe(version)
})

test('what cannot be is said before anything runs, with the place or as the environment’s', async () => {
  const desk = new Desk()
  const program = await standIn()
  const outcome = async (name: string, to: string, ...args: string[]) => {
    const yaml = `
name: ${name}
chain: { network: regtest }
nodes:
  ours: { count: 1, share: 100% }
  core: { count: 1, client: bitcoind, program: ${program} }
  pool: { count: 1, client: command, program: ${program} }
faults: { up: { upgrade: { nodes: core-1, to: ${to} }, at: height 5 } }
expect: { one-tip: {} }
`
    writeFileSync(join(desk.folder, `${name}.yaml`), yaml)
    const { code, stderr } = await desk.run('test', `${name}.yaml`, ...args)
    return [code, stderr] as const
  }
  const said = await Promise.all([
    outcome('none', 'cor'),
    outcome('other', 'pool'),
    outcome('empty', '{ version: 2 }'),
    outcome('image', '{ image: core }'),
    outcome('gone', '{ program: /nowhere/bitcoind }'),
  ])
  expect(said).toEqual([
    [2, expect.stringContaining('there is no group cor: did you mean core?')],
    [2, expect.stringContaining('pool is command, and data of bitcoind are none that it can go on with')],
    [2, expect.stringContaining('nothing becomes another')],
    [4, expect.stringContaining('images are for containers')],
    [4, expect.stringContaining('there is no /nowhere/bitcoind')],
  ])
  const simulated = await desk.run('chaos', 'upgrade', 'core-1')
  expect([simulated.code, simulated.stderr]).toEqual([2, expect.stringContaining('nothing becomes another')])
})
