// Implementations held against each other on a live network: every kind of script paid and spent both ways, mempools that come to the
// same, and the same coins in the end.

import { Asking } from '../../../../checks/asking.ts'
import { type Check, startOf, type Verdict } from '../../../../checks/check.ts'
import { plural } from '../../../../format.ts'
import { settle } from '../agreement.ts'
import { ledgerNodes } from '../nodes.ts'
import { Disagreement, Hands } from './hands.ts'
import { agreeOnMempools } from './mempools.ts'
import { payEveryKind } from './payments.ts'

export const clientsAgree: Check = {
  name: 'clients-agree',
  describe:
    'implementations pay each other with every kind of script, have the same in their mempools, judge alike, and count the same coins',
  run: async (ground, wish) => {
    const asking = new Asking(ground)
    const startMs = await startOf(ground, wish)
    const asked = 'every kind of script paid and spent, mempools, verdicts and coins alike'
    if (startMs === undefined) return { passed: false, asked, measured: 'what it comes after never began' }
    await settle(ground, wish)
    const hands = new Hands(asking, startMs + wish.within.ms)
    const programs = new Set(ledgerNodes(ground).map(name => hands.programOf(name)))
    const done: string[] = []
    const verdict = (passed: boolean, message?: string): Verdict => ({
      ...{ passed, asked, measured: done.join('; ') || 'nothing' },
      ...(message !== undefined && { message }),
      ...asking.told,
    })
    if (programs.size < 2)
      return verdict(false, `all nodes are ${[...programs].join()}: there is nobody to agree with`)
    try {
      done.push(await payEveryKind(hands))
      done.push(await agreeOnMempools(hands))
      done.push(await sameCoins(hands))
      return verdict(true)
    } catch (error) {
      return verdict(false, (error as Error).message)
    }
  },
}

/** The hash over all unspent outputs, at one block, by everybody who can tell it. */
async function sameCoins(hands: Hands): Promise<string> {
  let words = 'the nodes came to no common tip'
  let hashes = new Map<string, string>()
  await hands.until(
    () => words,
    async () => {
      const nodes = await hands.asking.able(ledgerNodes(hands.ground), 'gettxoutsetinfo')
      const infos = await Promise.all(
        nodes.map(node => hands.rpc(node, 'gettxoutsetinfo') as Promise<CoinsInfo>),
      )
      hashes = new Map()
      for (const [i, { hash_serialized_3: hash }] of infos.entries()) {
        const node = nodes[i] as string
        if (hash === undefined) hands.asking.lacks(node, 'no hash_serialized_3')
        else hashes.set(node, hash)
      }
      const one = new Set(infos.map(({ bestblock }) => bestblock)).size === 1
      if (one && new Set(hashes.values()).size > 1)
        throw new Disagreement(
          `at one block ${[...hashes].map(([node, hash]) => `${node} (${hands.programOf(node)}) has the coins ${hash.slice(0, 12)}…`).join(', ')}`,
        )
      words = 'the nodes came to no common tip'
      return one && nodes.length > 0
    },
  )
  const [hash = ''] = hashes.values()
  return `coins ${hash.slice(0, 12)}… on ${plural(hashes.size, 'node')}`
}

interface CoinsInfo {
  readonly bestblock: string
  readonly hash_serialized_3?: string
}
