// A node's configuration as tests want it: easy blocks, free ports, a directory of its own.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { BitcoinConfig, ChainSpec, LedgerConfig, NodeConfig } from '../../node/api.ts'
import { PERFECT_LINK } from '../../node/core/link.ts'

export const TOKEN = 'a-token-for-tests-only'

/** Any hash meets its target, so a block costs one hash. */
export const EASY_CHAIN: ChainSpec = {
  network: 'netsplit',
  name: 'host-tests',
  genesisTime: 1_735_689_600,
  blockIntervalMs: 1_000,
  difficulty: { rule: 'fixed' },
  initialBits: 0x207fffff,
  powLimitBits: 0x207fffff,
  checkProofOfWork: true,
  coinbaseMaturity: 10,
  subsidySat: 5_000_000_000,
  halvingInterval: 210_000,
  maxBlockWeight: 4_000_000,
}

/** A directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'netsplit-test-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

type Peers = BitcoinConfig['peers']

/** It keeps to these, and speaks to them as it is told or as it does by default. */
export function fixedPeers(connect: readonly string[] = [], transport?: Peers['transport']): Peers {
  return { connect, mode: 'fixed', maxOutbound: 8, maxConnections: 125, ...(transport && { transport }) }
}

/** What tests change, whichever part of the configuration it lies in. */
export type Changes = Partial<Omit<NodeConfig, 'services'> & Omit<BitcoinConfig, 'ledger'> & LedgerConfig>

export function nodeConfig(directory: string, changes: Changes = {}): NodeConfig {
  const tokenFile = join(directory, 'token')
  writeFileSync(tokenFile, `${TOKEN}\n`, { mode: 0o600 })
  const { chain, mining, relay, strategy, blockBytes, listen, network, peers, ...others } = changes
  return {
    name: 'node-1',
    seed: '0123456789abcdef',
    services: {
      bitcoin: {
        listen: listen ?? { host: '127.0.0.1', port: 0 },
        network: network ?? 'host-tests',
        peers: peers ?? fixedPeers(),
        ledger: {
          chain: chain ?? EASY_CHAIN,
          mining: mining ?? { mode: 'off', hashRateHps: 0, threads: 1 },
          ...(relay && { relay }),
          ...(strategy && { strategy }),
          ...(blockBytes !== undefined && { blockBytes }),
        },
      },
    },
    control: { host: '127.0.0.1', port: 0 },
    tokenFile,
    dataDirectory: join(directory, 'data'),
    ephemeral: false,
    heartbeatTimeoutMs: 0,
    links: { default: PERFECT_LINK, peers: {} },
    eventBuffer: 10_000,
    ...others,
  }
}
