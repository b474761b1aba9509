// RPC that mines on demand: blocks for an address or a descriptor, or one block of chosen transactions.

import { encode } from '../../bitcoin/wire/codec.ts'
import { type HashHex, toHex } from '../../bitcoin/wire/hex.ts'
import { LATER, type Respond, RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { addressToScript } from '../address.ts'
import { blockCodec } from '../chain/block.ts'
import { txCodec } from '../chain/tx.ts'
import type { Tx } from '../chain/types.ts'
import { type Descriptor, parseDescriptor } from '../descriptors.ts'
import type { LedgerParts } from '../parts.ts'
import { array, decoded, flag, given, integer, text } from './arguments.ts'

const MAX_GENERATED = 10_000

export function generateRpc(parts: () => LedgerParts): RpcTable {
  return {
    generate: {
      params: [],
      summary: '',
      replaced:
        'generate\n\nhas been replaced by the -generate cli option. Refer to -help for more information.\n',
      handle: () => null,
    },
    generatetoaddress: {
      params: ['nblocks', 'address', 'maxtries?'],
      summary:
        'Mines blocks at once, without regard to the budget; their hashes. Tries until they are found.',
      hidden: true,
      differs: 'maxtries is not heeded',
      handle: (params, respond) => {
        const script = addressToScript(parts().env.params, text(params, 1, 'address'))
        if (!script) throw new RpcError(RPC.invalidAddressOrKey, 'Error: Invalid address')
        return generate(parts(), params, script, respond)
      },
    },
    generatetodescriptor: {
      params: ['num_blocks', 'descriptor', 'maxtries?'],
      summary: 'Mines blocks at once that pay to a descriptor; their hashes.',
      hidden: true,
      differs: 'maxtries is not heeded',
      handle: (params, respond) =>
        generate(parts(), params, scriptOf(parts(), text(params, 1, 'descriptor')), respond),
    },
    generateblock: {
      params: ['output', 'transactions', 'submit?'],
      summary:
        'Mines a block of chosen transactions (ids of the mempool, or in hex) that pays to an address or a descriptor.',
      hidden: true,
      handle: (params, respond) => generateBlock(parts(), params, respond),
    },
  }
}

function scriptOf({ env, secp }: LedgerParts, descriptor: string): Uint8Array {
  return oneScript(parseDescriptor(env.params, secp, descriptor))
}

/** The script to mine to; of a `combo` the key's hash, in a witness where it can be, as Core takes it. */
function oneScript(parsed: Descriptor): Uint8Array {
  if (parsed.isRange)
    throw new RpcError(
      RPC.invalidParameter,
      'Ranged descriptor not accepted. Maybe pass through deriveaddresses first?',
    )
  const scripts = parsed.at(0)?.scripts
  if (!scripts) throw new RpcError(RPC.invalidAddressOrKey, 'Cannot derive script without private keys')
  return (scripts[2] ?? scripts[1] ?? scripts[0]) as Uint8Array
}

function generate(
  { mining }: LedgerParts,
  params: readonly unknown[],
  script: Uint8Array,
  respond: Respond,
): unknown {
  const count = integer(params, 0, 'nblocks')
  if (count < 0 || count > MAX_GENERATED)
    throw new RpcError(RPC.invalidParameter, `nblocks must be from 0 to ${MAX_GENERATED}`)
  if (given(params, 2)) integer(params, 2, 'maxtries')
  mining.generate(script, count, respond)
  return LATER
}

function generateBlock(parts: LedgerParts, params: readonly unknown[], respond: Respond): unknown {
  const output = text(params, 0, 'output')
  const script = addressToScript(parts.env.params, output) ?? descriptorOr(parts, output)
  const wanted = array(params, 1, 'transactions')
  const only = wanted.map((_, index) => transactionOf(parts, wanted, index))
  const submit = flag(params, 2, true)
  parts.mining.generateOne(script, { only, submit }, outcome => {
    if ('error' in outcome) return respond(outcome)
    const hash: HashHex = outcome.block.hash
    respond({ result: submit ? { hash } : { hash, hex: toHex(encode(blockCodec, outcome.block)) } })
  })
  return LATER
}

function descriptorOr({ env, secp }: LedgerParts, text: string): Uint8Array {
  let parsed: Descriptor
  try {
    parsed = parseDescriptor(env.params, secp, text)
  } catch (error) {
    if (!(error instanceof RpcError)) throw error
    throw new RpcError(RPC.invalidAddressOrKey, 'Error: Invalid address or descriptor')
  }
  return oneScript(parsed)
}

function transactionOf({ env }: LedgerParts, wanted: readonly unknown[], index: number): Tx {
  const said = text(wanted, index, 'transaction')
  if (!/^[0-9a-f]{64}$/i.test(said))
    return decoded(wanted, index, txCodec, `Transaction decode failed for ${said}`)
  const entry = env.mempool.get(said.toLowerCase())
  if (!entry) throw new RpcError(RPC.invalidAddressOrKey, `Transaction ${said} not in mempool.`)
  return entry.tx
}
