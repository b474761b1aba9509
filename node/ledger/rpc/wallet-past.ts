// RPC about the wallet's past: single transactions, the last of them, those since a block, and what each address received.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { scriptToAddress } from '../address.ts'
import { isCoinbase } from '../chain/tx.ts'
import type { BlockEntry, Tx, TxOut } from '../chain/types.ts'
import { reach } from '../packages.ts'
import { signalsReplacement } from '../replacement.ts'
import { coins, flag, given, hash, integer, text } from './arguments.ts'
import { entryAt } from './lookup.ts'
import { confirmations, txShape } from './shapes.ts'
import { labelOf } from './wallet-addresses.ts'
import type { Desk } from './wallet-desk.ts'
import type { OwnTx } from './wallet-history.ts'
import { receivedRpc } from './wallet-received.ts'

export function pastRpc(desk: () => Desk): RpcTable {
  return {
    gettransaction: {
      params: ['txid', 'include_watchonly?', 'verbose?'],
      summary: 'A transaction of the wallet: what it changed for it, and all outputs that matter.',
      differs: 'of a confirmed one both times are its block’s',
      handle: params => transaction(desk(), params),
    },
    listtransactions: {
      params: ['label|dummy?', 'count?', 'skip?', 'include_watchonly?'],
      summary: 'The last payments to and from the wallet, the newest last.',
      differs: 'of a confirmed one both times are its block’s',
      handle: params => {
        const [count, skip] = [integer(params, 1, 'count', 10), integer(params, 2, 'skip', 0)]
        if (count < 0) throw new RpcError(RPC.invalidParameter, 'Negative count')
        if (skip < 0) throw new RpcError(RPC.invalidParameter, 'Negative from')
        const label = given(params, 0) ? text(params, 0, 'label') : '*'
        const all = desk()
          .history.all()
          .flatMap(own => entriesOf(desk(), own))
          .filter(entry => label === '*' || entry.label === label)
        const end = Math.max(0, all.length - skip)
        return all.slice(Math.max(0, end - count), end)
      },
    },
    listsinceblock: {
      params: [
        'blockhash?',
        'target_confirmations?',
        'include_watchonly?',
        'include_removed?',
        'include_change?',
        'label?',
      ],
      summary:
        'Payments in blocks after this one or in none, and those that a reorganisation took out of blocks.',
      differs: 'of a confirmed one both times are its block’s',
      handle: params => sinceBlock(desk(), params),
    },
    ...receivedRpc(desk),
  }
}

/** A payment as seen from one of its outputs. */
interface Detail {
  readonly output: TxOut
  readonly n: number
  readonly category: string
  readonly sat: number
  readonly feeSat?: number | undefined
}

/** Every output that the wallet paid to others, and every one that it was paid by; its own change is neither. */
export function detailsOf(desk: Desk, own: OwnTx, ruledOut = desk.history.conflictDepth(own) > 0): Detail[] {
  const { tx, debitSat, feeSat, mine } = own
  const sent: Detail[] = []
  const received: Detail[] = []
  for (const [n, output] of tx.outputs.entries()) {
    const isMine = mine.has(n)
    if (debitSat > 0 && isMine && isChange(desk, output)) continue
    if (debitSat > 0) sent.push({ output, n, category: 'send', sat: -output.valueSat, feeSat })
    // What is ruled out brings nothing.
    if (isMine && !ruledOut)
      received.push({ output, n, category: categoryOf(desk, own), sat: output.valueSat })
  }
  return [...sent, ...received]
}

/** To an address of ours that nobody was told. */
function isChange({ parts, notes }: Desk, { script }: TxOut): boolean {
  const address = scriptToAddress(parts.env.params, script)
  return address === undefined || !notes.labels.has(address)
}

function categoryOf({ parts }: Desk, { tx, block }: OwnTx): string {
  if (!isCoinbase(tx)) return 'receive'
  const { chain, params } = parts.env
  if (!block || !chain.isActive(block)) return 'orphan'
  return chain.tip.height + 1 - block.height > params.coinbaseMaturity ? 'generate' : 'immature'
}

/** BIP125: it says so, or one that it hangs on; of one that nobody has that cannot be told. */
function replaceability({ env }: Desk['parts'], tx: Tx): 'yes' | 'no' | 'unknown' {
  if (signalsReplacement(tx)) return 'yes'
  const entry = env.mempool.get(tx.txid)
  if (!entry) return 'unknown'
  return [...reach([entry], 'parents')].some(each => signalsReplacement(each.tx)) ? 'yes' : 'no'
}

