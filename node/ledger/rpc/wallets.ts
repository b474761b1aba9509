// RPC about which wallets there are: made, loaded, let go, put into a file and taken from one.

import { RPC, RpcError, type RpcTable } from '../../core/service.ts'
import type { LedgerParts } from '../parts.ts'
import { flag, given, text } from './arguments.ts'

export function walletsRpc(parts: () => LedgerParts): RpcTable {
  return {
    listwallets: {
      params: [],
      summary: 'The names of the wallets that are loaded; the plan’s is empty.',
      handle: () => parts().wallets.loaded.map(({ name }) => name),
    },
    listwalletdir: {
      params: [],
      summary: 'The wallets of this node, loaded or not.',
      handle: () => ({ wallets: parts().wallets.names.map(name => ({ name })) }),
    },
    createwallet: {
      params: [
        'wallet_name',
        'disable_private_keys?',
        'blank?',
        'passphrase?',
        'avoid_reuse?',
        'descriptors?',
        'load_on_startup?',
        'external_signer?',
      ],
      summary: 'Makes a wallet of descriptors, and loads it.',
      handle: params => create(parts(), params),
    },
    loadwallet: {
      params: ['filename', 'load_on_startup?'],
      summary: 'Loads a wallet of this node by its name.',
      handle: params => {
        const { name } = parts().wallets.load(text(params, 0, 'filename'), optionalFlag(params, 1))
        return { name }
      },
    },
    unloadwallet: {
      params: ['wallet_name?', 'load_on_startup?'],
      summary: 'Lets a wallet go: no call asks it any more. The plan’s still gets what its node mines.',
      handle: (params, _, path) => {
        const named = given(params, 0) ? text(params, 0, 'wallet_name') : undefined
        // The plan's path names no other: the controller takes it for every call.
        if (path && named !== undefined && path !== named)
          throw new RpcError(
            RPC.invalidParameter,
            'RPC endpoint wallet and wallet_name parameter specify different wallets',
          )
        const name = named ?? path ?? text(params, 0, 'wallet_name')
        parts().wallets.unload(name, optionalFlag(params, 1))
        return {}
      },
    },
    backupwallet: {
      params: ['destination'],
      summary: 'Writes a wallet into a file in the node’s folder.',
      differs: 'the file is of a form of its own, and lies in the node’s folder',
      handle: (params, _, path) => {
        const bytes = parts().wallets.backup(parts().wallets.select(path).name)
        const failure = filesOf(parts()).write(text(params, 0, 'destination'), bytes)
        if (failure !== undefined) throw new RpcError(RPC.wallet, `Error: Wallet backup failed! ${failure}`)
        return null
      },
    },
    restorewallet: {
      params: ['wallet_name', 'backup_file', 'load_on_startup?'],
      summary: 'Makes a wallet of such a file, and loads it.',
      differs: 'reads files of backupwallet in the node’s folder',
      handle: params => {
        const bytes = filesOf(parts()).read(text(params, 1, 'backup_file'))
        if (!bytes) throw new RpcError(RPC.invalidParameter, 'Backup file does not exist')
        const { name } = parts().wallets.restore(
          text(params, 0, 'wallet_name'),
          bytes,
          optionalFlag(params, 2),
        )
        return { name }
      },
    },
    migratewallet: {
      params: ['wallet_name?', 'passphrase?'],
      summary: 'Makes a descriptor wallet of an old one: there are none.',
      handle: (params, _, path) => {
        parts().wallets.select(path ?? (given(params, 0) ? text(params, 0, 'wallet_name') : undefined))
        throw new RpcError(RPC.wallet, 'Error: This wallet is already a descriptor wallet')
      },
    },
    enumeratesigners: {
      params: [],
      summary: 'External signers: there are none.',
      handle: () => {
        throw new RpcError(RPC.misc, 'Error: restart bitcoind with -signer=<cmd>')
      },
    },
  }
}

function create({ wallets }: LedgerParts, params: readonly unknown[]): Record<string, unknown> {
  const name = text(params, 0, 'wallet_name')
  const passphrase = given(params, 3) ? text(params, 3, 'passphrase') : undefined
  const flags = {
    privateKeys: !flag(params, 1, false),
    blank: flag(params, 2, false),
    avoidReuse: flag(params, 4, false),
  }
  if (!flag(params, 5, true))
    throw new RpcError(
      RPC.wallet,
      'BDB wallet creation is deprecated and will be removed in a future release. In this release it can be re-enabled temporarily with the -deprecatedrpc=create_bdb setting.',
    )
  if (flag(params, 7, false))
    throw new RpcError(
      RPC.wallet,
      'Compiled without external signing support (required for external signing)',
    )
  wallets.create(name, flags, passphrase ?? '', optionalFlag(params, 6))
  const warnings =
    passphrase === '' ? ['Empty string given as passphrase, wallet will not be encrypted.'] : []
  return { name, ...(warnings.length > 0 && { warnings }) }
}

function optionalFlag(params: readonly unknown[], index: number): boolean | undefined {
  return given(params, index) ? flag(params, index, false) : undefined
}

function filesOf({ files }: LedgerParts): NonNullable<LedgerParts['files']> {
  if (!files) throw new RpcError(RPC.wallet, 'This node has no folder to put files into')
  return files
}
