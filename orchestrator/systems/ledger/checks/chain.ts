// Safety of the chains that nodes hold: each is fetched raw and verified again, and its supply set beside the node's own.

import { Asking, CannotAnswer } from '../../../checks/asking.ts'
import { type Check, type Ground, poll, some, type Verdict } from '../../../checks/check.ts'
import { plural } from '../../../format.ts'
import type { PlannedCheck } from '../../../spec/types.ts'
import { settle } from './agreement.ts'
import { ledgerNodes } from './nodes.ts'
import { RawBlocks, WrongBlock } from './raw-blocks.ts'
import { ChainFault, spentTwice, verifyRawChain } from './raw-chain.ts'

const SAT_PER_COIN = 100_000_000

export const chain: Check = {
  name: 'chain',
  describe: "every node's chain, verified from raw blocks by code that is not the node's",
  run: (whole, wish) => {
    const asking = new Asking(whole)
    const { ground } = asking
    const blocks = new RawBlocks(ground)
    return everyNode(asking, wish, { one: 'valid chain', many: 'valid chains' }, async node => {
      const raw = await blocks.chainOf(node, await tipOf(ground, node))
      return `height ${verifyRawChain(raw, ground.plan.chain).height}`
    })
  },
}

export const supply: Check = {
  name: 'supply',
  describe:
    'coins in existence, recomputed from raw blocks: as the node counts them, never more than the schedule allows',
  run: (whole, wish) => {
    const asking = new Asking(whole)
    const { ground } = asking
    const blocks = new RawBlocks(ground)
    return everyNode(asking, wish, { one: 'right supply', many: 'right supplies' }, async node => {
      const info = (await ground.rpc(node, 'gettxoutsetinfo', [])) as {
        bestblock: string
        total_amount: number
      }
      const raw = await blocks.chainOf(node, info.bestblock)
      const { supplySat, allowedSat } = verifyRawChain(raw, ground.plan.chain)
      const saysSat = BigInt(Math.round(info.total_amount * SAT_PER_COIN))
      if (supplySat > allowedSat) throw new Broken(`${supplySat} satoshi exist, ${allowedSat} are allowed`)
      if (saysSat !== supplySat)
        throw new Broken(`it counts ${saysSat} satoshi, its blocks make ${supplySat}`)
      return `${supplySat} satoshi`
    })
  },
}

export const noDoubleSpend: Check = {
  name: 'no-double-spend',
  describe: "no coin is spent twice on any node's chain, whatever else its blocks hold",
  run: (whole, wish) => {
    const asking = new Asking(whole)
    const { ground } = asking
    const blocks = new RawBlocks(ground)
    return everyNode(asking, wish, ONCE, async node => {
      const { spends, twice } = spentTwice(await blocks.chainOf(node, await tipOf(ground, node)))
      if (twice.length > 0) throw new Broken(some(twice))
      return plural(spends, 'spend')
    })
  },
}

const ONCE = {
  one: 'chain on which every coin is spent once',
  many: 'chains on which every coin is spent once',
}

/** A rule that is broken for good: what stands in a block stays there. */
class Broken extends Error {
  override readonly name = 'Broken'
}

/** Looks at every running node once the moment has come; passes when `look` throws at none of those that can be asked. */
async function everyNode(
  asking: Asking,
  wish: PlannedCheck,
  what: { readonly one: string; readonly many: string },
  look: (node: string) => Promise<string>,
): Promise<Verdict> {
  const { ground } = asking
  await settle(ground, wish)
  return await poll(ground, wish, async () => {
    const wrong: string[] = []
    const found = new Set<string>()
    let [asked, final] = [0, false]
    asking.begin()
    for (const node of ledgerNodes(ground)) {
      try {
        const is = await look(node)
        asked++
        found.add(is)
      } catch (error) {
        if (error instanceof CannotAnswer) continue
        asked++
        wrong.push(`${node}: ${(error as Error).message}`)
        // Anything else may be a node that has just gone down.
        final ||= error instanceof ChainFault || error instanceof WrongBlock || error instanceof Broken
      }
    }
    const verdict = {
      passed: wrong.length === 0 && asked > 0,
      final,
      asked: plural(asked, what.one, what.many),
      measured: `${asked - wrong.length} of ${asked}: ${[...found].join(', ') || 'none'}`,
      ...(wrong.length > 0 && { message: some(wrong) }),
    }
    return asking.verdict(verdict, asked)
  })
}

async function tipOf(ground: Ground, node: string): Promise<string> {
  return String(await ground.rpc(node, 'getbestblockhash', []))
}
