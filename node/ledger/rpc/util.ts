// RPC about addresses, scripts and signed messages, of whomever they are; and about fees.

import { toHex } from '../../bitcoin/wire/hex.ts'
import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import { addressToScript } from '../address.ts'
import { addressError } from '../address-error.ts'
import { decodeWif } from '../descriptor/wif.ts'
import { signerOf, signMessage } from '../message.ts'
import type { LedgerParts } from '../parts.ts'
import { classify, isP2sh, witnessProgramOf } from '../script/kinds.ts'
import { hexBytes, text } from './arguments.ts'
import { decodeScript } from './decode-script.ts'

export function utilRpc(parts: () => LedgerParts): RpcTable {
  return {
    validateaddress: {
      params: ['address'],
      summary: 'Return information about the given bitcoin address.',
      handle: params => validate(parts(), text(params, 0, 'address')),
    },
    decodescript: {
      params: ['hexstring'],
      summary: 'What a script says, and how it is paid to inside of others.',
      handle: params => decodeScript(parts().env.params, hexBytes(params, 0, 'argument')),
    },
    signmessagewithprivkey: {
      params: ['privkey', 'message'],
      summary: 'Signs a text with a private key.',
      handle: params => {
        const { secp } = parts()
        const secret = decodeWif(secp, text(params, 0, 'privkey'))
        if (!secret) throw new RpcError(RPC.invalidAddressOrKey, 'Invalid private key')
        return signMessage(secp, secret.privateKey, text(params, 1, 'message'))
      },
    },
    verifymessage: {
      params: ['address', 'signature', 'message'],
      summary: 'Whether the key of an address signed a text.',
      handle: params => verify(parts(), params),
    },
  }
}

function validate({ env }: LedgerParts, address: string): Record<string, unknown> {
  const script = addressToScript(env.params, address)
  if (!script) {
    const { words, places } = addressError(env.params, address)
    return { isvalid: false, error_locations: places, error: words }
  }
  return { isvalid: true, address, scriptPubKey: toHex(script), ...destination(script) }
}

/** With a script behind the address, and no key alone. */
const SCRIPTS: ReadonlySet<string> = new Set(['p2wsh', 'p2tr', 'anchor'])

/** What kind of place an address is. */
export function destination(script: Uint8Array): Record<string, unknown> {
  const witness = witnessProgramOf(script)
  const { kind } = classify(script)
  return {
    // Nobody knows of a version to come.
    ...(kind !== 'witness' && { isscript: isP2sh(script) || SCRIPTS.has(kind) }),
    iswitness: witness !== undefined,
    ...(witness &&
      kind !== 'anchor' && { witness_version: witness.version, witness_program: toHex(witness.program) }),
  }
}

function verify({ env, secp }: LedgerParts, params: readonly unknown[]): boolean {
  const script = addressToScript(env.params, text(params, 0, 'address'))
  if (!script) throw new RpcError(RPC.invalidAddressOrKey, 'Invalid address')
  const kind = classify(script)
  if (kind.kind !== 'p2pkh') throw new RpcError(RPC.typeError, 'Address does not refer to key')
  const signer = signerOf(secp, text(params, 1, 'signature'), text(params, 2, 'message'))
  if (signer === 'malformed') throw new RpcError(RPC.typeError, 'Malformed base64 encoding')
  return signer !== undefined && toHex(signer) === toHex(kind.hash)
}
