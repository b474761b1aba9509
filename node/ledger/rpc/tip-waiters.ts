// Calls that wait for the chain's tip to change: answered when it has become what they wait for, or when their time is up.

import type { Cancel, Clock } from '../../core/host.ts'
import { type Respond, RPC, RpcError } from '../../core/service.ts'

interface Waiter {
  /** The result once there is one. */
  readonly look: () => unknown
  readonly respond: Respond
  readonly cancel: Cancel
}

export class TipWaiters {
  readonly #clock: Clock
  readonly #waiters = new Set<Waiter>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Answers with what `look` gives as soon as that is not undefined, else after `timeoutMs` (0: never) with `late`. */
  wait(look: () => unknown, late: () => unknown, timeoutMs: number, respond: Respond): void {
    const result = look()
    if (result !== undefined) {
      respond({ result })
      return
    }
    const cancel =
      timeoutMs > 0
        ? this.#clock.after(timeoutMs, () => {
            this.#waiters.delete(waiter)
            respond({ result: late() })
          })
        : () => {}
    const waiter: Waiter = { look, respond, cancel }
    this.#waiters.add(waiter)
  }

  onTip(): void {
    for (const waiter of this.#waiters) {
      const result = waiter.look()
      if (result === undefined) continue
      this.#end(waiter)
      waiter.respond({ result })
    }
  }

  stop(): void {
    for (const waiter of this.#waiters) {
      this.#end(waiter)
      waiter.respond({ error: new RpcError(RPC.misc, 'Shutting down') })
    }
  }

  #end(waiter: Waiter): void {
    waiter.cancel()
    this.#waiters.delete(waiter)
  }
}
