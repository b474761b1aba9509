// Looks at a program that is to join, before anything is done: that it is there, can be asked, and is on the right chain.

import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { EXIT, UserError } from '../errors.ts'
import { plural } from '../format.ts'
import { HttpClient } from '../machine/http.ts'
import type { JoinsFrom } from './joined.ts'

const HOST = '127.0.0.1'
const TIMEOUT_MS = 3_000

/** The chain of the network that it joins. */
export interface ChainHere {
  readonly height: number
  hashAt(height: number): Promise<unknown>
}

/**
 * Throws UserError (exit 4) with what to do. Resolves with what is to be said of its chain: whoever joins with a longer one brings
 * the network onto it.
 */
export async function lookAtJoined(
  { p2pPort, rpc }: JoinsFrom,
  here: ChainHere,
): Promise<string | undefined> {
  if (!(await listens(p2pPort)))
    throw new UserError(
      EXIT.environment,
      `nobody listens at ${HOST}:${p2pPort}`,
      'start the program first, listening for peers there (Core: -regtest -listen=1)',
    )
  if (!rpc) return undefined
  const login = Buffer.from(loginIn(rpc.loginFile)).toString('base64')
  const http = new HttpClient(`http://${HOST}:${rpc.port}`, login, 'Basic')
  try {
    return await remarkOn(http, here)
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(
      EXIT.environment,
      `its RPC at ${HOST}:${rpc.port} does not answer: ${(error as Error).message}`,
      `is it there, and is ${rpc.loginFile} its password?`,
    )
  } finally {
    http.close()
  }
}

async function remarkOn(http: HttpClient, { height, hashAt }: ChainHere): Promise<string | undefined> {
  const { chain, blocks = 0 } = (await ask(http, 'getblockchaininfo')) as {
    readonly chain?: unknown
    readonly blocks?: number
  }
  if (chain !== 'regtest')
    throw new UserError(
      EXIT.environment,
      `the program's chain is ${JSON.stringify(chain)}`,
      'start it on regtest',
    )
  if (blocks <= height || (await ask(http, 'getblockhash', height)) === (await hashAt(height)))
    return undefined
  return `it brings a chain of its own of ${plural(blocks, 'block')}, longer than this network's ${height}: the network will follow it`
}

async function ask(http: HttpClient, method: string, ...params: unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: '1.0', id: 1, method, params })
  const answer = await http.ask({ method: 'POST', path: '/', body, timeoutMs: TIMEOUT_MS })
  if (answer.status === 401) throw new Error('it does not take the password')
  const { result, error } = JSON.parse(answer.body)
  if (error) throw new Error(error.message)
  return result
}

function loginIn(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new UserError(
      EXIT.usage,
      `--cookie: ${(error as Error).message}`,
      'Core writes it into its data folder',
    )
  }
  const [line = ''] = text.split('\n')
  if (/^[^:]+:.+$/.test(line)) return line
  throw new UserError(EXIT.usage, `--cookie: ${file} does not hold user:password`)
}

function listens(port: number): Promise<boolean> {
  return new Promise(done => {
    const socket = createConnection({ host: HOST, port, timeout: TIMEOUT_MS })
    const end = (there: boolean) => {
      socket.destroy()
      done(there)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })
}
