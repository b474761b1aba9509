// Safety of the chains that nodes hold: each is fetched raw and verified again, and its supply set beside the node's own.

import type { PlannedCheck } from '../spec/types.ts'
import { type Check, type Ground, poll, runningNodes, some, type Verdict } from './check.ts'
import { hashOf, parentOf, type VerifiedChain, verifyRawChain } from './raw-chain.ts'

const ZERO_HASH = '0'.repeat(64)
const HEADER_BYTES = 80
const SAT_PER_COIN = 100_000_000

export const chain: Check = {
  name: 'chain',
  describe: "every node's chain, verified from raw blocks by code that is not the node's",
  run: (ground, wish) =>
    everyNode(ground, wish, 'valid chains', async node => {
      const tip = String(await ground.rpc(node, 'getbestblockhash', []))
      const verified = await verifyChainOf(ground, node, tip)
      return `height ${verified.height}`
    }),
}

export const supply: Check = {
  name: 'supply',
  describe:
    'coins in existence, recomputed from raw blocks: as the node counts them, never more than the schedule allows',
  run: (ground, wish) =>
    everyNode(ground, wish, 'right supplies', async node => {
      const info = (await ground.rpc(node, 'gettxoutsetinfo', [])) as {
        bestblock: string
        total_amount: number
      }
      const { supplySat, allowedSat } = await verifyChainOf(ground, node, info.bestblock)
      const saysSat = BigInt(Math.round(info.total_amount * SAT_PER_COIN))
      if (supplySat > allowedSat) throw new Error(`${supplySat} satoshi exist, ${allowedSat} are allowed`)
      if (saysSat !== supplySat) throw new Error(`it counts ${saysSat} satoshi, its blocks make ${supplySat}`)
      return `${supplySat} satoshi`
    }),
}

/** Looks at every running node once the moment has come; passes when `look` throws at none. */
function everyNode(
  ground: Ground,
  wish: PlannedCheck,
  what: string,
  look: (node: string) => Promise<string>,
): Promise<Verdict> {
  return poll(ground, wish, async () => {
    const nodes = runningNodes(ground)
    const wrong: string[] = []
    const found = new Set<string>()
    for (const node of nodes) {
      try {
        found.add(await look(node))
      } catch (error) {
        wrong.push(`${node}: ${(error as Error).message}`)
      }
    }
    return {
      passed: wrong.length === 0 && nodes.length > 0,
      asked: `${nodes.length} ${what}`,
      measured: `${nodes.length - wrong.length} of ${nodes.length}: ${[...found].join(', ') || 'none'}`,
      ...(wrong.length > 0 && { message: some(wrong) }),
    }
  })
}

/** Walks back from `tip` by the parents that the raw blocks name, so that no reorganisation can mix two chains. */
async function verifyChainOf(ground: Ground, node: string, tip: string): Promise<VerifiedChain> {
  const blocks: Buffer[] = []
  for (let hash = tip; hash !== ZERO_HASH; ) {
    const block = Buffer.from(String(await ground.rpc(node, 'getblock', [hash, 0])), 'hex')
    const is = hashOf(block.subarray(0, HEADER_BYTES))
    if (is !== hash) throw new Error(`asked for block ${hash}, it gave ${is}`)
    blocks.push(block)
    hash = parentOf(block)
  }
  return verifyRawChain(blocks.reverse(), ground.plan.chain)
}
