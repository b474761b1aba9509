// One seed, one leecher, over loopback and without shaping: ours and libtorrent (2.0, version 2 torrents, over TCP, in the clear),
// every pair of them. Both are processes of their own; the time is from the moment at which the leecher is told of the magnet link
// and of the seed until it has verified all of it, asked every few milliseconds. In turns, so that all meet the same machine.

import { type ChildProcess, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NodeConfig } from '../../node/api.ts'
import { PERFECT_LINK } from '../../node/core/link.ts'
import { Libtorrent, PYTHON } from '../support/libtorrent.ts'
import { writeContent } from '../support/torrent-content.ts'
import { readyOf, start, TOKEN } from './ibd.ts'
import { numberOption } from './options.ts'
import { type BenchResult, machine, median } from './result.ts'

const KINDS = ['ours', 'libtorrent'] as const
type Kind = (typeof KINDS)[number]
const NAME = 'film'
const PIECE_BYTES = 262_144
const POLL_MS = 5
const TIMEOUT_MS = 120_000

/** A program with one torrent. */
interface Peer {
  readonly address: string
  readonly magnet: string
  complete(): Promise<boolean>
  stop(): Promise<void>
}

/** `--size`: MB of content; `--rounds`: of all pairs, after one to warm up. */
export async function run(args: readonly string[]): Promise<BenchResult> {
  const [megabytes, rounds] = [numberOption(args, 'size', 200), numberOption(args, 'rounds', 5)]
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-bench-'))
  const pairs = KINDS.flatMap(seed => KINDS.map(leecher => ({ seed, leecher, rates: [] as number[] })))
  try {
    writeFileSync(join(folder, 'token'), TOKEN)
    const bytes = megabytes * 1_000_000 - 321 // the last block is a short one
    // Two: libtorrent takes a folder with one file for that file.
    writeContent(join(folder, 'content'), NAME, [
      { path: 'film.bin', length: bytes - 1_000 },
      { path: 'words.txt', length: 1_000 },
    ])
    for (let round = 0; round <= rounds; round++)
      for (const pair of round % 2 ? pairs : pairs.toReversed()) {
        const ms = await transfer(folder, pair.seed, pair.leecher)
        if (round > 0) pair.rates.push(bytes / 1000 / ms)
      }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const rate = (seed: Kind, leecher: Kind) =>
    median(pairs.find(pair => pair.seed === seed && pair.leecher === leecher)?.rates ?? [])
  return {
    bench: 'swarm',
    machine: machine(libtorrentVersion()),
    rows: pairs.map(({ seed, leecher }) => ({
      subject: `${seed} to ${leecher}`,
      value: rate(seed, leecher),
      unit: 'MB/s',
    })),
    ratios: {
      'ours/libtorrent': rate('ours', 'ours') / rate('libtorrent', 'libtorrent'),
      'to libtorrent, ours/libtorrent': rate('ours', 'libtorrent') / rate('libtorrent', 'libtorrent'),
      'from libtorrent, ours/libtorrent': rate('libtorrent', 'ours') / rate('libtorrent', 'libtorrent'),
    },
  }
}

function libtorrentVersion(): string {
  const version = ['-c', 'import libtorrent; print(libtorrent.__version__)']
  return `libtorrent ${execFileSync(PYTHON, version, { encoding: 'utf8' }).trim()}`
}

async function transfer(folder: string, seedKind: Kind, leecherKind: Kind): Promise<number> {
  const at = join(folder, 'leecher')
  mkdirSync(at, { recursive: true })
  const seed = await (seedKind === 'ours' ? ourSeed(folder) : libtorrentSeed(folder))
  try {
    const begin = await (leecherKind === 'ours' ? ourLeecher : libtorrentLeecher)(at, folder, seed)
    try {
      return await begin()
    } finally {
      await begin.stop()
    }
  } finally {
    await seed.stop()
    rmSync(at, { recursive: true, force: true })
    rmSync(join(folder, 'seed'), { recursive: true, force: true })
  }
}

/** Begins the transfer, and gives how long it took. */
interface Leecher {
  (): Promise<number>
  stop(): Promise<void>
}

function leecherOf(begin: () => Promise<() => Promise<boolean>>, stop: () => Promise<void>): Leecher {
  const transfers = async () => {
    const startMs = performance.now()
    const complete = await begin()
    while (!(await complete())) {
      if (performance.now() - startMs > TIMEOUT_MS) throw new Error('the transfer does not end')
      await new Promise(resolve => setTimeout(resolve, POLL_MS))
    }
    return performance.now() - startMs
  }
  return Object.assign(transfers, { stop })
}

// ---- libtorrent

async function libtorrentSeed(folder: string): Promise<Peer> {
  const session = await Libtorrent.start()
  const path = join(folder, 'content', NAME)
  const { torrent, magnet } = await session.create({ path, version: 'v2', pieceLength: PIECE_BYTES })
  const seeding = await session.add({ torrent }, join(folder, 'content'), { seed: true })
  const complete = async () => (await seeding.status()).seeding
  while (!(await complete())) await new Promise(resolve => setTimeout(resolve, POLL_MS))
  return { address: session.address, magnet, complete, stop: () => session.stop() }
}

async function libtorrentLeecher(at: string, _folder: string, seed: Peer): Promise<Leecher> {
  const session = await Libtorrent.start()
  const begin = async () => {
    const torrent = await session.add({ magnet: seed.magnet }, at, { peers: [seed.address] })
    return async () => (await torrent.status()).seeding
  }
  return leecherOf(begin, () => session.stop())
}

// ---- ours

interface Ours {
  readonly address: string
  rpc<T>(method: string, ...params: readonly unknown[]): Promise<T>
  stop(): Promise<void>
}

async function ourSeed(folder: string): Promise<Peer> {
  const node = await ourNode(folder, join(folder, 'seed'))
  const from = join(folder, 'content', NAME)
  const asked = { name: NAME, pieceLength: PIECE_BYTES, version: 'v2', from }
  const { magnet } = await node.rpc<{ magnet: string }>('createtorrent', asked)
  return { address: node.address, magnet, complete: async () => true, stop: node.stop }
}

async function ourLeecher(at: string, folder: string, seed: Peer): Promise<Leecher> {
  const node = await ourNode(folder, at)
  const begin = async () => {
    const peers = [seed.address]
    const { content } = await node.rpc<{ content: string }>('addtorrent', seed.magnet, { peers })
    return async () => (await node.rpc<{ complete: boolean }>('gettorrent', content)).complete
  }
  return leecherOf(begin, node.stop)
}

async function ourNode(folder: string, dataDirectory: string): Promise<Ours> {
  const child = start(folder, configOf(folder, dataDirectory))
  const { ports, control } = await readyOf(child)
  return {
    address: ports.bittorrent ?? '',
    rpc: async (method, ...params) => {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
      const headers = { authorization: `Bearer ${TOKEN}` }
      const answer = await (await fetch(`${control}/rpc`, { method: 'POST', headers, body })).json()
      const { result, error } = answer as { result: never; error?: { message: string } }
      if (error) throw new Error(`${method}: ${error.message}`)
      return result
    },
    stop: () => ended(child),
  }
}

function ended(child: ChildProcess): Promise<void> {
  const exited = new Promise<void>(resolve => child.once('exit', () => resolve()))
  child.kill('SIGKILL')
  return child.exitCode === null && child.signalCode === null ? exited : Promise.resolve()
}

function configOf(folder: string, dataDirectory: string): NodeConfig {
  return {
    name: dataDirectory.split('/').at(-1) ?? '',
    seed: Buffer.from(dataDirectory).toString('hex'),
    services: { bittorrent: { listen: { host: '127.0.0.1', port: 0 }, connect: [] } },
    control: { host: '127.0.0.1', port: 0 },
    tokenFile: join(folder, 'token'),
    dataDirectory,
    ephemeral: false,
    heartbeatTimeoutMs: 0,
    links: { default: PERFECT_LINK, peers: {} },
    eventBuffer: 1_000,
  } as NodeConfig
}
