// RPC of Core's older wallets, which had keys without descriptors: a wallet of descriptors refuses it, and so do all here.

import { RPC, RpcError, type RpcTable } from '../../core/service.ts'

const PARAMS: { readonly [method: string]: readonly string[] } = {
  addmultisigaddress: ['nrequired', 'keys', 'label?', 'address_type?'],
  dumpwallet: ['filename'],
  importaddress: ['address', 'label?', 'rescan?', 'p2sh?'],
  importmulti: ['requests', 'options?'],
  importprivkey: ['privkey', 'label?', 'rescan?'],
  importpubkey: ['pubkey', 'label?', 'rescan?'],
  importwallet: ['filename'],
  newkeypool: [],
  sethdseed: ['newkeypool?', 'seed?'],
}

export function legacyRpc(): RpcTable {
  return Object.fromEntries(
    Object.entries(PARAMS).map(([name, params]) => [
      name,
      {
        params,
        summary: 'For wallets without descriptors, of which there are none.',
        handle: given => {
          if (given[params.indexOf('label?')] === '*')
            throw new RpcError(RPC.walletInvalidLabel, 'Invalid label name')
          throw onlyLegacy()
        },
      },
    ]),
  )
}

export function onlyLegacy(): RpcError {
  return new RpcError(RPC.wallet, 'Only legacy wallets are supported by this command')
}
