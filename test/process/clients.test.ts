// A network of two implementations: ours, and bcoin as npm has it. They mine in shares, are cut in halves with one of each on a
// side and with all of one kind on a side, heal to one tip, and all checks ask both.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { standingOf } from '../../orchestrator/machine/processes.ts'
import { Desk } from '../support/cli.ts'
import { standIn } from '../support/core-stand-in/program.ts'
import { launchReal } from '../support/real-network.ts'
import { until } from '../support/until.ts'

/** Installed by .ci/run; elsewhere: npm ci --prefix .ci/oracle */
const BCOIN = resolve('.ci/oracle/node_modules/bcoin')
const isThere = existsSync(BCOIN)
if (!isThere) console.warn('SKIPPED: networks with bcoin. npm ci --prefix .ci/oracle installs it.')

const MIXED = `
chain: { network: regtest, blockInterval: 1s }
nodes:
  ours: { count: 3, share: 60% }
  bcoin: { count: 2, share: 40%, client: bcoin, program: ${BCOIN} }
topology: { kind: full }
links: { latency: 10ms, jitter: 2ms }
`

const EXPECT = `
expect:
  converges: { within: 30s after heal }
  one-tip: {}
  chain: {}
  supply: {}
  sides-advance: { by: 1 }
  nothing-lost: {}
  most-work: {}
  no-double-spend: {}
  no-blame: {}
  provoked: {}
`

/** Our own node behind Core's command line, file and RPC: what is written for Core is tried on it where Core is not to be had. */
test('a program that is started and asked as Bitcoin Core is mines its share, pays, is cut off, and comes back after kill −9', async () => {
  const desk = new Desk()
  const program = await standIn()
  const yaml = `
chain: { network: regtest, blockInterval: 400ms }
nodes:
  ours: { count: 2, share: 50% }
  core: { count: 2, share: 50%, client: bitcoind, program: ${program} }
topology: { kind: full }
links: { latency: 5ms, jitter: 1ms }
load: { tx: 2/s }
faults:
  split: { partition: "ours-1,core-1 | rest", at: height 108, for: 8s }
  crash: { kill: core-2, after: split, for: 3s }
expect:
  converges: { within: 30s after heal }
  one-tip: {}
  chain: {}
  supply: {}
  nothing-lost: {}
  most-work: {}
  no-blame: {}
`
  writeFileSync(join(desk.folder, 'core.yaml'), `name: core${yaml}`)
  const { code, stdout, stderr } = await desk.run('test', 'core.yaml', '--json')
  expect(code, stdout + stderr).toBe(0)
  const [{ runDirectory, faults }] = JSON.parse(stdout).scenarios
  expect(faults[0]).toMatchObject({ verified: true, measured: '8 of 8 silent, 4 of 4 open' })
  const report = JSON.parse(readFileSync(join(runDirectory, 'report.json'), 'utf8'))
  const core = report.report.nodes.filter(({ client }: { client?: string }) => client === 'bitcoind')
  expect(core).toHaveLength(2)
  expect(core[0].blocks + core[1].blocks).toBeGreaterThan(20)
  expect(report.transactions.confirmed).toBeGreaterThan(0)
})

describe.skipIf(!isThere)('ours and bcoin', () => {
  test.each([
    ['one of each on a side', 'ours-1,bcoin-1 | rest'],
    ['each kind on a side', 'ours-1,ours-2,ours-3 | rest'],
  ])('split, heal and agree: %s', async (_, sides) => {
    const desk = new Desk()
    writeFileSync(
      join(desk.folder, 'mixed.yaml'),
      `name: mixed${MIXED}faults: { split: { partition: "${sides}", at: height 9, for: 15s } }${EXPECT}`,
    )
    const { code, stdout, stderr } = await desk.run('test', 'mixed.yaml', '--json')
    const [scenario] = JSON.parse(stdout).scenarios
    expect(code, stdout + stderr).toBe(0)
    expect(scenario.faults).toMatchObject([{ verified: true, measured: '12 of 12 silent, 8 of 8 open' }])
  })

  test('a bcoin that is killed begins anew and catches up; stopped, frozen and slowed it is like any other node', async () => {
    const testnet = await launchReal(`${MIXED}load: { tx: 0/s }`)
    const node = (name: string) => testnet.state().nodes.find(each => each.name === name)
    const height = (name: string) => node(name)?.systems.ledger.height ?? 0
    expect(node('bcoin-1')).toMatchObject({ client: 'bcoin', phase: 'running' })
    expect(node('ours-1')?.client).toBeUndefined()
    await until('four blocks on all', () => testnet.state().nodes.every(({ name }) => height(name) >= 4))
    const pid = node('bcoin-1')?.pid as number

    await testnet.kill('bcoin-1')
    expect(standingOf({ pid, start: undefined })).toBe('gone')
    const before = height('ours-1')
    await testnet.start('bcoin-1')
    await until('bcoin-1 to catch up', () => height('bcoin-1') >= before)

    await testnet.pause('bcoin-2')
    const stood = height('bcoin-2')
    await until('the others to go on', () => height('ours-1') > stood)
    await testnet.resume('bcoin-2')
    await until('bcoin-2 to follow', () => height('bcoin-2') > stood)

    await until('all to be connected again', () => testnet.state().nodes.every(({ peers }) => peers === 4))
    const slow = { kind: 'link', on: 'bcoin-1,bcoin-2', worse: { latencyMs: 150 } } as const
    expect(await testnet.inject(slow)).toMatchObject({ verified: true })
    await testnet.heal()
    expect(await testnet.rpc('bcoin-2', 'getblockcount', [])).toBeGreaterThan(0)
    await expect(testnet.rpc('bcoin-2', 'getwallets', [])).rejects.toMatchObject({ code: -32601 })
  })
})
