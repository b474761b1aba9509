// The stage of a strategy, made of an honest node: its ledger, its host, and a veil over what it sends.

import type { ServiceHost } from '../core/host.ts'
import { RpcError } from '../core/service.ts'
import { scriptToAddress } from '../ledger/address.ts'
import { makeTx, outPointKey } from '../ledger/chain/tx.ts'
import type { BlockEntry, Tx } from '../ledger/chain/types.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { p2wpkhScript } from '../ledger/script/kinds.ts'
import type { Block, Payment, Stage, Twice } from './api.ts'
import type { Race } from './race.ts'
import type { StrategyEvent } from './told.ts'
import type { Veil } from './veil.ts'

export interface StageParts {
  readonly ledger: Ledger
  readonly host: ServiceHost
  readonly veil: Veil
  /** Blocks that this node found. */
  readonly own: ReadonlySet<string>
  readonly strategy: string
  readonly options: Stage['options']
  readonly onRace: (race: Race) => void
}

const KEY_HASH_BYTES = 20
const told = ({ hash, height }: BlockEntry): Block => ({ hash, height })

export function makeStage({ ledger, host, veil, own, strategy, options, onRace }: StageParts): Stage {
  const random = host.random.fork('strategy')
  const txs = new WeakMap<Payment, Tx>()
  const payment = (tx: Tx): Payment => {
    const made = { txid: tx.txid }
    txs.set(made, tx)
    return made
  }
  const txOf = (some: Payment): Tx => {
    const tx = txs.get(some)
    if (!tx) throw new Error('that is no payment of this strategy')
    return tx
  }
  const { chain } = ledger
  return {
    options,
    clock: { now: () => host.clock.now(), after: (ms, task) => host.clock.after(ms, task) },
    random: { float: () => random.float(), int: below => random.int(below) },
    chain: {
      get tip() {
        return told(chain.tip)
      },
      at: height => {
        const entry = chain.at(height)
        return entry && told(entry)
      },
      get: hash => {
        const entry = chain.entry(hash)
        return entry && { ...told(entry), prev: entry.header.prev }
      },
    },
    hide: hash => veil.hide(hash),
    reveal: hashes => veil.reveal(hashes),
    bury: hashes => veil.bury(hashes),
    stay: () => chain.stay(entry => own.has(entry.hash)),
    follow: () => ledger.parts.intake.follow(),
    payTwice: amountSat => {
      const hash = random.bytes(KEY_HASH_BYTES)
      const twice = twiceOf(ledger, hash, amountSat)
      return twice && { toOther: payment(twice.toOther), toSelf: payment(twice.toSelf) }
    },
    unspent: ({ toOther }: Twice) => {
      const { mempool } = ledger
      return txOf(toOther).inputs.every(({ previous }) => {
        const key = outPointKey(previous)
        return chain.coin(key) !== undefined && !mempool.spender(key)
      })
    },
    mine: payments => ledger.mining.include(payments.map(txOf)),
    send: some => {
      const { env } = ledger.parts
      for (const peer of env.peers.values()) env.send(peer, 'tx', txOf(some))
    },
    race: (own, other) => onRace({ own, other }),
    tell: (word, facts = {}) => {
      const event: StrategyEvent = { type: 'strategy', strategy, word, facts }
      host.emit(event)
    },
  }
}

/** A payment to whoever has that key, and the same coins back home. */
function twiceOf({ chain, wallet }: Ledger, keyHash: Uint8Array, amountSat: number) {
  const address = scriptToAddress(chain.params, p2wpkhScript(keyHash)) as string
  let toOther: Tx
  try {
    toOther = wallet.send(address, amountSat)
  } catch (error) {
    if (error instanceof RpcError) return undefined // no coin yet
    throw error
  }
  const valueSat = toOther.outputs.reduce((sum, output) => sum + output.valueSat, 0)
  const { version, inputs, lockTime } = toOther
  const home = makeTx({ version, inputs, outputs: [{ valueSat, script: wallet.script() }], lockTime })
  const toSelf = wallet.sign(home)
  return toSelf && { toOther, toSelf }
}
