// `netsplit rpc`: one JSON-RPC call to a node; texts are printed as they are, everything else as JSON, as bitcoin-cli does.

import { EXIT, type ExitCode, UserError } from '../errors.ts'
import type { Options } from '../main.ts'
import { NodeRpcError } from '../node-client.ts'
import { openNetwork } from './orders.ts'

export async function run(args: readonly string[], options: Options): Promise<ExitCode> {
  const [node = '', method = '', ...params] = args
  const testnet = await openNetwork(options)
  try {
    const result = await testnet.rpc(node, method, params.map(readParam))
    const plain = typeof result === 'string' && options.json !== true
    console.log(plain ? result : JSON.stringify(result ?? null, null, 2))
    return EXIT.ok
  } catch (error) {
    if (!(error instanceof NodeRpcError)) throw error
    throw new UserError(EXIT.failure, `${node} answered error ${error.code}: ${error.message}`)
  } finally {
    testnet.close()
  }
}

/** JSON where it is JSON (`0`, `true`, `["a"]`), else text. Long digit strings and hashes stay text. */
function readParam(text: string): unknown {
  if (/^\d{16,}$/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
