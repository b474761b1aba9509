// Fork choice: a node stands on the chain with most work among those whose blocks it has, not on the longest.

import { Asking } from '../../../checks/asking.ts'
import { type Check, type Ground, poll, some, type Verdict } from '../../../checks/check.ts'
import { plural } from '../../../format.ts'
import { areMixed, programWords } from '../../../observe/program-words.ts'
import { allowedDepth } from '../way.ts'
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
  describe:
    'every node stands on the chain with most work that it holds, work counted anew from raw headers; and implementations agree on which that is',
  run: async (ground, wish) => {
    await settle(ground, wish)
    const asking = new Asking(ground)
    const ledger = new WorkLedger(asking.ground)
    return await poll(ground, wish, () => choices(asking, ledger))
  },
}

async function choices(asking: Asking, ledger: WorkLedger): Promise<Verdict> {
  asking.begin()
  const { ground } = asking
  // An adversary may keep to a branch of its own, whatever it holds.
  const adversaries = new Set(ground.plan.nodes.filter(({ strategy }) => strategy).map(({ name }) => name))
  const honest = ledgerNodes(ground).filter(name => !adversaries.has(name))
  const nodes = await asking.able(honest, 'getchaintips')
  const wrong: string[] = []
  const stands: Standing[] = []
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
    const refused = tips.filter(({ status }) => status === 'invalid').map(({ hash }) => hash)
    if (areMixed(ground.state().nodes)) for (const hash of refused) await ledger.workTo(node, hash)
    stands.push({ node, tip: active, work: ownWork, refused })
  }
  const apart = disagreements(ground, ledger, stands)
  const all = [...wrong, ...apart]
  return asking.verdict(
    {
      passed: all.length === 0 && nodes.length > 0,
      // A node moves to the best of what it has before it answers anything; to another's it may be on its way.
      final: wrong.length > 0,
      asked: `${plural(nodes.length, 'node')} on the most work held`,
      measured: `${nodes.length - new Set(all.map(line => line.split(' ')[0])).size} of ${nodes.length}, beside ${plural(forks, 'other branch', 'other branches')}`,
      ...(all.length > 0 && { message: some(all) }),
    },
    nodes.length,
  )
}

/** Where a node stands, and the ends of what it calls invalid. */
interface Standing {
  readonly node: string
  readonly tip: Tip
  readonly work: bigint
  readonly refused: readonly string[]
}

/**
 * In words: who does not share the chain that a node of another program stands on, with more work, but for its last blocks. It
 * refuses that chain, or the other follows what is none.
 */
function disagreements(ground: Ground, ledger: WorkLedger, stands: readonly Standing[]): string[] {
  const nodes = new Map(ground.state().nodes.map(node => [node.name, node]))
  const depth = allowedDepth(ground.plan)
  const programOf = (name: string) => programWords(nodes.get(name) ?? {})
  return stands.flatMap(({ node, tip, work, refused }) => {
    const best = stands
      .filter(other => other.work > work && nodes.get(other.node)?.side === nodes.get(node)?.side)
      .filter(other => programOf(other.node) !== programOf(node))
      .reduce<Standing | undefined>(
        (most, other) => (most && most.work >= other.work ? most : other),
        undefined,
      )
    if (!best) return []
    const chain = ledger.chainTo(best.tip.hash)
    const shared = ledger.lastOn(chain, tip.hash)
    const missing = chain.size - 1 - shared
    // What it calls invalid may have grown since the other was asked.
    const refuses = refused.some(hash => ledger.lastOn(chain, hash) > shared)
    if (!refuses && missing <= depth) return []
    const first = [...chain.keys()][shared + 1]
    const why = refuses
      ? `calls ${first} invalid, which is on the chain`
      : `lacks the last ${plural(missing, 'block')} of the chain`
    return [
      `${node} (${programOf(node)}) ${why} that ${best.node} (${programOf(best.node)}) stands on, of more work`,
    ]
  })
}

/** Work up to a block, from raw headers. Headers are what their hash says, so it does not matter who gave them. */
class WorkLedger {
  readonly #ground: Ground
  readonly #work = new Map<string, bigint>([[ZERO_HASH, 0n]])
  readonly #parents = new Map<string, string>()

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
      this.#parents.set(hash, parentOf(header))
      hash = parentOf(header)
    }
    let work = this.#work.get(hash) ?? 0n
    for (const { hash: at, own } of path.reverse()) {
      work += own
      this.#work.set(at, work)
    }
    return work
  }

  /** Block → its height, of all below a block that is known, and of itself. */
  chainTo(tip: string): ReadonlyMap<string, number> {
    const hashes: string[] = []
    for (let hash = tip; hash !== ZERO_HASH; hash = this.#parents.get(hash) ?? ZERO_HASH) hashes.push(hash)
    return new Map(hashes.reverse().map((hash, height) => [hash, height]))
  }

  /** The height of the last block below `tip` that is on a chain. */
  lastOn(chain: ReadonlyMap<string, number>, tip: string): number {
    let hash = tip
    while (!chain.has(hash) && hash !== ZERO_HASH) hash = this.#parents.get(hash) ?? ZERO_HASH
    return chain.get(hash) ?? -1
  }
}
