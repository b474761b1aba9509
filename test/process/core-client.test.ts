// The adapter of Bitcoin Core, tried on our own node behind Core's command line, file and RPC: beside ours it mines its share, pays, is cut
// off, and comes back after kill −9.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { Desk } from '../support/cli.ts'
import { standIn } from '../support/core-stand-in/program.ts'
import { AGREE } from '../support/mixed-network.ts'

test('a program that is started and asked as Bitcoin Core is mines its share, pays, is cut off, and comes back after kill −9', async () => {
  const desk = new Desk()
  const program = await standIn()
  const yaml = `
chain: { network: regtest, blockInterval: 250ms }
nodes:
  ours: { count: 2, share: 50% }
  core: { count: 2, share: 50%, client: bitcoind, program: ${program} }
topology: { kind: full }
links: { latency: 5ms, jitter: 1ms }
load: { tx: 2/s }
faults:
  split: { partition: "ours-1,core-1 | rest", at: height 108, for: 8s }
  crash: { kill: core-2, after: split, for: 3s }
${AGREE}
`
  writeFileSync(join(desk.folder, 'core.yaml'), `name: core${yaml}`)
  const { code, stdout, stderr } = await desk.run('test', 'core.yaml', '--json')
  expect(code, stdout + stderr).toBe(0)
  const [{ runDirectory, faults }] = JSON.parse(stdout).scenarios
  expect(faults[0]).toMatchObject({ verified: true, measured: '8 of 8 silent, 4 of 4 open' })
  const report = JSON.parse(readFileSync(join(runDirectory, 'report.json'), 'utf8'))
  const core = report.report.nodes.filter(({ client }: { client?: string }) => client === 'bitcoind')
  expect(core).toHaveLength(2)
  // What it says of itself, which is the truth.
  expect(core[0].version).toBe(`netsplit:${packageJson.version}`)
  expect(readFileSync(join(runDirectory, 'report.html'), 'utf8')).toContain(`bitcoind ${core[0].version}`)
  expect(core[0].blocks + core[1].blocks).toBeGreaterThan(20)
  expect(report.transactions.confirmed).toBeGreaterThan(0)
})

test('a program that says another version than it is to be is not let in, and both are said', async () => {
  const desk = new Desk()
  const yaml = `
name: old
chain: { network: regtest }
nodes: { ours: { count: 1 }, core: { count: 1, client: bitcoind, program: ${await standIn()}, version: 27 } }
`
  writeFileSync(join(desk.folder, 'old.yaml'), yaml)
  const { code, stderr } = await desk.run('up', 'old.yaml', '--no-tui', '--for', '5s')
  expect(code, stderr).toBe(4)
  expect(stderr).toContain(`core-1 is to be bitcoind 27, and says that it is netsplit:${packageJson.version}`)
})
