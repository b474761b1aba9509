// A double spender (Nakamoto, 2008; Rosenfeld, 2014): it finds one block in secret in which its coin goes back to itself, pays a
// merchant with the same coin, and mines on its secret branch. The merchant counts the blocks that the others find. When he has
// counted enough and the secret branch is longer, that goes out, and the payment is gone; one that is hopelessly shorter is given
// up. Then it begins anew.

import type { Block, MakeStrategy, Stage, Strategy, Twice } from './api.ts'

export const doubleSpend: MakeStrategy = stage => new DoubleSpender(stage)

interface Attack {
  /** Height of the public chain when the merchant was paid: his first confirmation is the block after. */
  readonly paidAt: number
  readonly twice: Twice
  /** In secret, lowest first. */
  readonly branch: Block[]
}

class DoubleSpender implements Strategy {
  readonly #stage: Stage
  readonly #confirmations: number
  readonly #giveUp: number
  readonly #amountSat: number
  #publicHeight: number
  #twice: Twice | undefined
  #attack: Attack | undefined

  constructor(stage: Stage) {
    const { confirmations, giveUp, amountSat } = stage.options
    this.#stage = stage
    this.#confirmations = Number(confirmations)
    this.#giveUp = Number(giveUp)
    this.#amountSat = Number(amountSat)
    this.#publicHeight = stage.chain.tip.height
  }

  onTip(): void {
    this.#prepare()
  }

  onFound(block: Block): void {
    if (this.#attack) {
      this.#stage.hide(block.hash)
      this.#attack.branch.push(block)
      this.#look()
    } else if (this.#twice && this.#stage.unspent(this.#twice)) this.#begin(block, this.#twice)
    else this.#publicHeight = Math.max(this.#publicHeight, block.height)
  }

  onHeard({ height }: Block): void {
    if (height <= this.#publicHeight) return
    this.#publicHeight = height
    this.#look()
  }

  /** The next block that this node finds is to hold the payment to itself. */
  #prepare(): void {
    if (this.#attack || (this.#twice && this.#stage.unspent(this.#twice))) return
    this.#twice = this.#stage.payTwice(this.#amountSat)
    this.#stage.mine(this.#twice ? [this.#twice.toSelf] : [])
  }

  #begin(block: Block, twice: Twice): void {
    const { toOther, toSelf } = twice
    this.#stage.hide(block.hash)
    this.#stage.stay()
    this.#stage.mine([])
    this.#publicHeight = Math.max(this.#publicHeight, block.height - 1)
    this.#attack = { paidAt: this.#publicHeight, twice, branch: [block] }
    this.#stage.send(toOther)
    this.#stage.tell('tried', { payment: toOther.txid, contrary: toSelf.txid, height: block.height })
  }

  #look(): void {
    const attack = this.#attack
    const top = attack?.branch.at(-1)
    if (!attack || !top) return
    const counted = this.#publicHeight - attack.paidAt
    if (counted >= this.#confirmations && top.height > this.#publicHeight) {
      this.#publicHeight = top.height
      this.#stage.reveal(attack.branch.map(({ hash }) => hash))
      this.#end('succeeded', attack, counted)
    } else if (this.#publicHeight - top.height >= this.#giveUp) {
      this.#stage.bury(attack.branch.map(({ hash }) => hash))
      this.#end('gave-up', attack, counted)
    }
  }

  #end(word: string, { twice, branch }: Attack, confirmations: number): void {
    this.#attack = undefined
    this.#twice = undefined
    this.#stage.follow()
    this.#stage.tell(word, { payment: twice.toOther.txid, blocks: branch.length, confirmations })
    // Not in the middle of what the node does with the block.
    this.#stage.clock.after(0, () => this.#prepare())
  }
}
