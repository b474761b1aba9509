// bcoin, as npm has it (1.0.2): started by a few lines of ours that put right what keeps it off today's regtest.

import type { Client } from './client.ts'

/**
 * Node's own loader finds its packages beside the folder that is given. Its database is compiled at installation, which is not
 * needed for a chain in memory; and its regtest waits for segwit, which Core's has from the first block: without it, it takes the
 * first block with a witness for an offence. Its addresses are older than Core's. It has no taproot, and lets all such spends be.
 */
const START = `'use strict'
const path = require('node:path')
const Module = require('node:module')
const folder = path.resolve(process.argv[2])
process.argv.splice(1, 2, path.join(folder, 'bin', 'node'))
const load = Module._load
Module._load = function (request, ...rest) {
  if (request === 'leveldown') return class {}
  return load.call(this, request, ...rest)
}
const own = Module.createRequire(path.join(folder, 'package.json'))
Object.assign(own('./lib/protocol/networks.js').regtest.addressPrefix, { pubkeyhash: 0x6f, scripthash: 0xc4, bech32: 'bcrt' })
const Chain = own('./lib/blockchain/chain.js')
const { thresholdStates } = own('./lib/blockchain/common.js')
const getState = Chain.prototype.getState
Chain.prototype.getState = async function (prev, deployment) {
  if (deployment.name === 'csv' || deployment.name === 'segwit') return thresholdStates.ACTIVE
  return getState.call(this, prev, deployment)
}
own('./bin/node')
`

/** Where its own Dockerfile puts the package. */
const IN_ITS_IMAGE = '/code'

export const bcoin: Client = {
  name: 'bcoin',
  about: 'bcoin of npm; program is the folder of the package, such as node_modules/bcoin',
  binary: false,
  wallet: false,
  agent: 'bcoin',
  dials: true,
  forgets: true,
  replaces: false,
  launch: ({ image, program = image === undefined ? 'bcoin' : IN_ITS_IMAGE, args }) => ({
    name: 'bcoin',
    argv: [
      ...(['{node}', '{data}/start.cjs', program, '--network=regtest', '--prefix={data}/chain'] as const),
      ...['--memory=true', '--no-wallet=true', '--workers=false', '--log-level=warning'],
      ...['--listen=true', '--host=127.0.0.1', '--port={p2p}', '--only={peers}'],
      ...['--http-host=127.0.0.1', '--http-port={rpc}', '--api-key={password}', ...args],
    ],
    env: { NODE_BACKEND: 'js' },
    files: { 'start.cjs': START },
    rpc: { path: '/' },
    mines: true,
  }),
}
