// Core's options as a node's configuration.

import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { NodeConfig } from '../../../node/api.ts'
import { PERFECT_LINK } from '../../../node/core/link.ts'
import { BURIED, type Buried } from '../../../node/ledger/consensus/deployment.ts'
import { usualVersionBits } from '../../../node/ledger/consensus/rules.ts'
import { REGTEST_SPEC } from '../../../node/params.ts'
import { policyOf } from './policy-flags.ts'
import { type Settings, SettingsError } from './settings.ts'
import { walletsOf } from './wallet-flags.ts'
import { bindOf, grantsOf } from './whitelist.ts'

const P2P_PORT = 18_444
const RPC_PORT = 18_443
/** Of its connections Core keeps so many for those that it opens itself: full, for blocks alone, and one to try addresses. */
const OWN_CONNECTIONS = 11
const OWN_FOR_LONG = 10
const USUAL_TIMEOUT_SECONDS = 60
const USUAL_CONNECTIONS = 125

/** Core's names for the folders of a data directory: what lies elsewhere is not copied with a chain. */
export function foldersOf(settings: Settings) {
  const datadir = resolve(settings.text('datadir') ?? '.')
  if (!existsSync(datadir))
    throw new SettingsError(`Specified data directory "${settings.text('datadir')}" does not exist.`)
  const network = join(datadir, 'regtest')
  return { datadir, network, chain: join(network, 'chainstate'), wallets: join(network, 'wallets') }
}

export function nodeConfig(settings: Settings): NodeConfig {
  if (settings.flag('peerblockfilters', false) && !settings.flag('blockfilterindex', false))
    throw new SettingsError('Cannot set -peerblockfilters without -blockfilterindex.')
  const { network, chain, wallets } = foldersOf(settings)
  for (const folder of [chain, wallets, join(network, 'blocks')]) mkdirSync(folder, { recursive: true })
  const connect = settings.texts('connect').map(each => withPort(each))
  const own = settings.has('connect') ? [] : settings.texts('addnode').map(each => withPort(each))
  const most = settings.number('maxconnections') ?? USUAL_CONNECTIONS
  return {
    name: 'bitcoind',
    seed: seedIn(network),
    services: {
      bitcoin: {
        listen: listenAt(settings),
        network: 'regtest',
        peers: {
          connect: [...connect, ...own],
          // Addresses are passed on whether or not any are dialled.
          mode: 'discovered',
          maxOutbound: settings.has('connect') ? 0 : OWN_FOR_LONG,
          maxConnections: Math.max(0, most - OWN_CONNECTIONS) + (settings.has('connect') ? 0 : OWN_FOR_LONG),
          anonymous: true,
          grants: grantsOf(settings),
          transport: settings.flag('v2transport', true) ? 'v2' : 'v1',
          blocksOnly: settings.flag('blocksonly', false),
          ...(settings.has('bantime') && { banSeconds: settings.number('bantime') ?? 0 }),
          timeoutMs: 1000 * (settings.number('peertimeout') ?? USUAL_TIMEOUT_SECONDS),
        },
        userAgentComments: settings.texts('uacomment'),
        ledger: {
          chain: REGTEST_SPEC,
          mining: { mode: 'off', hashRateHps: 0, threads: 1 },
          blockFilters: settings.flag('blockfilterindex', false),
          ownFilters: !settings.flag('peerblockfilters', false),
          txIndex: settings.flag('txindex', false),
          tellsNewcomers: false,
          versionBits: { ...usualVersionBits(REGTEST_SPEC), buried: buriedHeights(settings) },
          policy: policyOf(settings),
          // Core starts with those that its settings name: here nothing names any.
          wallets: { loaded: false, ...walletsOf(settings) },
          ...(settings.has('minimumchainwork') && { leastChainWork: workOf(settings) }),
          ...(settings.has('maxtipage') && { maxTipAgeMs: 1000 * (settings.number('maxtipage') ?? 0) }),
        },
      },
    },
    control: { host: '127.0.0.1', port: settings.number('rpcport') ?? RPC_PORT },
    tokenFile: '',
    dataDirectory: chain,
    ephemeral: false,
    heartbeatTimeoutMs: 0,
    links: { default: PERFECT_LINK, peers: {} },
    eventBuffer: 1_000,
    log: 'debug',
  }
}

/** The first that is no onion's; a node that does not listen takes a port that nobody knows of. */
function listenAt(settings: Settings): { readonly host: string; readonly port: number } {
  const bound = [...settings.texts('bind'), ...settings.texts('whitebind')]
  if (!settings.flag('listen', true)) {
    if (bound.length > 0) throw new SettingsError('Cannot set -bind or -whitebind together with -listen=0')
    return { host: '127.0.0.1', port: 0 }
  }
  const binds = [...settings.texts('bind'), ...settings.texts('whitebind').map(bindOf)]
  const port = settings.number('port') ?? P2P_PORT
  const bind = binds.find(each => !each.endsWith('=onion'))
  if (bind === undefined) return { host: '0.0.0.0', port }
  const [, host = bind, named] = /^(.*?)(?::(\d+))?$/.exec(bind.replace(/=.*/, '')) ?? []
  return { host, port: named === undefined ? port : Number(named) }
}

/** `segwit@432`: from there on in force. */
function buriedHeights(settings: Settings): Partial<Record<Buried, number>> {
  return Object.fromEntries(
    settings.texts('testactivationheight').map(text => {
      const [, name, height] = /^(\w+)@(\d+)$/.exec(text) ?? []
      if (height === undefined)
        throw new SettingsError(`Invalid format (${text}) for -testactivationheight=name@height.`)
      if (!BURIED.some(rule => rule === name))
        throw new SettingsError(`Invalid name (${text}) for -testactivationheight=name@height.`)
      return [name, Number(height)]
    }),
  )
}

function workOf(settings: Settings): string {
  const text = settings.text('minimumchainwork') ?? ''
  const [, digits] = /^(?:0x)?([0-9a-f]{1,64})$/i.exec(text) ?? []
  if (digits === undefined)
    throw new SettingsError(`Invalid non-hex (${text}) minimum chain work value specified`)
  return digits
}

function withPort(address: string): string {
  return /:\d+$/.test(address) ? address : `${address}:${P2P_PORT}`
}

/** Drawn once a data directory: its keys are made of it. */
function seedIn(folder: string): string {
  const file = join(folder, 'seed')
  if (!existsSync(file)) writeFileSync(file, createHash('sha256').update(randomBytes(32)).digest('hex'))
  return readFileSync(file, 'utf8')
}
