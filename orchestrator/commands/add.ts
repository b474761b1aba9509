// `netsplit add`: a new node joins the running network.

import { EXIT, type ExitCode, UserError } from '../errors.ts'
import { parseHashRateHps } from '../spec/units.ts'
import type { Options } from './command.ts'
import { openNetwork } from './orders.ts'
import { print, waitingFor } from './say.ts'

export async function run(args: readonly string[], options: Options): Promise<ExitCode> {
  const hashRateHps = readHashRate(options.hashRate)
  const { group, newGroup } = options
  if (group !== undefined && newGroup !== undefined)
    throw new UserError(EXIT.usage, '--group is one that there is, --new-group one that there is not')
  const testnet = await openNetwork(options)
  try {
    const name = await waitingFor(
      'joining …',
      testnet.add({
        ...(args[0] !== undefined && { name: args[0] }),
        ...(typeof group === 'string' && { group }),
        ...(typeof newGroup === 'string' && { group: newGroup, newGroup: true }),
        ...(hashRateHps !== undefined && { hashRateHps }),
      }),
    )
    const { network } = testnet.plan
    const when = testnet.state().time === 'stands' ? ', and dials when time goes on' : ''
    print(options, { network, node: name }, () => [
      `${name} has joined ${network}${when}; netsplit logs ${name} -f follows it`,
    ])
    return EXIT.ok
  } finally {
    testnet.close()
  }
}

function readHashRate(text: string | boolean | undefined): number | undefined {
  if (typeof text !== 'string') return undefined
  const hashRateHps = parseHashRateHps(text)
  if (hashRateHps !== undefined) return hashRateHps
  throw new UserError(
    EXIT.usage,
    `--hash-rate: ${JSON.stringify(text)} is not a hash rate`,
    'such as 200kH/s or 1.5MH/s',
  )
}
