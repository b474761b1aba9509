// What a call is refused with: for tests that look at the words and codes of errors.

import { RpcError } from '../../node/core/service.ts'
import { ProtocolError } from '../../node/errors.ts'
import { UserError } from '../../orchestrator/errors.ts'

/** The UserError that this ends in. */
export function refusal(work: () => unknown): UserError {
  try {
    work()
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error('it was not refused')
}

/** Code and message of the RpcError that this ends in. */
export function rpcFailure(work: () => unknown): [code: number, message: string] {
  try {
    work()
  } catch (error) {
    if (error instanceof RpcError) return [error.code, error.message]
    throw error
  }
  throw new Error('it did not fail')
}

/** Code of the ProtocolError that this ends in, if it does. */
export function protocolCode(run: () => unknown): string | undefined {
  try {
    run()
  } catch (error) {
    if (error instanceof ProtocolError) return error.code
    throw error
  }
  return undefined
}
