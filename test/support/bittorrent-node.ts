// A real node with a BitTorrent peer and nothing else, in a process of its own.

import { randomBytes } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { NodeConfig } from '../../node/api.ts'
import type { BittorrentHealth, ContentHealth } from '../../node/bittorrent/events.ts'
import type { BittorrentConfig } from '../../node/bittorrent/options.ts'
import type { Version } from './libtorrent.ts'
import { nodeConfig, temporaryDirectory } from './node-config.ts'
import { RunningNode } from './node-process.ts'
import { until } from './until.ts'

/** What `createtorrent` answers. */
export interface Made {
  readonly content: string
  readonly magnet: string
  readonly infoHashV1?: string
  readonly infoHashV2?: string
  readonly pieces: number
  readonly bytes: number
}

type Settings = Partial<Omit<BittorrentConfig, 'listen'>>

export function bittorrentConfig(settings: Settings = {}, changes: Partial<NodeConfig> = {}): NodeConfig {
  const bittorrent = { listen: { host: '127.0.0.1', port: 0 }, connect: [], ...settings }
  // Of one seed they would all take each other for themselves.
  const seed = randomBytes(8).toString('hex')
  return { ...nodeConfig(temporaryDirectory(), { seed }), services: { bittorrent }, ...changes } as NodeConfig
}

export class BittorrentNode {
  readonly node: RunningNode

  private constructor(node: RunningNode) {
    this.node = node
  }

  static async start(settings?: Settings, changes?: Partial<NodeConfig>): Promise<BittorrentNode> {
    return new BittorrentNode(await RunningNode.start(bittorrentConfig(settings, changes)))
  }

  get address(): string {
    return this.node.ready.ports.bittorrent as string
  }

  /** Seeds what lies in this folder. */
  create(from: string, version: Version, more: object = {}): Promise<Made> {
    const name = from.split('/').at(-1)
    return this.node.rpc('createtorrent', { name, pieceLength: 262_144, version, from, ...more })
  }

  /** The info-hash that it goes by here. */
  async add(magnetOrFile: string, options: object = {}): Promise<string> {
    return (await this.node.rpc<{ content: string }>('addtorrent', magnetOrFile, options)).content
  }

  torrentFile(content: string): Promise<string> {
    return this.node.rpc('gettorrentfile', content)
  }

  connect(content: string, address: string): Promise<unknown> {
    return this.node.rpc('addtorrentpeer', content, address)
  }

  async health(): Promise<BittorrentHealth> {
    return (await this.node.health()).services.bittorrent as unknown as BittorrentHealth
  }

  async of(content: string): Promise<ContentHealth> {
    const found = (await this.health()).contents.find(each => each.content === content)
    if (!found) throw new Error(`${content}: there is no such content`)
    return found
  }

  async complete(content: string, timeoutMs?: number): Promise<ContentHealth> {
    const done = async () => {
      const now = await this.of(content)
      return now.complete && now
    }
    return until(`${this.node.config.name} has all of it`, done, timeoutMs)
  }

  async bans(): Promise<readonly { readonly address: string; readonly why: string }[]> {
    return this.node.rpc('banned')
  }

  /** Its node's folder for this content: what a torrent may write to. */
  folderOf(content: string): string {
    return join(this.node.config.dataDirectory, 'content', content)
  }

  /** The folder with the content's files: the torrent's name, where that is a folder of its own. */
  filesOf(content: string, name: string): string {
    const named = join(this.folderOf(content), name)
    const isThere = readdirSync(this.folderOf(content)).includes(name) && statSync(named).isDirectory()
    return isThere ? named : this.folderOf(content)
  }

  /** As if the machine had lost its power; `start` it again with `again`. */
  async killed(): Promise<BittorrentNode> {
    await this.node.kill()
    const [, port] = this.address.split(':')
    const { bittorrent } = this.node.config.services
    const listen = { host: '127.0.0.1', port: Number(port) }
    const services = { bittorrent: { ...bittorrent, listen } } as NodeConfig['services']
    return new BittorrentNode(await RunningNode.start({ ...this.node.config, services }))
  }
}
