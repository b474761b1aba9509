// Which of Core's options this stand-in knows: those that it honours, and those that change nothing that can be seen here. All
// others it refuses, as Core refuses what it does not know: a node that passed over them would not be what was asked for.

import { type Settings, SettingsError } from './settings.ts'

const words = (text: string) => text.trim().split(/\s+/)

/** What settings.ts, credentials.ts, node-config.ts and main.ts read. */
const HONOURED = words(`
  addnode bind blockfilterindex blocksonly chain conf connect datadir debug debugexclude debuglogfile listen maxconnections mocktime networkactive pid
  peerblockfilters peertimeout port regtest rest rpcauth rpcbind rpcpassword rpcport rpcuser server uacomment whitebind
  whitelist whitelistforcerelay whitelistrelay txindex includeconf rpcwhitelist rpcwhitelistdefault rpccookieperms rpcworkqueue rpcthreads coinstatsindex bantime minimumchainwork maxtipage testactivationheight
`)

/** How fast, how safe, how much of it is told, or about what there is nothing of here; `txindex`: every transaction is found. */
const WITHOUT_EFFECT = words(`
  acceptnonstdtxn datacarrier datacarriersize permitbaremultisig minrelaytxfee mempoolfullrbf persistmempool maxmempool limitancestorcount limitancestorsize limitdescendantcount limitdescendantsize blockmaxweight blockmintxfee bytespersigop dustrelayfee mempoolexpiry acceptstalefeeestimates peerbloomfilters
  allowignoredconf asmap assumevalid blocksxor blockversion capturemessages checkaddrman checkblockindex checkblocks checklevel
  checkmempool dbcache deprecatedrpc disablewallet discover dns dnsseed externalip fallbackfee fixedseeds
  forcednsseed i2pacceptincoming keypool listenonion logips loglevel logsourcelocations logthreadnames logtimemicros
  logtimestamps maxreceivebuffer maxsendbuffer natpmp par printpriority printtoconsole rpcallowip
  rpcdoccheck rpcservertimeout settings shrinkdebugfile timeout unsafesqlitesync upnp v2transport
`)

/** Throws for what cannot be had. */
export function checkOptions(settings: Settings): void {
  const unknown = settings.names().find(name => !HONOURED.includes(name) && !WITHOUT_EFFECT.includes(name))
  if (unknown !== undefined)
    throw new SettingsError(`Error parsing command line arguments: Invalid parameter -${unknown}`)
}
