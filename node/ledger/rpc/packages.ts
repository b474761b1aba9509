// RPC about transactions that are to come in together: what the mempool would say, and a child that pays for its parents.

import { byHash } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { txCodec } from '../chain/tx.ts'
import type { Tx } from '../chain/types.ts'
import type { Outcome, PackageResult } from '../package-intake.ts'
import { isChildWithParentsTree, MAX_PACKAGE_COUNT } from '../package-rules.ts'
import type { LedgerParts } from '../parts.ts'
import { array, coins, decoded } from './arguments.ts'
import { checkBurnt, maxFeeRate, refusalText, rejectReason, tooDear } from './submission.ts'

export function packagesRpc(parts: () => LedgerParts): RpcTable {
  return {
    testmempoolaccept: {
      params: ['rawtxs', 'maxfeerate?'],
      summary: 'Whether the mempool would take these transactions, each on those before it; takes none.',
      handle: params => testAccept(parts(), params),
    },
    submitpackage: {
      params: ['package', 'maxfeerate?', 'maxburnamount?'],
      summary: 'Takes a transaction and those of its parents that it pays for, which stand before it.',
      handle: params => submitPackage(parts(), params),
    },
  }
}

function transactionsOf(params: readonly unknown[], least: number): Tx[] {
  const raw = array(params, 0, 'rawtxs')
  if (raw.length < least || raw.length > MAX_PACKAGE_COUNT)
    throw new RpcError(
      RPC.invalidParameter,
      `Array must contain between ${least} and ${MAX_PACKAGE_COUNT} transactions.`,
    )
  return raw.map((hex, i) =>
    decoded(raw, i, txCodec, `TX decode failed: ${hex} Make sure the tx has at least one input.`),
  )
}

function testAccept({ env }: LedgerParts, params: readonly unknown[]): Record<string, unknown>[] {
  const maxRateSat = maxFeeRate(params, 1)
  const txs = transactionsOf(params, 1)
  const { flaw, outcomes } = env.mempool.test(txs)
  const wrong = flaw?.isPolicy && { 'package-error': flawText(flaw) }
  let isOver = false
  return txs.map(({ txid, wtxid }) => {
    const outcome = outcomes.get(wtxid)
    const verdict = isOver || !outcome ? undefined : verdictShape(outcome, maxRateSat)
    // Nobody comes in on one that its sender would rather keep.
    isOver ||= verdict?.['reject-reason'] === TOO_DEAR
    return { txid, wtxid, ...wrong, ...verdict }
  })
}

const TOO_DEAR = 'max-fee-exceeded'

function verdictShape(outcome: Outcome, maxRateSat: number): Record<string, unknown> | undefined {
  if (outcome.kind === 'refused') return { allowed: false, 'reject-reason': shortReason(outcome) }
  if (outcome.kind !== 'accepted') return undefined
  const { feeSat, vsize } = outcome
  if (tooDear(maxRateSat, feeSat, vsize)) return { allowed: false, 'reject-reason': TOO_DEAR }
  return { allowed: true, vsize, fees: feesShape(outcome) }
}

function shortReason({ error }: Outcome & { kind: 'refused' }): string {
  return error.reason === 'missing-inputs' ? error.reason : rejectReason(error)
}

function feesShape({ feeSat, satPerKvb, includes }: Outcome & { kind: 'accepted' }): Record<string, unknown> {
  return { base: coins(feeSat), 'effective-feerate': coins(satPerKvb), 'effective-includes': includes }
}

function submitPackage({ transactions }: LedgerParts, params: readonly unknown[]): Record<string, unknown> {
  const maxRateSat = maxFeeRate(params, 1)
  const txs = transactionsOf(params, 2)
  checkBurnt(txs, params, 2)
  if (!isChildWithParentsTree(txs))
    throw new RpcError(
      RPC.verify,
      'package topology disallowed. not child-with-parents or parents depend on each other.',
    )
  const result = transactions.submitPackage(txs, maxRateSat || undefined)
  const { flaw, outcomes } = result
  return {
    package_msg: flaw ? flawText(flaw) : 'success',
    'tx-results': Object.fromEntries(
      txs.flatMap(({ txid, wtxid }) => {
        const outcome = outcomes.get(wtxid)
        return outcome ? [[wtxid, { txid, ...resultShape(outcome) }]] : []
      }),
    ),
    'replaced-transactions': replacedBy(result),
  }
}

function resultShape(outcome: Outcome): Record<string, unknown> {
  if (outcome.kind === 'twin') return { 'other-wtxid': outcome.wtxid }
  if (outcome.kind === 'refused') return { error: refusalText(outcome.error) }
  const { feeSat, vsize } = outcome
  return { vsize, fees: outcome.kind === 'accepted' ? feesShape(outcome) : { base: coins(feeSat) } }
}

function replacedBy({ outcomes }: PackageResult): string[] {
  const replaced = new Set<string>()
  for (const outcome of outcomes.values())
    if (outcome.kind === 'accepted') for (const { txid } of outcome.replaced) replaced.add(txid)
  return [...replaced].sort(byHash)
}

function flawText({ reason, detail }: NonNullable<PackageResult['flaw']>): string {
  return detail ? `${reason}, ${detail}` : reason
}
