// Bitcoin Core and its forks, by Core's command line, configuration file and RPC (bitcoin.conf of Core 28).

import type { Client } from './client.ts'

/** Its first block ends what it takes for the initial download, however old the chain. */
const CONFIGURATION = `regtest=1
fallbackfee=0.0002
[regtest]
server=1
port={p2p}
bind=127.0.0.1:{p2p}
rpcport={rpc}
rpcbind=127.0.0.1
rpcallowip=127.0.0.1
rpcuser={user}
rpcpassword={password}
listen=1
connect={peer}
dnsseed=0
fixedseeds=0
discover=0
listenonion=0
natpmp=0
v2transport=0
`

const FILTERS = ['-blockfilterindex=1', '-peerblockfilters=1']

export const bitcoind: Client = {
  name: 'bitcoind',
  about: 'Bitcoin Core and its forks (any binary that takes Core’s command line)',
  binary: true,
  wallet: true,
  agent: 'Satoshi',
  launch: ({ program = 'bitcoind', args, filters }) => ({
    name: 'bitcoind',
    argv: [program, '-datadir={data}', ...(filters ? FILTERS : []), ...args],
    files: { 'bitcoin.conf': CONFIGURATION },
    rpc: { path: '/' },
    // Loaded again at the next start, when there is one of that name already.
    setup: [['createwallet', 'netsplit', false, false, '', false, true, true]],
    mines: true,
    wallet: true,
  }),
}
