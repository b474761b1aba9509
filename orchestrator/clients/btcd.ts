// btcd, by its command line, configuration file and RPC (btcd 0.23): it has no wallet, and makes blocks by `generate`.

import type { Client } from './client.ts'

/** Nobody's: who mines is named when it starts, and this node's wallet is not known then. A hash of twenty zeros. */
const NOBODY = 'mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8'

/** All connections are from this machine, so that a ban of one would be of all. */
const CONFIGURATION = `[Application Options]
regtest=1
datadir={data}/chain
logdir={data}/logs
listen=127.0.0.1:{p2p}
connect={peer}
nodnsseed=1
nobanning=1
rpclisten=127.0.0.1:{rpc}
rpcuser={user}
rpcpass={password}
notls=1
miningaddr=${NOBODY}
`

/** What it answers in the place of JSON-RPC's code for methods that it has not. */
const UNKNOWN = ['Command unimplemented', 'This implementation does not implement wallet commands']

export const btcd: Client = {
  name: 'btcd',
  about: 'btcd; it has no wallet, and what it mines is nobody’s',
  binary: true,
  wallet: false,
  agent: 'btcd',
  launch: ({ program = 'btcd', args }) => ({
    name: 'btcd',
    argv: [program, '--configfile={data}/btcd.conf', ...args],
    files: { 'btcd.conf': CONFIGURATION },
    rpc: { path: '/', unknown: UNKNOWN },
    mines: true,
    minesBy: 'generate',
    spyLater: true,
  }),
}
