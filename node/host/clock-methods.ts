// RPC that moves the node's clock, on networks that allow it: for tests of what a node does later.

import { RPC, RpcError, type RpcTable } from '../core/service.ts'

/** Core takes what fits into its nanoseconds. */
const MAX_TIME = 9_223_372_036
const MAX_SKIP_SECONDS = 3_600

export interface ClockControl {
  /** Stops the node's clock at this time; undefined lets it run. */
  mockTime(ms: number | undefined): void
  /** What waits has waited so much longer. */
  skip(ms: number): void
}

/** `clock`: absent where the network does not allow it. */
export function clockMethods(clock: ClockControl | undefined): RpcTable {
  return {
    setmocktime: {
      params: ['timestamp'],
      summary: 'Stops this node’s clock at a time, in seconds since 1970; 0 lets it run. On regtest only.',
      hidden: true,
      handle: ([timestamp]) => {
        const control = allowed(clock, 'setmocktime')
        const seconds = whole(timestamp)
        if (seconds < 0 || seconds > MAX_TIME)
          throw new RpcError(
            RPC.invalidParameter,
            `Mocktime must be in the range [0, ${MAX_TIME}], not ${seconds}.`,
          )
        control.mockTime(seconds === 0 ? undefined : seconds * 1000)
        return null
      },
    },
    mockscheduler: {
      params: ['delta_time'],
      summary: 'Does at once what this node would do within so many seconds. On regtest only.',
      hidden: true,
      handle: ([delta]) => {
        const control = allowed(clock, 'mockscheduler')
        const seconds = whole(delta)
        if (seconds <= 0 || seconds > MAX_SKIP_SECONDS)
          throw new RpcError(RPC.misc, 'delta_time must be between 1 and 3600 seconds (1 hr)')
        control.skip(seconds * 1000)
        return null
      },
    },
  }
}

function allowed(clock: ClockControl | undefined, method: string): ClockControl {
  if (!clock) throw new RpcError(RPC.misc, `${method} is for regression testing (-regtest mode) only`)
  return clock
}

function whole(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new RpcError(RPC.typeError, 'JSON value is not an integer as expected')
  return value
}
