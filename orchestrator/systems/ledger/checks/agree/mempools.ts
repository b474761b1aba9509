// What waits for a block, with every program alike: a replacement, a child that pays for its parent, and the verdicts on transactions
// that are none, each wrong in a way of its own. Nobody mines meanwhile.

import { plural } from '../../../../format.ts'
import { ledgerNodes } from '../nodes.ts'
import { withWallet } from '../payments.ts'
import { Disagreement, type Hands, type Output } from './hands.ts'

const COINS = 1
const LOW_FEE_SAT = 1_000
const HIGH_FEE_SAT = 20_000
/** Nothing is found in so many looks: blocks that were under way have come. */
const STILL_LOOKS = 6

export async function agreeOnMempools(hands: Hands): Promise<string> {
  const nodes = await hands.asking.able(ledgerNodes(hands.ground), 'getrawmempool')
  const owners = hands.oneOfEach(withWallet(hands.ground, nodes))
  const coins = new Map<string, readonly Output[]>()
  for (const owner of owners) coins.set(owner, await ownCoins(hands, owner, 3))
  await stand(hands)
  const told: string[] = []
  try {
    for (const owner of owners) {
      const [a, b, c] = coins.get(owner) as readonly [Output, Output, Output]
      // What one signed another is given to pass on: not from its own wallet alone.
      const other = owners.find(each => each !== owner) ?? owner
      await replace(hands, { owner, other, nodes: replacing(hands, nodes) }, a)
      await rescue(hands, { owner, other, nodes }, b)
      told.push(await judge(hands, owner, c))
    }
  } finally {
    await setRates(hands, [])
  }
  await hands.until(
    () => 'what waited is not confirmed everywhere',
    async () => (await Promise.all(nodes.map(node => waiting(hands, node)))).every(({ size }) => size === 0),
  )
  return `${plural(owners.length, 'replacement')} and ${plural(owners.length, 'child that paid for its parent', 'children that paid for their parents')} in ${plural(nodes.length, 'mempool')} alike, ${told.join(', ')}`
}

interface Who {
  readonly owner: string
  readonly other: string
  readonly nodes: readonly string[]
}

/** Coins of its own that nobody else knows of, confirmed everywhere. */
async function ownCoins(hands: Hands, owner: string, count: number): Promise<readonly Output[]> {
  const made: { txid: string; address: string }[] = []
  for (let i = 0; i < count; i++) {
    const address = String(await hands.rpc(owner, 'getnewaddress'))
    made.push({ address, txid: await hands.pay(owner, address, COINS) })
  }
  await hands.confirmed(
    made.map(({ txid }) => txid),
    'a coin',
  )
  return await Promise.all(made.map(({ txid, address }) => hands.outputTo(owner, txid, address)))
}

/** The same coin paid again, for more: the second is in every mempool, and the first in none. */
async function replace(hands: Hands, { owner, other, nodes }: Who, coin: Output): Promise<void> {
  const address = String(await hands.rpc(owner, 'getnewaddress'))
  const of = (feeSat: number) => hands.sign(owner, [coin], { [address]: coin.sat - feeSat })
  const [first, second] = [await of(LOW_FEE_SAT), await of(HIGH_FEE_SAT)]
  const before = await hands.send(owner, first, 'a payment that is to be replaced')
  await everywhere(hands, nodes, [before], [])
  const after = await hands.send(other, second, `a replacement of ${owner}'s`)
  await everywhere(hands, nodes, [after], [before])
}

/** Those whose programs know of replacements. */
function replacing({ ground, asking }: Hands, nodes: readonly string[]): string[] {
  const without = new Set(
    ground.plan.nodes.flatMap(({ name, client }) => (client?.replaces === false ? [name] : [])),
  )
  for (const node of nodes) if (without.has(node)) asking.lacks(node, 'no replacement of what waits')
  return nodes.filter(node => !without.has(node))
}

/** A parent that pays little, and a child that pays for both. */
async function rescue(hands: Hands, { owner, other, nodes }: Who, coin: Output): Promise<void> {
  const address = String(await hands.rpc(owner, 'getnewaddress'))
  const parentHex = await hands.sign(owner, [coin], { [address]: coin.sat - LOW_FEE_SAT })
  const parent = await hands.send(owner, parentHex, 'a parent')
  await everywhere(hands, nodes, [parent], [])
  const output = { txid: parent, vout: 0, sat: coin.sat - LOW_FEE_SAT }
  const childHex = await hands.sign(owner, [output], { [address]: output.sat - HIGH_FEE_SAT })
  const child = await hands.send(other, childHex, 'a child')
  await everywhere(hands, nodes, [parent, child], [])
}

