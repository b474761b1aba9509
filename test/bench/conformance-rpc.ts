// How many of Core's RPC methods a node answers, by name: a row of `npm run bench -- conformance`.

import { allMethods, standings } from '../support/rpc-table.ts'

export interface RpcNames {
  readonly passed: number
  readonly all: number
}

export function rpcNames(): RpcNames {
  const all = standings(allMethods())
  return { passed: all.filter(({ method }) => method).length, all: all.length }
}
