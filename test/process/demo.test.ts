// A minute of the demo under load: what a new user sees must hold when it is looked at closely.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { realNetwork } from '../support/real-network.ts'
import { until } from '../support/until.ts'

const MINUTE_MS = 60_000
const SAT = 100_000_000

interface TxOutSetInfo {
  readonly height: number
  readonly bestblock: string
  readonly total_amount: number
}

/** Coins that exist at a height by the subsidy schedule alone, in satoshi. Fees only change hands. */
function scheduled(height: number, subsidySat: number, halvingInterval: number): number {
  let sum = 0
  for (let h = 1; h <= height; h++) sum += Math.floor(subsidySat / 2 ** Math.floor(h / halvingInterval))
  return sum
}

/** A payment needs a coin that has matured, and a block: after a minute in which chance was slow there may be few. */
const CONFIRMED = 50

test(
  'after a minute with 20 payments a second all nodes stand on one tip, the supply adds up on each, and no log warns',
  async () => {
    const { testnet, logDirectory } = realNetwork('chain: { maturity: 3 }\nload: { tx: 20/s }')
    await testnet.launch()
    const startedMs = performance.now()
    const minuteOver = () => performance.now() - startedMs >= MINUTE_MS
    const lived = () => {
      const {
        systems: {
          ledger: { height, totals },
        },
      } = testnet.state()
      return minuteOver() && height >= 6 && totals.transactionsConfirmed > CONFIRMED
    }
    await until('a minute of it', lived, 4 * MINUTE_MS)
    // Of two blocks of one height the next one decides, which is 10 s away on average.
    expect(await testnet.agree(3 * MINUTE_MS)).toBe(true)

    const names = testnet.state().nodes.map(node => node.name)
    const { subsidySat, halvingInterval } = testnet.plan.chain
    const infos = await until('five answers about one block', async () => {
      const answers = await Promise.all(names.map(node => testnet.rpc(node, 'gettxoutsetinfo', [])))
      const infos = answers as TxOutSetInfo[]
      return new Set(infos.map(info => info.bestblock)).size === 1 && infos
    })
    for (const { height, total_amount } of infos)
      expect(Math.round(total_amount * SAT)).toBe(scheduled(height, subsidySat, halvingInterval))

    const {
      nodes,
      systems: {
        ledger: { totals },
      },
    } = testnet.state()
    expect(nodes.map(node => [node.phase, node.exit])).toEqual(names.map(() => ['running', undefined]))
    expect(totals.transactionsFailed).toBe(0)

    await testnet.down('a minute is over')
    for (const file of readdirSync(logDirectory)) {
      const log = readFileSync(join(logDirectory, file), 'utf8')
      expect(log.match(/.*(warning|unhandled|deprecat|error| {2}at ).*/gi) ?? [], file).toEqual([])
    }
  },
  9 * MINUTE_MS,
)