/** What each says to the same transactions: whether it would take them, and why not. */
async function judge(hands: Hands, owner: string, coin: Output): Promise<string> {
  const able = await hands.asking.able(ledgerNodes(hands.ground), 'testmempoolaccept', [[]])
  const judges = hands.oneOfEach(able)
  const cases = await transactionsOf(hands, owner, coin)
  if (judges.length < 2) return `no two programs to judge ${owner}'s`
  for (const [what, hex] of Object.entries(cases)) {
    const said = await Promise.all(
      judges.map(async node => [node, await verdictOn(hands, node, hex)] as const),
    )
    const words = new Set(said.map(([, verdict]) => verdict))
    if (words.size > 1)
      throw new Disagreement(
        `${what} of ${owner}'s: ${said.map(([node, verdict]) => `${node} (${hands.programOf(node)}) says ${verdict}`).join(', ')}`,
      )
  }
  return `${plural(Object.keys(cases).length, 'verdict')} alike on ${owner}'s`
}

async function verdictOn(hands: Hands, node: string, hex: string): Promise<string> {
  const [answer] = (await hands.rpc(node, 'testmempoolaccept', [hex])) as readonly {
    readonly allowed?: boolean
    readonly 'reject-reason'?: string
  }[]
  // Behind the first comma Core tells numbers and hashes.
  return answer?.allowed ? 'yes' : String(answer?.['reject-reason']).replace(/[,;].*/, '')
}

/** By what is wrong with them. */
async function transactionsOf(hands: Hands, owner: string, coin: Output): Promise<Record<string, string>> {
  const address = String(await hands.rpc(owner, 'getnewaddress'))
  const raw = (sat: number, locktime = 0) => hands.unsigned(owner, [coin], { [address]: sat }, locktime)
  const signed = async (unsigned: Promise<string>) => await hands.signRaw(owner, await unsigned)
  const good = await signed(raw(coin.sat - HIGH_FEE_SAT))
  const height = Number(await hands.rpc(owner, 'getblockcount'))
  const version = async (text: Promise<string>) => `07000000${(await text).slice(8)}`
  return {
    'a good payment': good,
    'one without a fee': await signed(raw(coin.sat)),
    'one that spends more than it has': await signed(raw(coin.sat + 1)),
    'one that makes dust': await signed(raw(100)),
    'one of a version that there is not': await signed(version(raw(coin.sat - HIGH_FEE_SAT))),
    'one that is locked for later': await signed(raw(coin.sat - HIGH_FEE_SAT, height + 100)),
    'one of a coin that there is not': await hands.unsigned(
      owner,
      [{ ...coin, txid: coin.txid.replace(/../g, pair => (pair === '00' ? '01' : '00')) }],
      { [address]: coin.sat - HIGH_FEE_SAT },
    ),
    'one that is not signed': await raw(coin.sat - HIGH_FEE_SAT),
    'one that was changed after it was signed': good.replace(
      valueHex(coin.sat - HIGH_FEE_SAT),
      valueHex(coin.sat - HIGH_FEE_SAT - 1),
    ),
  }
}

/** As an output has it. */
function valueHex(sat: number): string {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(sat))
  return bytes.toString('hex')
}

async function everywhere(
  hands: Hands,
  nodes: readonly string[],
  there: readonly string[],
  gone: readonly string[],
): Promise<void> {
  let wrong = ''
  await hands.until(
    () => wrong,
    async () => {
      for (const node of nodes) {
        const pool = await waiting(hands, node)
        const missing = there.find(txid => !pool.has(txid))
        const left = gone.find(txid => pool.has(txid))
        wrong = `the mempool of ${node} (${hands.programOf(node)}) ${missing ? `lacks ${missing}` : `still has ${left}`}`
        if (missing !== undefined || left !== undefined) return false
      }
      return true
    },
  )
}

async function waiting(hands: Hands, node: string): Promise<ReadonlySet<string>> {
  return new Set((await hands.rpc(node, 'getrawmempool')) as readonly string[])
}

/** Nobody mines any more, and what was on its way has come. */
async function stand(hands: Hands): Promise<void> {
  await setRates(hands, [0])
  let [still, before] = [0, '']
  await hands.until(
    () => 'blocks are found though nobody is to mine',
    async () => {
      const nodes = await hands.asking.able(ledgerNodes(hands.ground), 'getbestblockhash')
      const tips = await Promise.all(nodes.map(node => hands.rpc(node, 'getbestblockhash')))
      const now = [...new Set(tips)].join(' ')
      still = now === before && new Set(tips).size === 1 ? still + 1 : 0
      before = now
      return still >= STILL_LOOKS
    },
  )
}

/** Nodes that do not mine cannot be told. */
async function setRates(hands: Hands, rate: readonly number[]): Promise<void> {
  await Promise.all(
    ledgerNodes(hands.ground).map(node => hands.rpc(node, 'sethashrate', ...rate).catch(() => {})),
  )
}
