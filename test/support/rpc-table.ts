// All RPC methods of a node beside Core's: what docs/rpc.md and the figure `rpc-names` are made of.

import type { RpcMethod, RpcTable } from '../../node/core/service.ts'
import { hostMethods } from '../../node/host/methods.ts'
import { CORE_METHODS } from './core-methods.ts'
import { createLedgerNetwork } from './ledger-network.ts'
import { createLightNetwork } from './light-network.ts'

/** Of a node that runs a ledger. */
export function allMethods(): RpcTable {
  const { rpc } = createLedgerNetwork({ seed: 'table', nodes: 1 }).node(0).core
  return hostMethods(rpc, { stop() {}, written: async () => {}, nowMs: () => 0, active: () => [] })
}

/** Of a light client. */
export function lightMethods(): RpcTable {
  const { rpc } = createLightNetwork({ seed: 'table', full: 1 }).node(1).core
  return hostMethods(rpc, { stop() {}, written: async () => {}, nowMs: () => 0, active: () => [] })
}

export interface Standing {
  readonly category: string
  readonly name: string
  /** Core's parameters. */
  readonly params: string
  readonly method: RpcMethod | undefined
}

/** Every method of Core's, in its categories, and ours of that name. */
export function standings(methods: RpcTable): Standing[] {
  return Object.entries(CORE_METHODS).flatMap(([category, core]) =>
    Object.entries(core).map(([name, params]) => ({
      category,
      name,
      params,
      method: Object.hasOwn(methods, name) ? methods[name] : undefined,
    })),
  )
}

/** Ours that Core does not have. */
export function own(methods: RpcTable): string[] {
  const core = new Set(Object.values(CORE_METHODS).flatMap(Object.keys))
  return Object.keys(methods).filter(name => !core.has(name))
}

/** The parameters of Core's that ours does not take. */
export function missingParams({ params, method }: Standing): string[] {
  const ours = new Set(method?.params.map(name => name.replace('?', '')))
  return params.split(' ').filter(name => name !== '' && !ours.has(name))
}
