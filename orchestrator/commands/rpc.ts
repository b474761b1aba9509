// `netsplit rpc`: one JSON-RPC call to a node; texts are printed as they are, everything else as JSON, as bitcoin-cli does.

import type { RemoteTestnet } from '../control/client.ts'
import { EXIT, type ExitCode, UserError } from '../errors.ts'
import { NodeRpcError } from '../network/node-client.ts'
import { didYouMean, nearest } from '../spec/suggest.ts'
import { out, outJson } from '../terminal/outlet.ts'
import type { ArgsOf, FlagsOf } from './command.ts'
import { openNetwork } from './orders.ts'
import { type NodeRequest, readNode } from './request.ts'
import { print } from './say.ts'

/** JSON-RPC 2.0. */
const METHOD_NOT_FOUND = -32601

export interface RpcRequest extends NodeRequest {
  /** Undefined: it, or the node, was left out. */
  readonly method: string | undefined
  readonly params: readonly unknown[]
  /** Not to be asked: how others ask it. */
  readonly cookie: boolean
}

export function read([node, method, ...params]: ArgsOf<'rpc'>, flags: FlagsOf<'rpc'>): RpcRequest {
  const cookie = flags.cookie === true
  if (cookie && method !== undefined)
    throw new UserError(EXIT.usage, '--cookie takes a node alone', `netsplit rpc --cookie ${node}`)
  return { method, params: params.map(readParam), cookie, ...readNode([node], flags) }
}

export async function run(request: RpcRequest): Promise<ExitCode> {
  const { node, method, params, json } = request
  const testnet = await openNetwork(request)
  try {
    if (request.cookie) return await tellDoor(testnet, request)
    if (method === undefined) throw await withoutMethod(testnet, node)
    const result = await testnet.rpc(node, method, params)
    const plain = typeof result === 'string' && !json
    if (plain) out(result)
    else outJson(result ?? null)
    return EXIT.ok
  } catch (error) {
    if (!(error instanceof NodeRpcError)) throw error
    const hint =
      error.code === METHOD_NOT_FOUND
        ? (didYouMean(String(method), await methodsOf(testnet, node)) ??
          `netsplit rpc ${node} help lists them`)
        : undefined
    throw new UserError(EXIT.failure, `${node} answered error ${error.code}: ${error.message}`, hint)
  } finally {
    testnet.close()
  }
}

/** A command line for bitcoin-cli, and a URL for whoever takes one. */
async function tellDoor(testnet: RemoteTestnet, request: RpcRequest): Promise<ExitCode> {
  const door = await testnet.door(request.node)
  const { hostname, port } = new URL(door.url)
  const who =
    door.cookieFile === undefined
      ? `-rpcuser=${door.user} -rpcpassword=${door.password}`
      : `-rpccookiefile=${quoted(door.cookieFile)}`
  print(request, door, () => [
    `bitcoin-cli -rpcconnect=${hostname} -rpcport=${port} ${who} getblockchaininfo`,
    `http://${door.user}:${door.password}@${hostname}:${port}/`,
  ])
  return EXIT.ok
}

/** For a shell. */
function quoted(word: string): string {
  return /^[\w/.@%+=:,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/** A node alone, or a method alone: what was left out is added to what was meant. */
async function withoutMethod(testnet: RemoteTestnet, word: string): Promise<UserError> {
  const nodes = testnet.state().nodes.filter(({ phase }) => phase === 'running')
  const names = nodes.map(({ name }) => name)
  const [first = 'miners-1'] = names
  if (names.includes(word))
    return new UserError(
      EXIT.usage,
      `${word} is asked for what?`,
      `netsplit rpc ${word} help lists the methods`,
    )
  const method = nearest(word, await methodsOf(testnet, first))
  return method === undefined
    ? new UserError(
        EXIT.usage,
        'a node and a method are wanted',
        `such as netsplit rpc ${first} getblockchaininfo`,
      )
    : new UserError(EXIT.usage, 'the node is missing', `netsplit rpc ${first} ${method}`)
}

/** None where it does not say. */
async function methodsOf(testnet: RemoteTestnet, node: string): Promise<string[]> {
  const help = await testnet.rpc(node, 'help', []).catch(() => '')
  return String(help)
    .split('\n')
    .flatMap(line => /^[a-z]+/.exec(line)?.[0] ?? [])
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
