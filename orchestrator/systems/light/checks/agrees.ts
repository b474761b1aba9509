// Does each light client stand where full nodes stand, and has it what the blocks say that it has? Its tip is set beside the tips of
// honest full nodes, its coins and transactions beside the raw blocks of one of them.

import { type Check, type Ground, poll, runningNodes, some } from '../../../checks/check.ts'
import { plural } from '../../../format.ts'
import { settle } from '../../ledger/checks/agreement.ts'
import { ledgerNodes } from '../../ledger/checks/nodes.ts'
import { RawBlocks } from '../../ledger/checks/raw-blocks.ts'
import { holdingsOf } from './raw-coins.ts'

const SAT_PER_COIN = 100_000_000
const ALL = 9_999_999

interface Entry {
  readonly txid: string
  readonly category: string
  readonly amount: number
  readonly fee?: number
  readonly confirmations: number
  readonly blockheight?: number
}

export const lightAgrees: Check = {
  name: 'light-agrees',
  describe:
    'every light client stands on the tip of an honest full node, and its coins are what raw blocks of that say',
  run: async (ground, wish) => {
    const blocks = new RawBlocks(ground)
    // What was wrong when it could be told, client by client: the last look may come in the middle of a block.
    const told = new Map<string, string>()
    await settle(ground, wish)
    return await poll(ground, wish, async () => {
      const clients = clientsOf(ground)
      const wrong: string[] = []
      for (const client of clients) {
        const why = await whyNot(ground, blocks, client).catch((error: Error) => moving(error.message))
        if (why && !why.moves) told.set(client, why.text)
        if (why) wrong.push(`${client}: ${told.get(client) ?? why.text}`)
      }
      return {
        passed: wrong.length === 0 && clients.length > 0,
        asked: `${plural(clients.length, 'light client')} with the tip and the coins of full nodes`,
        measured: `${clients.length - wrong.length} of ${clients.length}`,
        ...(wrong.length > 0 && { message: some(wrong) }),
      }
    })
  },
}

export function clientsOf(ground: Ground): string[] {
  const clients = ground.state().nodes.filter(({ systems }) => systems.light.client)
  const running = new Set(runningNodes(ground))
  return clients.map(({ name }) => name).filter(name => running.has(name))
}

interface Why {
  readonly text: string
  /** It is on its way, and nothing can be told. */
  readonly moves: boolean
}

const moving = (text: string): Why => ({ text, moves: true })
const settled = (text: string): Why => ({ text, moves: false })

/** What is wrong with the client; undefined: nothing. */
async function whyNot(ground: Ground, blocks: RawBlocks, client: string): Promise<Why | undefined> {
  const before = await standingOf(ground, client)
  if (before.scanned < before.height)
    return moving(`it has looked through ${before.scanned} of ${plural(before.height, 'block')}`)
  const witness = await witnessOf(ground, before.tip)
  if (witness === undefined) return moving(`no honest full node stands on its tip, height ${before.height}`)
  const scripts = (await ground.rpc(client, 'listscripts', [])) as readonly string[]
  const entries = (await ground.rpc(client, 'listtransactions', ['*', ALL])) as readonly Entry[]
  const after = await standingOf(ground, client)
  if (after.tip !== before.tip) return moving('its tip moved while it was asked')
  const raw = holdingsOf(await blocks.chainOf(witness, before.tip), new Set(scripts))
  const confirmed = entries.filter(({ confirmations }) => confirmations > 0)
  const known = new Map(confirmed.map(({ txid, blockheight }) => [txid, blockheight]))
  const missing = [...raw.transactions].filter(([txid, height]) => known.get(txid) !== height)
  if (missing.length > 0)
    return settled(
      `of ${plural(raw.transactions.size, 'transaction')} it does not know ${missing.map(([txid, height]) => `${txid} in block ${height}`)[0]}`,
    )
  const invented = [...known.keys()].find(txid => !raw.transactions.has(txid))
  if (invented !== undefined) return settled(`it has ${invented}, which is in no block`)
  const saysSat = netOf(confirmed)
  return saysSat === raw.sat ? undefined : settled(`it counts ${saysSat} satoshi, the blocks ${raw.sat}`)
}

interface Standing {
  readonly tip: string
  readonly height: number
  readonly scanned: number
}

async function standingOf(ground: Ground, client: string): Promise<Standing> {
  const info = (await ground.rpc(client, 'getblockchaininfo', [])) as {
    readonly bestblockhash: string
    readonly headers: number
    readonly blocks: number
  }
  return { tip: info.bestblockhash, height: info.headers, scanned: info.blocks }
}

/** An honest full node that stands there. */
async function witnessOf(ground: Ground, tip: string): Promise<string | undefined> {
  const adversaries = new Set(ground.plan.nodes.filter(({ strategy }) => strategy).map(({ name }) => name))
  for (const node of ledgerNodes(ground)) {
    if (adversaries.has(node)) continue
    const stands = await ground.rpc(node, 'getbestblockhash', []).catch(() => undefined)
    if (stands === tip) return node
  }
  return undefined
}

/** What they come to: received, and sent with the fee. */
function netOf(entries: readonly Entry[]): bigint {
  const coins = entries.reduce(
    (sum, { amount, fee = 0 }) => sum + Math.round((amount + fee) * SAT_PER_COIN),
    0,
  )
  return BigInt(coins)
}
