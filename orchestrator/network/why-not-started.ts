// Why a node's start failed, for whoever asked for it: the runtime's own reason, its death, or that it was of no use.

import { howItEnded, remedyFor } from '../endings.ts'
import { TimedOut } from '../machine/http.ts'
import { type NodeExit, RuntimeError } from '../runtime/runtime.ts'

/** A node that died while it was asked something: its death is the reason, not the broken connection. */
export function whyNotStarted(name: string, error: unknown, exit: NodeExit | undefined): unknown {
  if (error instanceof RuntimeError) return error
  // Our own kill is no reason: what we killed it for is.
  if (!exit || exit.expected)
    return new RuntimeError('node-timeout', `${name} started, but ${whyUnusable(error)}`, exit?.lastLines)
  const what = `${name} ended while it started (${howItEnded(exit)})`
  return new RuntimeError('node-died', what, exit.lastLines, remedyFor(exit))
}

function whyUnusable(error: unknown): string {
  if (error instanceof TimedOut) return `did not answer for ${error.afterMs / 1000} s`
  return `could not be used: ${error instanceof Error ? error.message : String(error)}`
}
