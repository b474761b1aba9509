// After a partition has healed: is there one chain again, but for the blocks that are still on their way? One tip is a matter of
// chance where blocks come faster than they travel; one trunk is not. Where the lines cannot carry what the network makes, that is said.

import { Asking } from '../../../checks/asking.ts'
import { type Check, type Ground, POLL_MS, startOf, type Verdict } from '../../../checks/check.ts'
import { plural } from '../../../format.ts'
import { carriageInWords, isBeyond } from '../../../network/carriage.ts'
import type { PlannedCheck } from '../../../spec/types.ts'
import { HEAL } from '../../../spec/words.ts'
import { allowedDepth, carriageOf, farthest, thinnestBps } from '../way.ts'
import { ledgerNodes } from './nodes.ts'

/** Between looks for the end of the faults. */
const LOOK_MS = 500

export const sharesChain: Check = {
  name: 'shares-chain',
  describe: 'all nodes share one chain but for its last blocks',
  run: async (ground, wish) => {
    const asking = new Asking(ground)
    const told = (verdict: Verdict) => ({ ...verdict, ...asking.told })
    const depth = wish.numbers.depth ?? allowedDepth(ground.plan)
    const startMs = await healedMs(ground, wish)
    if (startMs === undefined)
      return { passed: false, asked: 'a heal', measured: 'the step that it comes after never began' }
    const asked = `one chain but for its last ${plural(depth, 'block')} within ${wish.within.ms / 1000} s`
    let missing: number | undefined
    for (let left: number | undefined; ; ) {
      left = (await apart(asking)) ?? left
      missing ??= left
      const tookMs = ground.nowMs() - startMs
      const took = `after ${(tookMs / 1000).toFixed(1)} s`
      if (left !== undefined && left <= depth)
        return told({ passed: true, asked, measured: `${took}, ${left} apart` })
      if (tookMs >= wish.within.ms) {
        // Who was never asked has shown nothing.
        if (left === undefined || missing === undefined)
          return told({ passed: false, asked, measured: `not every node could be asked ${took}` })
        return told(tooLate(ground, { asked, measured: `${left} apart ${took}` }, missing, wish.within.ms))
      }
      await ground.wait(POLL_MS)
    }
  },
}

/** When the links were whole again, which is long before it was measured where they are thin. */
async function healedMs(ground: Ground, wish: PlannedCheck): Promise<number | undefined> {
  let begun: number | undefined | 'waiting' = 'waiting'
  void startOf(ground, wish).then(ms => {
    begun = ms
  })
  for (;;) {
    if (begun !== 'waiting') return begun
    const ends = ground.state().faults.map(({ toMs }) => toMs ?? Number.POSITIVE_INFINITY)
    const lastMs = Math.max(...ends)
    const over = ends.length > 0 && ends.length === ground.steps.length && lastMs <= ground.nowMs()
    if (over && wish.within.after === HEAL) return lastMs
    await ground.wait(LOOK_MS)
  }
}

function tooLate(
  ground: Ground,
  { asked, measured }: Pick<Verdict, 'asked' | 'measured'>,
  missingBlocks: number,
  withinMs: number,
): Verdict {
  const {
    nowMs,
    startedMs,
    systems: {
      ledger: { blocks, totals },
    },
  } = ground.state()
  const bytes = blocks.map(block => block.bytes).filter(size => size > 0)
  const mean = bytes.reduce((sum, size) => sum + size, 0) / Math.max(1, bytes.length)
  const freight = {
    blocksPerSecond: (totals.blocks * 1000) / Math.max(1, nowMs - startedMs),
    blockBytes: Math.max(mean, ground.plan.blockBytes),
    missingBlocks,
    hops: farthest(ground.plan),
    withinMs,
  }
  const carriage = carriageOf(freight, thinnestBps(ground.plan))
  if (!isBeyond(carriage)) return { passed: false, asked, measured }
  return {
    passed: true,
    beyond: carriage,
    asked,
    measured: `${measured}: the links cannot carry it (${carriageInWords(carriage)})`,
  }
}

/** Blocks between the best tip and the last block that all running nodes share; undefined while one gives no answer. */
async function apart(asking: Asking): Promise<number | undefined> {
  asking.begin()
  const { ground } = asking
  const nodes = await asking.able(ledgerNodes(ground), 'getblockcount')
  const ask = (method: string, params: readonly unknown[]) =>
    Promise.all(nodes.map(node => ground.rpc(node, method, params).catch(() => undefined)))
  const heights = (await ask('getblockcount', [])).map(Number)
  if (heights.length === 0 || heights.some(Number.isNaN)) return undefined
  // What all share is shared from the beginning on.
  let [low, high] = [0, Math.min(...heights)]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const hashes = new Set(await ask('getblockhash', [middle]))
    if (hashes.size === 1) low = middle
    else high = middle - 1
  }
  return Math.max(...heights) - low
}
