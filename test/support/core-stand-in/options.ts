// Which of Core's options this stand-in knows: those that it honours, and those that change nothing that can be seen here. All
// others it refuses, as Core refuses what it does not know: a node that passed over them would not be what was asked for.

import { POLICY_OPTIONS } from './policy-flags.ts'
import { type Settings, SettingsError } from './settings.ts'
import { WALLET_OPTIONS } from './wallet-flags.ts'

const words = (text: string) => text.trim().split(/\s+/)

/** What settings.ts, credentials.ts, node-config.ts and main.ts read; policy-flags.ts and wallet-flags.ts have more. */
const HONOURED = words(`
  addnode bantime bind blockfilterindex blocksonly chain conf connect datadir debug debugexclude debuglogfile includeconf listen
  loglevel maxconnections maxtipage minimumchainwork mocktime networkactive peerblockfilters peertimeout pid port regtest rest
  rpcauth rpcbind rpccookieperms rpcpassword rpcport rpcservertimeout rpcthreads rpcuser rpcwhitelist rpcwhitelistdefault rpcworkqueue server
  testactivationheight txindex uacomment v2transport whitebind whitelist whitelistforcerelay whitelistrelay
`)

/**
 * How fast, how safe, how much of it is told, or about what there is nothing of here: other networks, their proxies, names that are
 * looked up, a database to rebuild, wallets in files.
 */
const WITHOUT_EFFECT = words(`
  acceptstalefeeestimates allowignoredconf asmap assumevalid avoidpartialspends blocksxor  capturemessages
  checkaddrman checkblockindex checkblocks checklevel checkmempool dbcache deprecatedrpc disablewallet discover dns dnsseed
  externalip fixedseeds forcednsseed i2pacceptincoming listenonion logips logsourcelocations logthreadnames
  logtimemicros logtimestamps maxreceivebuffer maxsendbuffer natpmp par peerbloomfilters printpriority printtoconsole
  rpcallowip rpcdoccheck settings shrinkdebugfile timeout unsafesqlitesync upnp walletbroadcast
`)

/** Throws for what cannot be had. */
export function checkOptions(settings: Settings): void {
  const known = new Set([...HONOURED, ...POLICY_OPTIONS, ...WALLET_OPTIONS, ...WITHOUT_EFFECT])
  const unknown = settings.names().find(name => !known.has(name))
  if (settings.flag('peerbloomfilters', false)) throw new SettingsError('this stand-in has no Bloom filters')
  if (unknown !== undefined)
    throw new SettingsError(`Error parsing command line arguments: Invalid parameter -${unknown}`)
}