/** What all entries of one transaction share. */
function commonOf({ history, notes, parts }: Desk, own: OwnTx): Record<string, unknown> {
  const { tx, block, index, time } = own
  const { chain } = parts.env
  const conflicts = history.conflictsOf(own)
  const note = notes.payment(tx.txid)
  const trusted = !block && !history.isLost(own) && parts.wallet.trusts(tx)
  return {
    confirmations: block ? Math.max(-1, confirmations(chain, block)) : 0 - history.conflictDepth(own),
    ...(isCoinbase(tx) && { generated: true }),
    ...(block
      ? {
          blockhash: block.hash,
          blockheight: block.height,
          blockindex: index,
          blocktime: block.header.time,
        }
      : { trusted }),
    txid: tx.txid,
    wtxid: tx.wtxid,
    walletconflicts: conflicts.map(each => each.tx.txid),
    mempoolconflicts: [...history.mempoolConflicts(own)],
    time,
    timereceived: time,
    'bip125-replaceable': block ? 'no' : replaceability(parts, tx),
    ...(note?.comment && { comment: note.comment }),
    ...(note?.to && { to: note.to }),
    ...(note?.replaces && { replaces_txid: note.replaces }),
    ...(note?.replacedBy && { replaced_by_txid: note.replacedBy }),
  }
}

function detailShape(
  desk: Desk,
  abandoned: boolean,
  { output, n, category, sat, feeSat }: Detail,
): Record<string, unknown> {
  const address = scriptToAddress(desk.parts.env.params, output.script)
  const label = address === undefined ? undefined : desk.notes.labels.get(address)
  return {
    ...(address !== undefined && { address }),
    category,
    amount: coins(sat),
    ...(label !== undefined && { label }),
    vout: n,
    ...(category === 'send' && feeSat !== undefined && { fee: coins(-feeSat) }),
    abandoned,
  }
}

function entriesOf(desk: Desk, own: OwnTx, ruledOut?: boolean): Record<string, unknown>[] {
  const common = commonOf(desk, own)
  const abandoned = desk.history.isAbandoned(own)
  return detailsOf(desk, own, ruledOut).map(detail => ({
    ...detailShape(desk, abandoned, detail),
    ...common,
  }))
}

function transaction(desk: Desk, params: readonly unknown[]): Record<string, unknown> {
  const { parts, history } = desk
  const own = history.find(hash(params, 0, 'txid'))
  if (!own) throw new RpcError(RPC.invalidAddressOrKey, 'Invalid or non-wallet transaction id')
  const { tx, debitSat, feeSat, mine } = own
  // What cannot be spent yet counts for nothing, as in Core.
  const young = categoryOf(desk, own) === 'immature'
  const creditSat = young ? 0 : [...mine].reduce((sum, n) => sum + (tx.outputs[n]?.valueSat ?? 0), 0)
  const paidFee = debitSat > 0 && feeSat !== undefined
  const { tip } = parts.env.chain
  const abandoned = history.isAbandoned(own)
  return {
    amount: coins(creditSat - debitSat + (paidFee ? feeSat : 0)),
    ...(paidFee && { fee: coins(-feeSat) }),
    ...commonOf(desk, own),
    details: detailsOf(desk, own).map(detail => detailShape(desk, abandoned, detail)),
    hex: toHex(tx.bytes),
    ...(flag(params, 2, false) && { decoded: txShape(parts.env.params, tx) }),
    lastprocessedblock: { hash: tip.hash, height: tip.height },
  }
}

function sinceBlock(desk: Desk, params: readonly unknown[]): Record<string, unknown> {
  const { chain } = desk.parts.env
  const said = given(params, 0) && params[0] !== '' ? entryAt(chain, params, 0) : undefined
  const target = integer(params, 1, 'target_confirmations', 1)
  if (target < 1) throw new RpcError(RPC.invalidParameter, 'Invalid parameter')
  const fork = said && chain.forkPoint(said, chain.tip)
  const label = given(params, 5) ? labelOf(params, 5) : undefined
  const wanted = (entry: Record<string, unknown>) => label === undefined || entry.label === label
  const transactions = desk.history
    .all()
    .filter(({ block }) => !block || !fork || block.height > fork.height)
    .flatMap(own => entriesOf(desk, own))
  const removed: Record<string, unknown>[] = []
  if (flag(params, 3, true))
    for (let at = said; at && at !== fork; at = at.parent)
      removed.push(...desk.history.inBlock(at).flatMap(own => entriesOf(desk, own, false)))
  const last: BlockEntry | undefined = chain.at(Math.max(0, chain.tip.height + 1 - target))
  return {
    transactions: transactions.filter(wanted),
    ...(flag(params, 3, true) && { removed: removed.filter(wanted) }),
    lastblock: last?.hash,
  }
}
