// The logs of real nodes that were cut apart and healed: they tell the cut, the fork's end, and more or less as was asked for.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { levelOf } from '../../node/log-level.ts'
import { QUICK, realNetwork } from '../support/real-network.ts'
import { until } from '../support/until.ts'

const SPEC = `${QUICK}
nodes:
  usual: { count: 2, share: 60% }
  chatty: { count: 1, share: 20%, log: debug }
  quiet: { count: 1, share: 20%, log: error }
topology: { kind: full }
`

test('a log tells peers, tips, cut links, the reorganisation and who left, at the level that was asked for', async () => {
  const { testnet, logDirectory } = realNetwork(SPEC)
  const log = (name: string) => readFileSync(join(logDirectory, `${name}.log`), 'utf8')
  await testnet.launch()
  await until('a block', () => testnet.state().systems.ledger.height >= 1)
  const { id } = await testnet.inject({ kind: 'partition', cut: 'usual-1,chatty-1 | rest' })
  // Each side has found blocks of its own: one of them will have to leave them.
  const {
    systems: {
      ledger: { height },
    },
  } = testnet.state()
  await until('two branches', () => testnet.state().nodes.every(node => node.systems.ledger.height > height))
  await testnet.heal(id)
  await until('a reorganisation', () =>
    testnet.state().nodes.some(
      ({
        name,
        systems: {
          ledger: { reorgs },
        },
      }) => name !== 'quiet-1' && reorgs > 0,
    ),
  )
  await testnet.inject({ kind: 'clock-skew', nodes: 'usual-1', byMs: 60_000 })
  await testnet.kill('quiet-1')

  const usual = log('usual-1')
  expect(usual).toMatch(/ info {2}peer \d+ \S+ connected, (in|out)bound, \/netsplit:/)
  expect(usual).toMatch(/ info {2}tip 1 …[0-9a-f]{8}, work 0x[0-9a-f]+\n/)
  expect(usual).toMatch(
    / warn {2}links to usual-2, quiet-1: cut\n[\s\S]* info {2}links to usual-2, quiet-1: as planned\n/,
  )
  expect(usual).toMatch(/ warn {2}this machine: the clock is 60 s ahead/)
  await until('the end of the connection', () => / info {2}peer \d+ \S+ left, /.test(log('usual-1')))
  const reorganised = testnet.state().nodes.filter(
    ({
      name,
      systems: {
        ledger: { reorgs },
      },
    }) => name !== 'quiet-1' && reorgs > 0,
  )
  for (const { name } of reorganised)
    expect(log(name)).toMatch(
      / warn {2}reorganisation: \d+ blocks? off, from …\w+ back to …\w+, on to \d+ …\w+\n/,
    )
  const miner = testnet.state().nodes.find(
    ({
      name,
      systems: {
        ledger: { blocksMined },
      },
    }) => name.startsWith('usual') && blocksMined > 0,
  )
  if (miner) expect(log(miner.name)).toMatch(/ info {2}mined block \d+ …\w+, \d+ tx\n/)

  const levels = (name: string) =>
    new Set(
      log(name)
        .trimEnd()
        .split('\n')
        .filter(line => line !== '')
        .map(levelOf),
    )
  expect(levels('usual-1')).toEqual(new Set(['info', 'warn']))
  expect(levels('chatty-1')).toContain('debug')
  expect(levels('quiet-1')).toEqual(new Set())
}, 180_000)
