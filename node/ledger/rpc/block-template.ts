// RPC for miners from outside (BIP22, BIP23, BIP145): what to mine, and headers that they bring. Long polls wait for a new tip.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { LATER, type Respond, RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { ConsensusError } from '../../errors.ts'
import { blockCodec } from '../chain/block.ts'
import { HEADER_BYTES, headerCodec } from '../chain/header.ts'
import { isRefused } from '../chain/types.ts'
import { bitsToTarget } from '../consensus/target.ts'
import type { LedgerParts } from '../parts.ts'
import { buildTemplate } from '../template.ts'
import { decoded, given, record, text } from './arguments.ts'
import { templateRules } from './deployments.ts'
import { hex32 } from './shapes.ts'
import { rejectReason } from './submission.ts'

/** So long a poll waits for another tip before it is answered with new transactions. */
const LONG_POLL_MS = 60_000
/** Any script: miners put their own in its place. */
const NOBODY = new Uint8Array(0)

export function templateRpc(parts: () => LedgerParts): RpcTable {
  return {
    getblocktemplate: {
      params: ['template_request?'],
      summary:
        'What a miner needs to make the next block: {"rules": ["segwit"]}; or whether a block would be one: {"mode": "proposal", "data": hex}.',
      handle: (params, respond) => answerTemplate(parts(), params, respond),
    },
    submitheader: {
      params: ['hexdata'],
      summary: 'Takes a header on one that is known.',
      handle: params => {
        const { chain } = parts().env
        // Of a whole block the header is taken.
        const hex = text(params, 0, 'hexdata').slice(0, 2 * HEADER_BYTES)
        const header = decoded([hex], 0, headerCodec, 'Block header decode failed')
        if (!chain.entry(header.prev))
          throw new RpcError(RPC.verify, `Must submit previous header (${header.prev}) first`)
        try {
          chain.acceptHeader(header)
        } catch (error) {
          if (!(error instanceof ConsensusError)) throw error
          throw new RpcError(RPC.verify, error.reason)
        }
        return null
      },
    },
  }
}

function answerTemplate(parts: LedgerParts, params: readonly unknown[], respond: Respond): unknown {
  const {
    mode = 'template',
    rules,
    longpollid,
    data,
  } = given(params, 0) ? record(params[0]) : ({} as Record<string, unknown>)
  if (mode === 'proposal') return proposal(parts, data)
  if (mode !== 'template') throw new RpcError(RPC.invalidParameter, 'Invalid mode')
  if (!Array.isArray(rules) || !rules.includes('segwit'))
    throw new RpcError(
      RPC.invalidParameter,
      'getblocktemplate must be called with the segwit rule set (call with {"rules": ["segwit"]})',
    )
  if (longpollid === undefined) return templateShape(parts)
  const { chain } = parts.env
  const seen = String(longpollid).slice(0, 64)
  const look = () => (chain.tip.hash === seen ? undefined : templateShape(parts))
  parts.waiters.wait(look, () => templateShape(parts), LONG_POLL_MS, respond)
  return LATER
}

/** Whether a block, not yet proven, would be taken: null, or why not (BIP23). */
function proposal({ env: { chain } }: LedgerParts, data: unknown): string | null {
  if (typeof data !== 'string') throw new RpcError(RPC.typeError, 'Missing data String key for proposal')
  const block = decoded([data], 0, blockCodec, 'Block decode failed')
  const known = chain.entry(block.hash)
  if (known?.status === 'valid') return 'duplicate'
  if (known) return isRefused(known) ? 'duplicate-invalid' : 'duplicate-inconclusive'
  if (block.header.prev !== chain.tip.hash) return 'inconclusive-not-best-prevblk'
  try {
    chain.tryBlock(block)
    return null
  } catch (error) {
    if (!(error instanceof ConsensusError)) throw error
    return rejectReason(error)
  }
}

function templateShape({ env, mining }: LedgerParts): Record<string, unknown> {
  const { chain, mempool, net, params } = env
  const { block, height } = buildTemplate(chain, mempool, {
    script: NOBODY,
    extraNonce: 0,
    nowMs: net.clock.now(),
  })
  mining.onAssembled(block)
  const { header, transactions } = block
  const { maxBlockWeight, segwit } = chain.rules.after(chain.tip)
  const [coinbase, ...others] = transactions
  const [reward, commitment] = coinbase?.outputs ?? []
  const places = new Map(others.map(({ txid }, i) => [txid, i + 1]))
  return {
    capabilities: ['proposal'],
    version: header.version,
    ...templateRules(chain),
    previousblockhash: header.prev,
    transactions: others.map(tx => {
      const entry = mempool.get(tx.txid)
      const depends = new Set(tx.inputs.flatMap(({ previous }) => places.get(previous.txid) ?? []))
      return {
        data: toHex(tx.bytes),
        txid: tx.txid,
        hash: tx.wtxid,
        depends: [...depends],
        fee: entry?.feeSat ?? 0,
        sigops: entry?.sigopCost ?? 0,
        weight: tx.weight,
      }
    }),
    coinbaseaux: {},
    coinbasevalue: reward?.valueSat ?? 0,
    longpollid: `${header.prev}${mempool.sequence}`,
    target: bitsToTarget(header.bits).toString(16).padStart(64, '0'),
    mintime: chain.medianTimePast(chain.tip) + 1,
    mutable: ['time', 'transactions', 'prevblock'],
    noncerange: '00000000ffffffff',
    ...(segwit
      ? { sigoplimit: params.maxBlockSigopsCost, sizelimit: maxBlockWeight, weightlimit: maxBlockWeight }
      : { sigoplimit: params.maxBlockSigopsCost / 4, sizelimit: maxBlockWeight / 4 }),
    curtime: header.time,
    bits: hex32(header.bits),
    height,
    default_witness_commitment: commitment && toHex(commitment.script),
  }
}
