// What the check of implementations against each other does by hand: pays, signs, sends, and waits until all nodes have seen it.

import type { Asking } from '../../../../checks/asking.ts'
import type { Ground } from '../../../../checks/check.ts'
import { POLL_MS } from '../../../../checks/check.ts'
import { programWords } from '../../../../observe/program-words.ts'
import { ledgerNodes } from '../nodes.ts'
import { Confirmations } from '../payments.ts'

/** How far two programs got with each other before they differed. */
export class Disagreement extends Error {
  override readonly name = 'Disagreement'
}

export interface Output {
  readonly txid: string
  readonly vout: number
  readonly sat: number
}

/** Behind address and amount, in Core's order; in satoshi per virtual byte. */
const AT_FEE_RATE = ['', '', false, true, null, 'unset', null, 10]
const SAT_PER_COIN = 100_000_000
/** BIP125: whoever spends with it may be replaced. */
const REPLACEABLE = 0xfffffffd

export class Hands {
  readonly asking: Asking
  readonly ground: Ground
  readonly #reader: Confirmations
  readonly #untilMs: number

  constructor(asking: Asking, untilMs: number) {
    this.asking = asking
    this.ground = asking.ground
    this.#untilMs = untilMs
    this.#reader = new Confirmations(asking.ground)
  }

  rpc(node: string, method: string, ...params: readonly unknown[]): Promise<unknown> {
    return this.ground.rpc(node, method, params)
  }

  programOf(name: string): string {
    return programWords(this.ground.state().nodes.find(node => node.name === name) ?? {})
  }

  /** One running node of each program, of those among `names`. */
  oneOfEach(names: readonly string[]): string[] {
    const programs = new Map<string, string>()
    for (const name of names)
      if (!programs.has(this.programOf(name))) programs.set(this.programOf(name), name)
    return [...programs.values()]
  }

  /** Throws Disagreement, which says `what` did not come, when the check's time is over. */
  async until(what: () => string, done: () => Promise<boolean>): Promise<void> {
    while (!(await done())) {
      if (this.ground.nowMs() >= this.#untilMs) throw new Disagreement(what())
      await this.ground.wait(POLL_MS)
    }
  }

  /** To an address; the payer's wallet chooses what with. */
  async pay(payer: string, address: string, coins: number): Promise<string> {
    return String(await this.rpc(payer, 'sendtoaddress', address, coins, ...AT_FEE_RATE))
  }

  /** All that can tell have it on their chain. */
  async confirmed(txids: readonly string[], what: string): Promise<void> {
    const missing = new Map<string, string[]>()
    const look = async () => {
      missing.clear()
      const nodes = await this.asking.able(ledgerNodes(this.ground), 'getblockcount')
      for (const txid of txids)
        for (const node of nodes)
          if ((await this.#reader.of(node, { txid, fromHeight: this.#fromHeight }).catch(() => 0)) === 0)
            missing.set(node, [...(missing.get(node) ?? []), txid])
      return missing.size === 0
    }
    const words = () => {
      const [[node, [txid]] = ['', ['']]] = missing
      return `${what} ${txid} is not confirmed on ${node} (${this.programOf(node)})`
    }
    await this.until(words, look)
  }

  #fromHeight = 0

  /** No payment from now on is in a block of this height or below. */
  async begin(): Promise<void> {
    const [node = ''] = await this.asking.able(ledgerNodes(this.ground), 'getblockcount')
    this.#fromHeight = Number(await this.rpc(node, 'getblockcount'))
  }

  /** Which output of a transaction pays an address. */
  async outputTo(node: string, txid: string, address: string): Promise<Output> {
    const { hex } = (await this.rpc(node, 'gettransaction', txid)) as { hex: string }
    const { vout } = (await this.rpc(node, 'decoderawtransaction', hex)) as { vout: readonly Decoded[] }
    const at = vout.find(({ scriptPubKey }) => scriptPubKey.address === address)
    if (!at) throw new Disagreement(`${node}: ${txid} has no output to ${address}`)
    return { txid, vout: at.n, sat: Math.round(at.value * SAT_PER_COIN) }
  }

  /** Signed by the owner's wallet: of these outputs, to these addresses. */
  async sign(owner: string, coins: readonly Output[], to: Readonly<Record<string, number>>): Promise<string> {
    return await this.signRaw(owner, await this.unsigned(owner, coins, to))
  }

  async unsigned(
    owner: string,
    coins: readonly Output[],
    to: Readonly<Record<string, number>>,
    locktime = 0,
  ): Promise<string> {
    const inputs = coins.map(({ txid, vout }) => ({ txid, vout, sequence: REPLACEABLE }))
    const outputs = Object.entries(to).map(([address, sat]) => ({
      [address]: (sat / SAT_PER_COIN).toFixed(8),
    }))
    return String(await this.rpc(owner, 'createrawtransaction', inputs, outputs, locktime))
  }

  /** Tried again for a while: the block with its coin may just have been left for another, or not come to the wallet's knowledge. */
  async signRaw(owner: string, raw: string): Promise<string> {
    let signed: Signed = { hex: '', complete: false }
    await this.until(
      () =>
        `${owner} (${this.programOf(owner)}) cannot sign for its own coin: ${signed.errors?.[0]?.error ?? 'it does not say why'}`,
      async () => {
        signed = (await this.rpc(owner, 'signrawtransactionwithwallet', raw)) as Signed
        return signed.complete
      },
    )
    return signed.hex
  }

  /** Its id. Throws Disagreement for what the node does not take. */
  async send(node: string, hex: string, what: string): Promise<string> {
    let [txid, why] = ['', '']
    await this.until(
      () => `${node} (${this.programOf(node)}) does not take ${what}: ${why}`,
      async () => {
        try {
          txid = String(await this.rpc(node, 'sendrawtransaction', hex))
        } catch (error) {
          why = (error as Error).message
          // It may lack the block that its coin came with, for a moment.
          if (!/missing|orphan/i.test(why))
            throw new Disagreement(`${node} (${this.programOf(node)}) does not take ${what}: ${why}`)
        }
        return txid !== ''
      },
    )
    return txid
  }
}

interface Signed {
  readonly hex: string
  readonly complete: boolean
  readonly errors?: readonly { readonly error: string }[]
}

interface Decoded {
  readonly n: number
  readonly value: number
  readonly scriptPubKey: { readonly address?: string; readonly hex: string }
}
