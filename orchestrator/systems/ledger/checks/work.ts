// Fork choice: a node stands on the chain with most work among those whose blocks it has, not on the longest.

import { type Check, type Ground, poll, some, type Verdict } from '../../../checks/check.ts'
import { plural } from '../../../format.ts'
import { settle } from './agreement.ts'
import { ledgerNodes } from './nodes.ts'
import { WrongBlock } from './raw-blocks.ts'
import { hashOf, parentOf, workOf } from './raw-chain.ts'

/** Of Core's getchaintips. */
interface Tip {
  readonly hash: string
  readonly height: number
  readonly status: string
}

/** Tips whose blocks are all there and broke no rule that the node knows of. */
const WHOLE: ReadonlySet<string> = new Set(['active', 'valid-fork', 'valid-headers'])
const ZERO_HASH = '0'.repeat(64)

export const mostWork: Check = {
  name: 'most-work',
  describe: 'every node stands on the chain with most work that it holds, work counted anew from raw headers',
  run: async (ground, wish) => {
    await settle(ground, wish)
    const ledger = new WorkLedger(ground)
    return await poll(ground, wish, () => choices(ground, ledger))
  },
}

async function choices(ground: Ground, ledger: WorkLedger): Promise<Verdict> {
  // An adversary may keep to a branch of its own, whatever it holds.
  const adversaries = new Set(ground.plan.nodes.filter(({ strategy }) => strategy).map(({ name }) => name))
  const nodes = ledgerNodes(ground).filter(name => !adversaries.has(name))
  const wrong: string[] = []
  let forks = 0
  for (const node of nodes) {
    const tips = (await ground.rpc(node, 'getchaintips', [])) as readonly Tip[]
    const active = tips.find(({ status }) => status === 'active')
    if (!active) throw new Error(`${node} names no active tip`)
    const others = tips.filter(tip => tip !== active && WHOLE.has(tip.status))
    forks += others.length
    const ownWork = await ledger.workTo(node, active.hash)
    for (const other of others) {
      const work = await ledger.workTo(node, other.hash)
      if (work > ownWork)
        wrong.push(
          `${node} stands on ${active.hash} (height ${active.height}, work ${ownWork}), though it has ${other.hash} (height ${other.height}, work ${work})`,
        )
    }
  }
  return {
    passed: wrong.length === 0 && nodes.length > 0,
    // A node moves to the best of what it has before it answers anything.
    final: wrong.length > 0,
    asked: `${plural(nodes.length, 'node')} on the most work held`,
    measured: `${nodes.length - new Set(wrong.map(line => line.split(' ')[0])).size} of ${nodes.length}, beside ${plural(forks, 'other branch', 'other branches')}`,
    ...(wrong.length > 0 && { message: some(wrong) }),
  }
}

/** Work up to a block, from raw headers. Headers are what their hash says, so it does not matter who gave them. */
class WorkLedger {
  readonly #ground: Ground
  readonly #work = new Map<string, bigint>([[ZERO_HASH, 0n]])

  constructor(ground: Ground) {
    this.#ground = ground
  }

  async workTo(node: string, tip: string): Promise<bigint> {
    const path: { hash: string; own: bigint }[] = []
    let hash = tip
    while (!this.#work.has(hash)) {
      const header = Buffer.from(String(await this.#ground.rpc(node, 'getblockheader', [hash, false])), 'hex')
      const is = hashOf(header)
      if (is !== hash) throw new WrongBlock(`${node}: asked for header ${hash}, it gave ${is}`)
      path.push({ hash, own: workOf(header) })
      hash = parentOf(header)
    }
    let work = this.#work.get(hash) ?? 0n
    for (const { hash: at, own } of path.reverse()) {
      work += own
      this.#work.set(at, work)
    }
    return work
  }
}
