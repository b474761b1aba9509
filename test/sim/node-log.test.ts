// The log of a simulated node: the lines that a real one writes, from the same table, at the time of the simulation.

import { expect, test } from 'vitest'
import { levelOf } from '../../node/log-level.ts'
import { simulate } from '../support/simulation.ts'

const SPEC = `
nodes: { usual: { count: 2, share: 60% }, debug: { count: 2, share: 40%, log: debug } }
topology: { kind: full }
chain: { blockInterval: 1s }
load: { tx: 0/s }
`

test('says of a partition, its heal and the reorganisation what a real log says', async () => {
  const { testnet } = await simulate(SPEC)
  const over = new AbortController().signal
  const injected = testnet.inject({ kind: 'partition', cut: 'usual-1,debug-1 | rest' })
  await testnet.elapse(30_000, over)
  const { id } = await injected
  const healed = testnet.heal(id)
  await testnet.elapse(30_000, over)
  await healed
  await testnet.inject({ kind: 'clock-skew', nodes: 'usual-1', byMs: -5_000 })
  const log = async (name: string) => {
    const lines: string[] = []
    for await (const line of testnet.logs(name, 10_000, undefined)) lines.push(line)
    return lines
  }
  const all = (await Promise.all(['usual-1', 'usual-2'].map(log))).flat()
  expect(all.filter(line => / warn {2}reorganisation: \d+ blocks? off, /.test(line))).not.toEqual([])
  const lines = await log('usual-1')
  const at = (pattern: RegExp) => lines.findIndex(line => pattern.test(line))
  expect(at(/ info {2}peer \d+ \S+ connected, /)).toBeGreaterThan(0)
  expect(at(/ warn {2}links to usual-2: cut$/)).toBeGreaterThan(at(/ info {2}peer /))
  expect(at(/ info {2}links to usual-2: as planned$/)).toBeGreaterThan(at(/ warn {2}links to usual-2: cut$/))
  expect(at(/ warn {2}this machine: the clock is 5 s behind/)).toBeGreaterThan(0)
  expect(lines.map(levelOf)).not.toContain('debug')
  expect((await log('debug-1')).map(levelOf)).toContain('debug')
  await testnet.down('the test is over')
})
